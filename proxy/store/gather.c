#include "proxy/store/gather.h"

#include "proxy/store/event_copy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS UINT64_C(60000)

/* One number, sender and list in one minute. In the queue by age, and in a chain of its bucket. */
struct kept {
    struct kept *newer;        /* queue */
    struct kept *next, **link; /* bucket */
    uint64_t minute;
    uint64_t count;      /* events behind the first */
    struct event *last;  /* the last of them; NULL while there is only the first */
    struct event *first; /* its key: number, sender, list */
};

struct gather {
    size_t max, n, buckets;
    void (*emit)(void *arg, const struct event *event);
    void *arg;
    struct kept *oldest, *newest;
    struct kept *table[];
};

struct gather *gather_new(size_t max, void (*emit)(void *arg, const struct event *event), void *arg)
{
    size_t buckets = 64;
    while (buckets < max)
        buckets *= 2;
    struct gather *gather = calloc(1, sizeof *gather + buckets * sizeof(void *));
    if (!gather)
        return NULL;
    gather->max = max;
    gather->buckets = buckets;
    gather->emit = emit;
    gather->arg = arg;
    return gather;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static struct kept **bucket_of(struct gather *gather, const struct event *event, uint64_t minute)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ minute;
    hash = hash_text(hash, event->number);
    hash = hash_text(hash, event->sender);
    hash = hash_text(hash, event->list);
    return &gather->table[(hash ^ hash >> 29) & (gather->buckets - 1)];
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static struct kept *find(struct kept *kept, const struct event *event, uint64_t minute)
{
    for (; kept; kept = kept->next)
        if (kept->minute == minute && same(kept->first->number, event->number) &&
            same(kept->first->sender, event->sender) && same(kept->first->list, event->list))
            return kept;
    return NULL;
}

/* They leave in the order in which they came. */
static struct kept *unlink_oldest(struct gather *gather)
{
    struct kept *kept = gather->oldest;
    *kept->link = kept->next;
    if (kept->next)
        kept->next->link = kept->link;
    gather->oldest = kept->newer;
    if (!gather->oldest)
        gather->newest = NULL;
    gather->n--;
    return kept;
}

static void kept_free(struct kept *kept)
{
    free(kept->last);
    free(kept->first);
    free(kept);
}

static void leave_oldest(struct gather *gather)
{
    struct kept *kept = unlink_oldest(gather);
    if (kept->last) {
        kept->last->count = kept->count;
        gather->emit(gather->arg, kept->last);
    }
    kept_free(kept);
}

static void keep(struct gather *gather, struct kept **bucket, const struct event *event,
                 uint64_t minute)
{
    struct event key = {
        .type = event->type, .number = event->number, .sender = event->sender, .list = event->list};
    struct kept *kept = calloc(1, sizeof *kept);
    struct event *first = kept ? event_copy(&key, 1) : NULL;
    if (!first) { /* then the next one is another first */
        free(kept);
        return;
    }
    *kept = (struct kept){.minute = minute, .first = first, .next = *bucket, .link = bucket};
    if (*bucket)
        (*bucket)->link = &kept->next;
    *bucket = kept;
    if (gather->newest)
        gather->newest->newer = kept;
    else
        gather->oldest = kept;
    gather->newest = kept;
    gather->n++;
}

void gather_add(struct gather *gather, const struct event *event)
{
    uint64_t minute = event->time_ms / MINUTE_MS;
    struct kept **bucket = bucket_of(gather, event, minute);
    struct kept *kept = find(*bucket, event, minute);
    if (!kept) {
        if (gather->n >= gather->max)
            leave_oldest(gather);
        keep(gather, bucket, event, minute);
        gather->emit(gather->arg, event);
        return;
    }
    struct event *last = event_copy(event, 1);
    if (!last) {
        gather->emit(gather->arg, event);
        return;
    }
    kept->count += event->count ? event->count : 1;
    free(kept->last);
    kept->last = last;
}

void gather_tick(struct gather *gather, uint64_t now_ms, size_t max)
{
    for (size_t i = 0; i < max && gather->oldest && gather->oldest->minute < now_ms / MINUTE_MS;
         i++)
        leave_oldest(gather);
}

void gather_flush(struct gather *gather)
{
    while (gather->oldest)
        leave_oldest(gather);
}

void gather_free(struct gather *gather)
{
    if (!gather)
        return;
    while (gather->oldest)
        kept_free(unlink_oldest(gather));
    free(gather);
}
