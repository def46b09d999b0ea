#include "proxy/store/journal_queue.h"

#include "proxy/store/event_json.h"

#include <stdlib.h>
#include <string.h>

/* One byte more than is written, so that the writer sees that it has to cut. */
static size_t copied_len(const char *string, size_t max)
{
    return string == NULL ? 0 : strnlen(string, max + 1);
}

static size_t strings_size(const struct event *event)
{
    size_t size = 0;
#define X(symbol) size += copied_len(event->symbol, EVENT_TEXT_MAX) + 1;
    EVENT_STRINGS(X)
#undef X
    return size;
}

static const char *copy(char **at, const char *string)
{
    size_t len = copied_len(string, EVENT_TEXT_MAX);
    if (len == 0)
        return NULL;
    char *start = memcpy(*at, string, len);
    start[len] = '\0';
    *at += len + 1;
    return start;
}

struct journal_batch *journal_batch_new(const struct event *events, unsigned n, void *tag,
                                        uint64_t now_ms)
{
    size_t bytes = sizeof(struct journal_batch) + n * sizeof(struct journal_item);
    size_t head = bytes;
    for (unsigned i = 0; i < n; i++)
        bytes += strings_size(&events[i]);

    struct journal_batch *batch = malloc(bytes);
    if (batch == NULL)
        return NULL;
    *batch = (struct journal_batch){.tag = tag, .bytes = bytes, .n = n};
    char *at = (char *)batch + head;
    for (unsigned i = 0; i < n; i++) {
        struct event *event = &batch->items[i].event;
        batch->items[i] = (struct journal_item){.event = events[i]};
        if (event->time_ms == 0)
            event->time_ms = now_ms;
#define X(symbol) event->symbol = copy(&at, events[i].symbol);
        EVENT_STRINGS(X)
#undef X
    }
    return batch;
}

void journal_batch_free(struct journal_batch *batch)
{
    if (batch == NULL)
        return;
    if (batch->owns_lines)
        free(batch->lines);
    free(batch);
}

void journal_queue_join(struct journal_queue *to, struct journal_queue *from)
{
    if (from->first == NULL)
        return;
    if (to->first == NULL)
        to->first = from->first;
    else
        to->last->next = from->first;
    to->last = from->last;
    from->first = NULL;
}

struct journal_queue journal_queue_take(struct journal_queue *queue, unsigned max_events,
                                        size_t max_bytes)
{
    struct journal_queue taken = {.first = queue->first, .last = queue->first};
    if (queue->first == NULL)
        return taken;
    size_t events = queue->first->n, bytes = queue->first->bytes;

    for (;;) {
        struct journal_batch *next = taken.last->next;
        if (next == NULL || events + next->n > max_events || bytes + next->bytes > max_bytes)
            break;
        events += next->n;
        bytes += next->bytes;
        taken.last = next;
    }
    queue->first = taken.last->next;
    taken.last->next = NULL;
    return taken;
}

void journal_queue_clear(struct journal_queue *queue)
{
    while (queue->first != NULL) {
        struct journal_batch *batch = queue->first;
        queue->first = batch->next;
        journal_batch_free(batch);
    }
}
