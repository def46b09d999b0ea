/*
 * Evidence on its way: looked up (would it change anything?), journaled, applied, and then answered
 * to whoever waits for it. Answers come in the order of the journal. What is journaled is safe, so
 * nobody waits longer than a bound for Redis. Lists change only through here.
 */
#ifndef PROXY_STORE_RECORDS_H
#define PROXY_STORE_RECORDS_H

#include "filters/ports.h"
#include "proxy/net/conn.h"
#include "proxy/store/applier.h"
#include "proxy/store/checks.h"
#include "proxy/store/journal.h"
#include "proxy/store/names.h"
#include "proxy/store/overlay.h"

#define RECORDS_MAX       65536u /* that wait, at most */
#define RECORD_EVENTS_MAX 1024u  /* events in one */

struct records;

struct records_options {
    struct net *net;
    struct journal *journal;
    struct names *names;
    struct overlay *overlay;
    struct checks *lookups; /* its answers are passed to records_looked_up */
    uint64_t wait_ms;       /* for Redis, once an event is journaled */
};

struct records_ops {
    void (*on_answer)(void *arg, struct flt_ticket ticket, const struct port_reply *reply);
};

struct records *records_new(const struct records_options *options, const struct records_ops *ops,
                            void *arg);
void records_free(struct records *records);
void records_set_wait(struct records *records, uint64_t wait_ms);

/* Events that somebody waits for (`ticket`), or that change lists (NULL). `ask`: Redis can be asked
 * whether they change anything. 0, -EINVAL, -EAGAIN, -ENOMEM. */
int records_add(struct records *records, const struct event *events, unsigned n,
                const struct flt_ticket *ticket, bool ask);

void records_looked_up(struct records *records, const struct port_reply *reply);

/* A line of the journal that came from here (done->tag is not NULL). `applier` may be NULL. */
void records_journaled(struct records *records, const struct journal_done *done,
                       struct applier *applier);

/* Redis holds our chain up to `seq`. */
void records_applied(struct records *records, uint64_t seq);
/* While Redis is away, what is journaled is answered. So it is in the beginning. */
void records_set_away(struct records *records, bool away);
/* Others read along in the journal: then while Redis is away an answer waits until they have. */
void records_set_shared(struct records *records, bool shared);

uint64_t records_waiting(const struct records *records);

#endif
