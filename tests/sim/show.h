/*
 * A PDU as one line of key=value pairs for people and scripts: strings between double quotes,
 * escaped as JSON does, everything else bare. Shared by the carrier simulator and smpp-send.
 */
#ifndef SIM_SHOW_H
#define SIM_SHOW_H

#include "smpp/text.h"

#include <stdio.h>

/* command=submit_sm seq=1 ... to="14155550100" ... text="..." hex=... without a line end. */
void show_pdu(FILE *to, const uint8_t *pdu, size_t len, enum smpp_alphabet zero);

/* The same without hex: for a log. */
void show_brief(FILE *to, const uint8_t *pdu, size_t len, enum smpp_alphabet zero);

/* "ESME_RINVDSTADR", or "0x00000444" for statuses that no table lists. The buffer is the
 * caller's, of SHOW_NAME_LEN. */
#define SHOW_NAME_LEN 32
const char *show_status(uint32_t status, char *buffer);
const char *show_command(uint32_t command_id, char *buffer);

/* The text of a message in UTF-8. Returns its length. */
size_t show_text(const struct smpp_msg *msg, enum smpp_alphabet zero, char *out, size_t cap);

#endif
