/*
 * What the filters' ports ask of storage, as one object on the event loop: lists and health in
 * Redis, evidence in the journal, and the rules that hold them together (design sections 6 to 8):
 * journal first, then Redis; a number that is journaled and not yet applied counts as suppressed in
 * this process; an empty or foreign Redis counts as away until the journals are applied.
 *
 * All calls come from the loop's thread and answer later, from a loop callback, in the order of the
 * calls for checks. Knows nothing of sessions or filters beyond ports.h.
 */
#ifndef PROXY_STORE_STORE_H
#define PROXY_STORE_STORE_H

#include "filters/ports.h"
#include "proxy/conf.h"
#include "proxy/net/conn.h"
#include "proxy/stats.h"

struct store;

struct store_ops {
    /* Answers store_check and store_record. */
    void (*on_reply)(void *arg, struct flt_ticket ticket, const struct port_reply *reply);
    /* The store can decide again, or no longer (for readiness and the log). */
    void (*on_state)(void *arg, bool ready);
};

/* Opens the journal (locks its chain) and starts connecting to Redis. NULL and *error (malloc'd,
 * a sentence naming the path or address) where the journal cannot be opened. */
struct store *store_new(struct net *net, const struct conf_store *conf, struct log *log,
                        struct stats *stats, const struct store_ops *ops, void *arg, char **error);

/* Waits for the journal's last sync and closes. Unanswered tickets stay unanswered. */
void store_free(struct store *store);

/* Takes over what can change on a reload: outage, hold_for, deadline. */
void store_reconfigure(struct store *store, const struct conf_store *conf);

bool store_ready(const struct store *store); /* Redis is there, of our data set, and up to date */

/* As in ports.h. Checks of one loop pass go out in one write. While Redis is away, checks wait up
 * to hold_for (outage hold), or are answered at once (reject: -ENOTCONN; pass: pass_unchecked). */
int store_check(struct store *store, const struct port_check *checks, unsigned n,
                struct flt_ticket ticket);
int store_record(struct store *store, const struct event *events, unsigned n,
                 struct flt_ticket ticket);
void store_note(struct store *store, const struct event *event);
void store_health(struct store *store, const struct port_health *health);

#endif
