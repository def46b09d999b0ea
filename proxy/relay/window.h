/*
 * The requests that one peer has been sent and has not answered: from our sequence number back to
 * the asker's. We number requests ourselves, so an entry's place follows from its number and
 * finding it costs one look. Memory is taken with the first request and can be given back when
 * idle.
 */
#ifndef PROXY_RELAY_WINDOW_H
#define PROXY_RELAY_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_NO_HELD UINT32_MAX

enum window_owner {
    OWNER_PEER,    /* the answer goes to the other side */
    OWNER_ENQUIRE, /* an enquire_link of ours */
    OWNER_UNBIND,  /* an unbind of ours */
    OWNER_RECEIPT  /* a delivery receipt of ours */
};

struct window_entry {
    uint32_t sequence;       /* ours; 0: free */
    uint32_t their_sequence; /* of the request as it came */
    uint32_t command_id;
    uint32_t held; /* what waits for the answer (held.h), or WINDOW_NO_HELD */
    uint64_t sent_us;
    uint64_t out_end; /* where its last octet lies in the stream to the peer */
    enum window_owner owner;
};

struct window {
    struct window_entry *entries;
    uint32_t capacity; /* a power of two, or 0 */
    uint32_t count;    /* outstanding, ours included */
    uint32_t foreign;  /* of these, OWNER_PEER */
    uint32_t next;     /* sequence number to try next, from 1 */
};

/* A free entry with its sequence number set, or NULL when `limit` requests are outstanding or
 * memory is short. What follows is the caller's to fill in. */
struct window_entry *window_add(struct window *window, uint32_t limit, enum window_owner owner);

/* The number for a request that gets no answer. */
uint32_t window_next_sequence(struct window *window);

struct window_entry *window_find(const struct window *window, uint32_t sequence);
void window_remove(struct window *window, struct window_entry *entry);

/* Gives memory back where nothing is outstanding. Numbers go on. */
void window_shrink(struct window *window);
void window_free(struct window *window);

#endif
