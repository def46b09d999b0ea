#include "tests/sim/delayed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

struct item {
    TAILQ_ENTRY(item) link;
    int64_t due;
    size_t len;
    uint8_t octets[];
};

struct delayed {
    TAILQ_HEAD(items, item) items;
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
    struct item *first = TAILQ_FIRST(&queue->items);

    if (first == NULL)
        return;
    int64_t wait = first->due - now_ms();
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

    while ((item = TAILQ_FIRST(&queue->items)) != NULL && item->due <= now) {
        TAILQ_REMOVE(&queue->items, item, link);
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
    TAILQ_INIT(&queue->items);
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
    struct item *item;

    if (queue == NULL)
        return;
    while ((item = TAILQ_FIRST(&queue->items)) != NULL) {
        TAILQ_REMOVE(&queue->items, item, link);
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
    struct item *before = TAILQ_LAST(&queue->items, items);

    while (before != NULL && before->due > item->due)
        before = TAILQ_PREV(before, items, link);
    if (before != NULL) {
        TAILQ_INSERT_AFTER(&queue->items, before, item, link);
        return;
    }
    TAILQ_INSERT_HEAD(&queue->items, item, link);
    arm(queue);
}

void delayed_add_first(struct delayed *queue, uint32_t ms, const void *octets, size_t len)
{
    struct item *item = item_new(ms, octets, len);
    struct item *first = TAILQ_FIRST(&queue->items);

    if (first != NULL)
        item->due = first->due;
    TAILQ_INSERT_HEAD(&queue->items, item, link);
    if (first == NULL)
        arm(queue);
}
