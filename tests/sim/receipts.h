/*
 * Delivery receipts of the simulated carrier: written when a message asks for one, sent when their
 * time has come, kept for the account's next bind where nobody can receive them now.
 */
#ifndef SIM_RECEIPTS_H
#define SIM_RECEIPTS_H

#include "tests/sim/session.h"

struct receipts;

struct receipts *receipts_new(struct smsc *smsc);
void receipts_free(struct receipts *receipts);

/* A message was accepted: orders its receipt, one for each destination, if it asks for one. */
void receipts_order(struct session *session, const struct message *message,
                    const struct smpp_msg *msg);

/* Sends the receipt of a kept message now, whatever it asked for. Returns how many were sent. */
unsigned receipts_send(struct smsc *smsc, struct message *message, const char *stat,
                       const char *err);

/* An account bound anew: what was kept for it goes out. */
void receipts_bound(struct session *session);

#endif
