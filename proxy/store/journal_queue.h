/*
 * Events on their way to the journal's thread and back: each append is one batch, a copy that needs
 * nothing of its maker. Lists of batches; the caller holds whatever lock they need.
 */
#ifndef PROXY_STORE_JOURNAL_QUEUE_H
#define PROXY_STORE_JOURNAL_QUEUE_H

#include "filters/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a journal holds at most, from the append to the end of its dispatch. */
#define JOURNAL_HELD_EVENTS 65536u
#define JOURNAL_HELD_BYTES  ((size_t)64 << 20)

struct journal_item {
    struct event event;
    uint64_t seq;       /* once it is written, as are the next two */
    size_t offset, len; /* in the lines of its group, without the newline */
};

struct journal_batch {
    struct journal_batch *next;
    void *tag;
    size_t bytes; /* of the copy */
    int error;
    bool owns_lines; /* the last batch of a group does */
    char *lines;     /* of the group */
    unsigned n;
    struct journal_item items[];
};

struct journal_queue {
    struct journal_batch *first, *last; /* `last` counts only where there is a first */
};

/* Copies events; those without a time get `now_ms`. Strings that are longer than the journal writes
 * are cut. NULL if out of memory. */
struct journal_batch *journal_batch_new(const struct event *events, unsigned n, void *tag,
                                        uint64_t now_ms);
void journal_batch_free(struct journal_batch *batch);

/* Moves all of `from` behind `to`. */
void journal_queue_join(struct journal_queue *to, struct journal_queue *from);

/* Takes batches off the front while they stay within both limits, and at least one. */
struct journal_queue journal_queue_take(struct journal_queue *queue, unsigned max_events,
                                        size_t max_bytes);
void journal_queue_clear(struct journal_queue *queue);

#endif
