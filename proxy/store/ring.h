/*
 * A queue of equal elements in one growing block, addressed by positions that only ever rise, so
 * that a position stays good while the queue grows. A pointer does not: it lasts until the next
 * push.
 */
#ifndef PROXY_STORE_RING_H
#define PROXY_STORE_RING_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ring {
    unsigned char *data;
    size_t size;         /* of an element */
    uint64_t cap;        /* elements, a power of two */
    uint64_t head, tail; /* positions of the first, and behind the last */
};

static inline void ring_init(struct ring *ring, size_t size)
{
    *ring = (struct ring){.size = size};
}

static inline void ring_free(struct ring *ring)
{
    free(ring->data);
    ring->data = NULL;
    ring->cap = ring->head = ring->tail = 0;
}

static inline uint64_t ring_count(const struct ring *ring)
{
    return ring->tail - ring->head;
}

static inline void *ring_at(const struct ring *ring, uint64_t position)
{
    assert(position - ring->head < ring->tail - ring->head);
    return ring->data + (position & (ring->cap - 1)) * ring->size;
}

static inline void ring_pop(struct ring *ring)
{
    assert(ring->head < ring->tail);
    ring->head++;
}

static inline bool ring_grow(struct ring *ring)
{
    uint64_t cap = ring->cap ? ring->cap * 2 : 64;
    unsigned char *data = cap > SIZE_MAX / ring->size ? NULL : malloc(cap * ring->size);
    if (!data)
        return false;
    for (uint64_t i = ring->head; i < ring->tail; i++)
        memcpy(data + (i & (cap - 1)) * ring->size, ring->data + (i & (ring->cap - 1)) * ring->size,
               ring->size);
    free(ring->data);
    ring->data = data;
    ring->cap = cap;
    return true;
}

/* The new last element, not initialised; NULL: no memory. */
static inline void *ring_push(struct ring *ring)
{
    if (ring->tail - ring->head == ring->cap && !ring_grow(ring))
        return NULL;
    ring->tail++;
    return ring_at(ring, ring->tail - 1);
}

/* Gives back what a burst has left behind. */
static inline void ring_trim(struct ring *ring)
{
    if (ring->head == ring->tail && ring->cap > 65536) {
        free(ring->data);
        ring->data = NULL;
        ring->cap = 0;
    }
}

#endif
