#include "filters/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES_MAX 4096 /* messages kept */
#define BUCKETS      1024
#define OCTETS_MAX   ((size_t)8 * 1024 * 1024) /* of all parts together */
#define PART_MAX     1024                      /* octets kept of one part; handsets send 140 */
#define ADDRESS_MAX  32
#define KEEP_MS      (UINT64_C(10) * 60 * 1000)

struct piece {
    uint8_t *octets; /* NULL: not there yet */
    size_t len;
};

/* One message, in its bucket and in the list by age. */
struct message {
    struct message *bucket_next;
    struct message *older, *newer;
    uint64_t since_ms;
    uint8_t source[ADDRESS_MAX], destination[ADDRESS_MAX];
    uint8_t source_len, destination_len;
    uint16_t reference;
    uint8_t total, have, data_coding;
    unsigned bucket;
    struct piece pieces[]; /* total */
};

struct parts {
    struct message *buckets[BUCKETS];
    struct message *oldest, *newest;
    unsigned count;
    size_t octets;
    uint8_t *whole;
    size_t whole_cap;
};

struct parts *parts_new(void)
{
    return calloc(1, sizeof(struct parts));
}

static void forget(struct parts *parts, struct message *message)
{
    struct message **link = &parts->buckets[message->bucket];

    while (*link != message)
        link = &(*link)->bucket_next;
    *link = message->bucket_next;
    if (message->older != NULL)
        message->older->newer = message->newer;
    else
        parts->oldest = message->newer;
    if (message->newer != NULL)
        message->newer->older = message->older;
    else
        parts->newest = message->older;
    for (unsigned i = 0; i < message->total; i++) {
        parts->octets -= message->pieces[i].len;
        free(message->pieces[i].octets);
    }
    parts->count--;
    free(message);
}

void parts_free(struct parts *parts)
{
    if (parts == NULL)
        return;
    while (parts->oldest != NULL)
        forget(parts, parts->oldest);
    free(parts->whole);
    free(parts);
}

static void make_key(struct message *key, const struct smpp_msg *msg, const struct smpp_part *part)
{
    memset(key, 0, sizeof *key);
    key->source_len =
        (uint8_t)(msg->src.digits.len < ADDRESS_MAX ? msg->src.digits.len : ADDRESS_MAX);
    key->destination_len =
        (uint8_t)(msg->dst.digits.len < ADDRESS_MAX ? msg->dst.digits.len : ADDRESS_MAX);
    if (key->source_len > 0)
        memcpy(key->source, msg->src.digits.p, key->source_len);
    if (key->destination_len > 0)
        memcpy(key->destination, msg->dst.digits.p, key->destination_len);
    key->reference = part->reference;
    key->total = part->total;
    key->data_coding = msg->data_coding;
}

static unsigned bucket_of(const struct message *key)
{
    uint32_t hash = 2166136261u ^ key->reference;

    for (unsigned i = 0; i < key->source_len; i++)
        hash = (hash ^ key->source[i]) * 16777619u;
    for (unsigned i = 0; i < key->destination_len; i++)
        hash = (hash ^ key->destination[i]) * 16777619u;
    return (hash ^ (hash >> 16)) % BUCKETS;
}

static bool same(const struct message *a, const struct message *b)
{
    return a->reference == b->reference && a->total == b->total &&
           a->data_coding == b->data_coding && a->source_len == b->source_len &&
           a->destination_len == b->destination_len &&
           memcmp(a->source, b->source, a->source_len) == 0 &&
           memcmp(a->destination, b->destination, a->destination_len) == 0;
}

static struct message *find_or_add(struct parts *parts, uint64_t now_ms, struct message *key)
{
    struct message *message;

    key->bucket = bucket_of(key);
    for (message = parts->buckets[key->bucket]; message != NULL; message = message->bucket_next) {
        if (same(message, key))
            return message;
    }
    message = calloc(1, sizeof *message + key->total * sizeof message->pieces[0]);
    if (message == NULL)
        return NULL;
    memcpy(message, key, sizeof *message);
    message->since_ms = now_ms;
    message->bucket_next = parts->buckets[key->bucket];
    parts->buckets[key->bucket] = message;
    message->older = parts->newest;
    message->newer = NULL;
    if (parts->newest != NULL)
        parts->newest->newer = message;
    else
        parts->oldest = message;
    parts->newest = message;
    parts->count++;
    return message;
}

static bool keep(struct parts *parts, struct message *message, const struct smpp_part *part)
{
    struct piece *piece = &message->pieces[part->number - 1];
    size_t len = part->text.len < PART_MAX ? part->text.len : PART_MAX;
    uint8_t *octets = malloc(len > 0 ? len : 1);

    if (octets == NULL)
        return false;
    if (len > 0)
        memcpy(octets, part->text.p, len);
    if (piece->octets == NULL)
        message->have++;
    parts->octets = parts->octets - piece->len + len;
    free(piece->octets);
    *piece = (struct piece){.octets = octets, .len = len};
    return true;
}

static bool join(struct parts *parts, const struct message *message, struct smpp_str *whole)
{
    size_t len = 0;

    for (unsigned i = 0; i < message->total; i++)
        len += message->pieces[i].len;
    if (len + 1 > parts->whole_cap) {
        uint8_t *grown = realloc(parts->whole, len + 1);

        if (grown == NULL)
            return false;
        parts->whole = grown;
        parts->whole_cap = len + 1;
    }
    len = 0;
    for (unsigned i = 0; i < message->total; i++) {
        memcpy(parts->whole + len, message->pieces[i].octets, message->pieces[i].len);
        len += message->pieces[i].len;
    }
    *whole = (struct smpp_str){.p = parts->whole, .len = len};
    return true;
}

static void forget_oldest(struct parts *parts)
{
    assert(parts->oldest->older == NULL);
    forget(parts, parts->oldest);
}

static bool is_repeat(const struct message *message, const struct smpp_part *part)
{
    const struct piece *piece = &message->pieces[part->number - 1];
    size_t len = part->text.len < PART_MAX ? part->text.len : PART_MAX;

    return piece->len == len && (len == 0 || memcmp(piece->octets, part->text.p, len) == 0);
}

bool parts_add(struct parts *parts, uint64_t now_ms, const struct smpp_msg *msg,
               const struct smpp_part *part, struct smpp_str *whole)
{
    struct message key, *message;

    /* The clock may be set back; that makes nothing old. */
    while (parts->oldest != NULL && (parts->count >= MESSAGES_MAX || parts->octets > OCTETS_MAX ||
                                     now_ms > parts->oldest->since_ms + KEEP_MS))
        forget_oldest(parts);
    make_key(&key, msg, part);
    message = find_or_add(parts, now_ms, &key);
    if (message != NULL && message->have == message->total && !is_repeat(message, part)) {
        forget(parts, message);
        message = find_or_add(parts, now_ms, &key);
    }
    if (message == NULL || !keep(parts, message, part) || message->have < message->total)
        return false;
    return join(parts, message, whole);
}
