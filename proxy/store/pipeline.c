#include "proxy/store/pipeline.h"

#include "proxy/store/resp.h"
#include "proxy/store/ring.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>

enum entry_kind { ENTRY_REPLY, ENTRY_BOOLEANS, ENTRY_EXPECT };

struct entry {
    enum entry_kind kind;
    unsigned n; /* answers that are missing */
    union {
        redis_reply_fn *reply;
        redis_boolean_fn *boolean;
        redis_expect_fn *expect;
    } fn;
    void *arg;
    const char *expected;
    size_t expected_len;
    uint64_t sent_us;
};

struct pipeline {
    struct ring entries;
    redisReader *reader;
};

struct pipeline *pipeline_new(void)
{
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (!pipeline)
        return NULL;
    ring_init(&pipeline->entries, sizeof(struct entry));
    pipeline->reader = redisReaderCreate();
    if (!pipeline->reader) {
        free(pipeline);
        return NULL;
    }
    return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
    if (!pipeline)
        return;
    if (pipeline->reader)
        redisReaderFree(pipeline->reader);
    ring_free(&pipeline->entries);
    free(pipeline);
}

static struct entry *push(struct pipeline *pipeline, enum entry_kind kind, uint64_t now_us,
                          void *arg)
{
    struct entry *entry = ring_push(&pipeline->entries);
    if (entry)
        *entry = (struct entry){.kind = kind, .n = 1, .arg = arg, .sent_us = now_us};
    return entry;
}

int pipeline_reply(struct pipeline *pipeline, uint64_t now_us, redis_reply_fn *fn, void *arg)
{
    struct entry *entry = push(pipeline, ENTRY_REPLY, now_us, arg);
    if (!entry)
        return -ENOMEM;
    entry->fn.reply = fn;
    return 0;
}

int pipeline_booleans(struct pipeline *pipeline, uint64_t now_us, unsigned n, redis_boolean_fn *fn,
                      void *arg)
{
    struct entry *entry = push(pipeline, ENTRY_BOOLEANS, now_us, arg);
    if (!entry)
        return -ENOMEM;
    entry->n = n;
    entry->fn.boolean = fn;
    return 0;
}

int pipeline_expect(struct pipeline *pipeline, uint64_t now_us, const char *expected, size_t len,
                    redis_expect_fn *fn, void *arg)
{
    struct entry *entry = push(pipeline, ENTRY_EXPECT, now_us, arg);
    if (!entry)
        return -ENOMEM;
    entry->fn.expect = fn;
    entry->expected = expected;
    entry->expected_len = len;
    return 0;
}

void pipeline_unpush(struct pipeline *pipeline)
{
    assert(ring_count(&pipeline->entries) > 0);
    pipeline->entries.tail--;
}

static redisReply *read_whole(struct pipeline *pipeline, const uint8_t *in, size_t len)
{
    void *reply = NULL;
    if (!pipeline->reader || redisReaderFeed(pipeline->reader, (const char *)in, len) != REDIS_OK ||
        redisReaderGetReply(pipeline->reader, &reply) != REDIS_OK)
        return NULL;
    return reply;
}

static ssize_t take_reply(struct pipeline *pipeline, struct entry entry, const uint8_t *in,
                          size_t len)
{
    ssize_t n = resp_measure(in, len);
    if (n <= 0)
        return n;
    redisReply *reply = read_whole(pipeline, in, (size_t)n);
    if (!reply)
        return -EBADMSG;
    ring_pop(&pipeline->entries);
    if (entry.fn.reply)
        entry.fn.reply(entry.arg, reply);
    freeReplyObject(reply);
    return n;
}

/* Something else where a plain answer was due. */
static ssize_t take_surprise(struct pipeline *pipeline, const uint8_t *in, size_t len, char *why,
                             size_t why_cap)
{
    ssize_t n = resp_measure(in, len);
    if (n <= 0)
        return n;
    redisReply *reply = read_whole(pipeline, in, (size_t)n);
    if (!reply)
        return -EBADMSG;
    redis_explain(reply, why, why_cap);
    freeReplyObject(reply);
    return -EPROTO;
}

static size_t take_booleans(struct pipeline *pipeline, struct entry *entry, const uint8_t *in,
                            size_t len)
{
    size_t used = 0;
    bool value;
    while (entry->n > 0 && resp_boolean(in + used, len - used, &value)) {
        used += 4;
        entry->n--;
        entry->fn.boolean(entry->arg, value);
    }
    if (entry->n == 0)
        ring_pop(&pipeline->entries);
    return used;
}

