/*
 * What a filter may ask of the world: lists, evidence, health, a clock, a way back to the sender.
 * The daemon implements it with Redis, the journal and its sessions; tests with a fake. A port that
 * takes a ticket answers exactly once, never from within the call, and by a deadline of its own
 * (then with an error). A port that takes none never fails in a way that matters to the message.
 */
#ifndef FILTERS_PORTS_H
#define FILTERS_PORTS_H

#include "filters/event.h"
#include "smpp/view.h"

/* Names one call in flight, and outlives it: an answer for a call that is gone is dropped. */
struct flt_ticket {
    uint32_t slot, generation;
};

/* Is `number` on `list`? */
struct port_check {
    const char *list; /* interned: valid as long as the configuration snapshot */
    uint64_t number;
};

/* 254 destinations of a submit_multi with a few readings and lists each. */
#define PORT_CHECKS_MAX 4096

struct port_reply {
    int err;              /* 0, or -ETIMEDOUT, -ENOTCONN, -ENOSPC, -EIO: nothing is known */
    bool pass_unchecked;  /* with err of a check: the operator's outage policy is to pass */
    bool repeated;        /* record: nothing changed, it was so already */
    const uint64_t *hits; /* check: bit i answers check i; valid during on_reply only */
    unsigned n;
};

static inline bool port_hit(const struct port_reply *reply, unsigned i)
{
    return (reply->hits[i / 64] >> (i % 64)) & 1;
}

enum port_health_kind { HEALTH_SENT, HEALTH_FINAL_OK, HEALTH_FINAL_FAIL, HEALTH_REPLY };

/* Something learned of one number. */
struct port_health {
    enum port_health_kind kind;
    uint64_t number;
    uint64_t time_ms;
    const char *message_id; /* SENT */
    const char *sender;     /* SENT */
    const char *status;     /* FINAL_*: the stat word */
    const char *error;      /* FINAL_FAIL */
};

struct flt_ports {
    void *ctx;

    uint64_t (*now_ms)(void *ctx); /* Unix time in milliseconds */

    /* Asks about all `n` (1 to PORT_CHECKS_MAX) at once. 0, or -EAGAIN where too much waits. */
    int (*check)(void *ctx, const struct port_check *checks, unsigned n, struct flt_ticket ticket);

    /* Evidence that must be stored before the message goes on: journaled and, unless Redis is away,
     * in force. The events are stored all or none. 0, or -ENOSPC, -EAGAIN. */
    int (*record)(void *ctx, const struct event *events, unsigned n, struct flt_ticket ticket);

    /* Evidence that nobody waits for. `blocked` events are gathered by number, sender and minute.
     */
    void (*note)(void *ctx, const struct event *event);

    void (*health)(void *ctx, const struct port_health *health);

    /* Sends a deliver_sm of ours (header.sequence is not used) to a bind of `account` that can
     * receive, now or when there is one, for a while. */
    void (*deliver)(void *ctx, const char *account, const struct smpp_msg *msg);

    /* A counter of the filter's own, shown as stopgate_filter_events_total{filter,event}. */
    void (*count)(void *ctx, const char *filter, const char *event);

    /* A line in the log, with the session's id; never text or full numbers. */
    void (*log)(void *ctx, uint32_t session, const char *filter, const char *what);
};

#endif
