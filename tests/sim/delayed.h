/*
 * Octets that wait for their time: responses of a slow carrier, receipts to come. The queue owns
 * copies; `emit` is called from the event loop, in order of time. Knows nothing of what they are.
 */
#ifndef SIM_DELAYED_H
#define SIM_DELAYED_H

#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

struct delayed;

static inline struct timeval delayed_interval(uint32_t ms)
{
    return (struct timeval){ms / 1000, (suseconds_t)(ms % 1000) * 1000};
}

typedef void delayed_emit(void *ctx, const uint8_t *octets, size_t len);

struct delayed *delayed_new(struct event_base *base, delayed_emit *emit, void *ctx);
void delayed_free(struct delayed *queue);

void delayed_add(struct delayed *queue, uint32_t ms, const void *octets, size_t len);

/* At the time of the first that waits, and before it; after `ms` where none does. */
void delayed_add_first(struct delayed *queue, uint32_t ms, const void *octets, size_t len);

#endif
