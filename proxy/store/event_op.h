/*
 * What an event does to the lists: the one place that says so, for the daemon, the rebuild and the
 * command line. Knows events and names of lists, nothing of Redis.
 */
#ifndef PROXY_STORE_EVENT_OP_H
#define PROXY_STORE_EVENT_OP_H

#include "filters/event.h"

#include <stdint.h>

enum {
    OP_NONE = '.',
    OP_ADD = '+',
    OP_REMOVE = '-',
    OP_CREATE = 'c', /* a list is created or described */
    OP_DROP = 'r',   /* a list is removed: its buckets are cleared first (SCRIPT_CLEAR) */
    OP_IMPORT = 'i', /* a kept file is added first (SCRIPT_BULK_ADD); then applied as OP_NONE */
};

struct event_op {
    char op;
    const char *list; /* "" for OP_NONE; points into the event, or is a constant */
    uint64_t number;  /* OP_ADD, OP_REMOVE */
    const char *file; /* OP_IMPORT: 64 hex digits */
};

/* An event that is not whole (no number, an impossible list) does nothing: OP_NONE. */
void event_op(const struct event *event, struct event_op *op);

/* A list's description as stored in Redis, from its OP_CREATE event: `{"time":<ms>,...}` with
 * "description" (the event's reason) and "actor" where there are such. Malloc'd; NULL: no memory.
 */
char *event_op_description(const struct event *event);

#endif
