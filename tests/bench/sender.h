/*
 * The senders: bind_transceiver, submit_sm up to the window, responses to receipts. Checks every
 * response against the slot of its message.
 */
#ifndef BENCH_SENDER_H
#define BENCH_SENDER_H

#include "tests/bench/load.h"

int sender_open(struct session *session); /* connects and binds: 0 or -errno */
void sender_unbind(struct session *session);

/* Sends one message; false where the window or the ring is full, or none is left to send. */
bool sender_send(struct session *session);
void sender_fill(struct session *session);

#endif
