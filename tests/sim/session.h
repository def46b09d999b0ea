/*
 * One connection to the simulated carrier: bind, unbind, enquire_link, and the book of requests
 * that we sent and whose answers are awaited. Messages go to message.h. A session frees itself
 * when its connection ends.
 */
#ifndef SIM_SESSION_H
#define SIM_SESSION_H

#include "tests/sim/peer.h"
#include "tests/sim/smsc.h"

/* The end of a request of ours: the response's status, or what happened instead ("timeout",
 * "closed"; NULL where there was a response). Called exactly once. */
typedef void session_done(void *ctx, uint32_t status, const char *instead);

struct request {
    TAILQ_ENTRY(request) link;
    struct session *session;
    struct event *timer;
    uint32_t sequence;
    session_done *done;
    void *ctx;
};

struct session {
    TAILQ_ENTRY(session) link;
    struct smsc *smsc;
    struct peer *peer;
    struct delayed *answers;
    TAILQ_HEAD(requests, request) requests;
    unsigned number;
    uint32_t bind; /* the command that bound it, or 0 */
    uint8_t version;
    char system_id[64];
    uint64_t received;
};

/* Takes over the socket of a new connection. */
void session_accept(struct smsc *smsc, evutil_socket_t fd);
void session_free(struct session *session);

bool session_can_receive(const struct session *session); /* bound, and deliver_sm may go there */
bool session_can_send(const struct session *session);

/* The newest session that can receive and fits: NULL fits all, else "3" (its number) or its
 * system_id. */
struct session *session_find(struct smsc *smsc, const char *which);
bool session_fits(const struct session *session, const char *which);

/* Sends a request under a fresh sequence number, which is written into `pdu`. `done` may be NULL.
 */
void session_request(struct session *session, uint8_t *pdu, size_t len, session_done *done,
                     void *ctx);

/* Sends a response to a message as the mode and the delay demand. */
void session_answer(struct session *session, const uint8_t *pdu, size_t len);

#endif
