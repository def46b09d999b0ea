/*
 * Makes few events of many that are alike (design section 7): of `blocked` events of one number,
 * sender and list within one minute the first passes at once, and the rest leaves as one event with
 * `count` when the minute is over. Bounded: when the table is full, the oldest leave early. Knows
 * neither clock nor journal.
 */
#ifndef PROXY_STORE_GATHER_H
#define PROXY_STORE_GATHER_H

#include "filters/event.h"

#include <stddef.h>

#define GATHER_MAX 65536u

struct gather;

/* `emit` passes an event on; it does not keep it. */
struct gather *gather_new(size_t max, void (*emit)(void *arg, const struct event *event),
                          void *arg);    /* NULL: out of memory */
void gather_free(struct gather *gather); /* what is gathered is lost: gather_flush first */

/* Emits the event, or counts it. Its time must be set. */
void gather_add(struct gather *gather, const struct event *event);

/* Emits what is left of minutes that ended before `now_ms`, of at most `max` events' worth. */
void gather_tick(struct gather *gather, uint64_t now_ms, size_t max);
void gather_flush(struct gather *gather); /* all of it, at once */

#endif
