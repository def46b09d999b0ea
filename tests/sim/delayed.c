#include "tests/sim/delayed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct item {
    struct item *next;
    int64_t due;
    size_t len;
    uint8_t octets[];
};

struct delayed {
    struct item *first, *last; /* in order of time */
    struct event *timer;
    delayed_emit *emit;
    void *ctx;
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void arm(struct delayed *queue)
{
    if (queue->first == NULL)
        return;
    int64_t wait = queue->first->due - now_ms();
    if (wait < 0)
        wait = 0;
    const struct timeval in = {wait / 1000, wait % 1000 * 1000};
    evtimer_add(queue->timer, &in);
}

static void on_time(evutil_socket_t fd, short what, void *ctx)
{
    struct delayed *queue = ctx;
    struct item *item;
    int64_t now = now_ms();
    (void)fd;
    (void)what;

    while ((item = queue->first) != NULL && item->due <= now) {
        queue->first = item->next;
        if (queue->first == NULL)
            queue->last = NULL;
        queue->emit(queue->ctx, item->octets, item->len);
        free(item);
    }
    arm(queue);
}

struct delayed *delayed_new(struct event_base *base, delayed_emit *emit, void *ctx)
{
    struct delayed *queue = calloc(1, sizeof(*queue));

    if (queue == NULL)
        return NULL;
    queue->emit = emit;
    queue->ctx = ctx;
    queue->timer = evtimer_new(base, on_time, queue);
    if (queue->timer == NULL) {
        free(queue);
        return NULL;
    }
    return queue;
}

void delayed_free(struct delayed *queue)
{
    struct item *item, *next;

    if (queue == NULL)
        return;
    for (item = queue->first; item != NULL; item = next) {
        next = item->next;
        free(item);
    }
    event_free(queue->timer);
    free(queue);
}

static struct item *item_new(uint32_t ms, const void *octets, size_t len)
{
    struct item *item = malloc(sizeof(*item) + len);

    if (item == NULL)
        abort();
    item->due = now_ms() + ms;
    item->len = len;
    memcpy(item->octets, octets, len);
    return item;
}

void delayed_add(struct delayed *queue, uint32_t ms, const void *octets, size_t len)
{
    struct item *item = item_new(ms, octets, len);
    struct item **place = &queue->first;

    /* Nearly always the last to go: the delay seldom changes. */
    if (queue->last != NULL && queue->last->due <= item->due)
        place = &queue->last->next;
    while (*place != NULL && (*place)->due <= item->due)
        place = &(*place)->next;
    item->next = *place;
    *place = item;
    if (item->next == NULL)
        queue->last = item;
    if (queue->first == item)
        arm(queue);
}

void delayed_add_first(struct delayed *queue, uint32_t ms, const void *octets, size_t len)
{
    struct item *item = item_new(ms, octets, len);
    bool alone = queue->first == NULL;

    if (!alone)
        item->due = queue->first->due;
    item->next = queue->first;
    queue->first = item;
    if (alone) {
        queue->last = item;
        arm(queue);
    }
}
