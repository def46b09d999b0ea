/*
 * How the simulated carrier answers messages: submit_sm, submit_multi, data_sm, query_sm and all
 * other requests of a bound sender. Keeps each in the archive and orders its receipt.
 */
#ifndef SIM_MESSAGE_H
#define SIM_MESSAGE_H

#include "tests/sim/session.h"

void message_arrived(struct session *session, const struct smpp_header *header, const uint8_t *pdu);

/* A response with an error status, with the body that the setting error-body names. */
size_t message_refusal(const struct smsc *smsc, uint8_t *out, size_t cap,
                       const struct smpp_header *request, uint32_t status);

#endif