static ssize_t take_expected(struct pipeline *pipeline, struct entry entry, const uint8_t *in,
                             size_t len)
{
    size_t want = entry.expected_len;
    if (len >= want && memcmp(in, entry.expected, want) == 0) {
        ring_pop(&pipeline->entries);
        entry.fn.expect(entry.arg, true);
        return (ssize_t)want;
    }
    ssize_t n = resp_measure(in, len);
    if (n > 0) {
        ring_pop(&pipeline->entries);
        entry.fn.expect(entry.arg, false);
    }
    return n;
}

ssize_t pipeline_take(struct pipeline *pipeline, const uint8_t *in, size_t len, char *why,
                      size_t why_cap)
{
    if (len == 0)
        return 0;
    if (pipeline_empty(pipeline)) /* servers that are full say so before they are asked */
        return in[0] == '-' ? take_surprise(pipeline, in, len, why, why_cap) : -EBADMSG;
    struct entry *entry = ring_at(&pipeline->entries, pipeline->entries.head);
    if (entry->kind == ENTRY_REPLY)
        return take_reply(pipeline, *entry, in, len);
    if (entry->kind == ENTRY_EXPECT && in[0] != '-')
        return take_expected(pipeline, *entry, in, len);
    size_t used = entry->kind == ENTRY_BOOLEANS ? take_booleans(pipeline, entry, in, len) : 0;
    return used > 0 ? (ssize_t)used : take_surprise(pipeline, in, len, why, why_cap);
}

void pipeline_fail(struct pipeline *pipeline)
{
    struct ring entries = pipeline->entries;
    ring_init(&pipeline->entries, sizeof(struct entry));
    if (pipeline->reader)
        redisReaderFree(pipeline->reader);
    pipeline->reader = redisReaderCreate();
    for (; ring_count(&entries) > 0; ring_pop(&entries)) {
        struct entry *entry = ring_at(&entries, entries.head);
        if (entry->kind == ENTRY_REPLY && entry->fn.reply)
            entry->fn.reply(entry->arg, NULL);
    }
    ring_free(&entries);
}

bool pipeline_empty(const struct pipeline *pipeline)
{
    return ring_count(&pipeline->entries) == 0;
}

uint64_t pipeline_oldest_us(const struct pipeline *pipeline)
{
    const struct entry *entry = ring_at(&pipeline->entries, pipeline->entries.head);
    return entry->sent_us;
}

const char *redis_explain(const struct redisReply *reply, char *out, size_t cap)
{
    static const struct {
        const char *code, *meaning;
    } known[] = {
        {"LOADING", "it is still loading its data"},
        {"NOAUTH", "it wants a password (store.password)"},
        {"WRONGPASS", "it does not accept the password (store.username, store.password)"},
        {"NOPERM", "the user lacks a permission"},
        {"MOVED", "it is a cluster; a single server or a sentinel's master is needed"},
        {"CLUSTERDOWN", "it is a cluster; a single server or a sentinel's master is needed"},
        {"READONLY", "it is a replica, which cannot be written to"},
        {"MASTERDOWN", "it is a replica that lost its master"},
        {"OOM", "its memory is full (maxmemory), nothing can be written"},
        {"MISCONF", "it refuses writes because it cannot save to disk"},
        {"NOSCRIPT", "its scripts were flushed"},
        {"STRANGE", "its data set is missing or another one"},
        {"GAP", "it lacks events that were applied before"},
        {"WRONGTYPE", "a key of ours is used for something else (store.prefix)"},
        {"NOREPLICAS", "it refuses writes because too few replicas follow"},
        {"BUSY", "a script of somebody runs too long"},
    };
    if (reply->type != REDIS_REPLY_ERROR) {
        snprintf(out, cap, "an answer of another kind than expected");
        return out;
    }
    size_t code = strcspn(reply->str, " ");
    const char *meaning = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known && !meaning; i++)
        if (strlen(known[i].code) == code && memcmp(known[i].code, reply->str, code) == 0)
            meaning = known[i].meaning;
    int len = (int)(reply->len < 120 ? reply->len : 120);
    snprintf(out, cap, "%s%s%.*s%s", meaning ? meaning : "", meaning ? " (" : "", len, reply->str,
             meaning ? ")" : "");
    return out;
}
