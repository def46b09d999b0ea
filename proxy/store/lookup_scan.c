#include "proxy/store/lookup.h"
#include "proxy/store/numbers.h"

#include <assert.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE   "2000" /* keys looked at by one SCAN */
#define WINDOW 256    /* commands outstanding */

/* One SCAN; *cursor is "0" at the end. NULL: the problem is set. */
static redisReply *scan(struct redis_call *call, char cursor[32], const char *pattern)
{
    struct command command = {0};

    command_begin(&command);
    command_text(&command, "SCAN");
    command_text(&command, cursor);
    command_text(&command, "MATCH");
    command_text(&command, pattern);
    command_text(&command, "COUNT");
    command_text(&command, PAGE);
    redisReply *reply = redis_call(call, &command);
    command_free(&command);
    if (reply == NULL) {
        return NULL;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING || reply->element[0]->len >= 32 ||
        reply->element[1]->type != REDIS_REPLY_ARRAY) {
        redis_call_fail(call, "Redis at %s does not answer SCAN as it should",
                        redis_call_address(call));
        freeReplyObject(reply);
        return NULL;
    }
    memcpy(cursor, reply->element[0]->str, reply->element[0]->len + 1);
    return reply;
}

static int send_key(struct redis_call *call, struct command *command, const char *verb,
                    const char *key, size_t len)
{
    command_begin(command);
    command_text(command, verb);
    command_add(command, key, len);
    return redis_call_send(call, command);
}

/* The list's name in a key that a SCAN for buckets gave: what stands before the last colon. */
static const char *name_in_key(const redisReply *key, const char *prefix, size_t *len)
{
    size_t front = strlen(prefix) + strlen("list:");

    if (key->type != REDIS_REPLY_STRING || key->len <= front) {
        return NULL;
    }
    const char *name = key->str + front;
    const char *colon = memrchr(name, ':', key->len - front);
    if (colon == NULL || colon == name || (size_t)(colon - name) > LIST_NAME_MAX) {
        return NULL;
    }
    *len = (size_t)(colon - name);
    return name;
}

/* SCARD of the buckets in one page of keys. */
static int count_page(struct redis_call *call, const redisReply *keys,
                      int (*count)(void *arg, const char *list, size_t len, uint64_t numbers),
                      void *arg)
{
    struct command command = {0};
    int err = 0;
    size_t len;

    for (size_t i = 0; i < keys->elements && err == 0; i++) {
        const redisReply *key = keys->element[i];
        if (name_in_key(key, redis_call_prefix(call), &len) != NULL) {
            err = send_key(call, &command, "SCARD", key->str, key->len);
        }
    }
    command_free(&command);
    for (size_t i = 0; i < keys->elements && err == 0; i++) {
        const char *name = name_in_key(keys->element[i], redis_call_prefix(call), &len);
        if (name == NULL) {
            continue;
        }
        redisReply *size = redis_call_get(call);
        if (size == NULL) {
            return -EIO;
        }
        if (size->type == REDIS_REPLY_INTEGER && size->integer > 0) {
            err = count(arg, name, len, (uint64_t)size->integer);
        }
        freeReplyObject(size);
    }
    return err;
}

int lookup_counts(struct redis_call *call,
                  int (*count)(void *arg, const char *list, size_t len, uint64_t numbers),
                  void *arg)
{
    char cursor[32] = "0", pattern[4 * LIST_KEY_MAX];
    int err = 0;

    /* The pattern of a list without a name ends in "::*"; what is wanted is any name. */
    int len =
        list_key_pattern(pattern, sizeof(pattern), redis_call_prefix(call), LIST_KEY_LIST, "");
    if (len < 0) {
        return redis_call_fail(call, "store.prefix is too long");
    }
    memcpy(pattern + len - 2, "*:*", sizeof("*:*"));
    do {
        redisReply *reply = scan(call, cursor, pattern);
        if (reply == NULL) {
            return -EIO;
        }
        err = count_page(call, reply->element[1], count, arg);
        freeReplyObject(reply);
    } while (err == 0 && strcmp(cursor, "0") != 0);
    return err;
}

struct buckets {
    uint64_t *v;
    size_t n, cap;
};

static int add_bucket(struct redis_call *call, struct buckets *buckets, uint64_t bucket)
{
    if (buckets->n == buckets->cap) {
        size_t cap = buckets->cap == 0 ? 1024 : 2 * buckets->cap;
        uint64_t *v = realloc(buckets->v, cap * sizeof(*v));
        if (v == NULL) {
            return redis_call_fail(call, "out of memory");
        }
        buckets->v = v;
        buckets->cap = cap;
    }
    buckets->v[buckets->n++] = bucket;
    return 0;
}

static int find_buckets(struct redis_call *call, const char *list, enum list_key_kind kind,
                        struct buckets *buckets)
{
    char cursor[32] = "0", pattern[4 * LIST_KEY_MAX];
    int err = 0;

    if (list_key_pattern(pattern, sizeof(pattern), redis_call_prefix(call), kind, list) < 0) {
        return redis_call_fail(call, "the name of the list '%s' is too long", list);
    }
    do {
        redisReply *reply = scan(call, cursor, pattern);
        if (reply == NULL) {
            return -EIO;
        }
        const redisReply *keys = reply->element[1];
        for (size_t i = 0; i < keys->elements && err == 0; i++) {
            uint64_t bucket = 0;
            const redisReply *key = keys->element[i];
            if (key->type == REDIS_REPLY_STRING &&
                list_key_parse(key->str, key->len, redis_call_prefix(call), kind, list, &bucket) ==
                    0) {
                err = add_bucket(call, buckets, bucket);
            }
        }
        freeReplyObject(reply);
    } while (err == 0 && strcmp(cursor, "0") != 0);
    return err;
}

/* SCAN may name a key twice. */
static int sort_buckets(struct redis_call *call, struct buckets *buckets)
{
    uint64_t *scratch = malloc((buckets->n + 1) * sizeof(*scratch));

    if (scratch == NULL) {
        return redis_call_fail(call, "out of memory");
    }
    size_t kept = 0;
    for (size_t i = 0; i < buckets->n; i++) { /* no bucket of ours is that large */
        if (buckets->v[i] >> 50 == 0) {
            buckets->v[kept++] = buckets->v[i];
        }
    }
    buckets->n = numbers_sort(buckets->v, scratch, kept);
    free(scratch);
    return 0;
}

int lookup_buckets(struct redis_call *call, const char *list, uint64_t **v, size_t *n)
{
    struct buckets buckets = {0};

    int err = find_buckets(call, list, LIST_KEY_LIST, &buckets);
    if (err == 0) {
        err = find_buckets(call, list, LIST_KEY_MARK, &buckets);
    }
    if (err == 0) {
        err = sort_buckets(call, &buckets);
    }
    if (err != 0) {
        free(buckets.v);
        return err;
    }
    *v = buckets.v;
    *n = buckets.n;
    return 0;
}

/* The numbers of one bucket into `numbers`, which has room for LIST_BUCKET. */
static size_t take_members(const redisReply *reply, uint64_t bucket, uint64_t *numbers)
{
    uint64_t member, scratch[LIST_BUCKET];
    size_t n = 0;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return 0;
    }
    for (size_t i = 0; i < reply->elements && n < LIST_BUCKET; i++) {
        const redisReply *text = reply->element[i];
        if (text->type == REDIS_REPLY_STRING &&
            list_number_parse(text->str, text->len, &member) == 0 && member < LIST_BUCKET) {
            numbers[n++] = bucket * LIST_BUCKET + member;
        }
    }
    return numbers_sort(numbers, scratch, n);
}

static int ask_members(struct redis_call *call, const char *list, const uint64_t *buckets, size_t n)
{
    struct command command = {0};
    char key[LIST_KEY_MAX];
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++) {
        int len =
            list_key(key, sizeof(key), redis_call_prefix(call), LIST_KEY_LIST, list, buckets[i]);
        err = len < 0 ? redis_call_fail(call, "the name of the list '%s' is too long", list)
                      : send_key(call, &command, "SMEMBERS", key, (size_t)len);
    }
    command_free(&command);
    return err;
}

int lookup_members(struct redis_call *call, const char *list,
                   int (*portion)(void *arg, const uint64_t *numbers, size_t n, size_t left),
                   void *arg)
{
    uint64_t *numbers = malloc(LIST_BUCKET * sizeof(*numbers));
    uint64_t *buckets = NULL;
    size_t n = 0;

    if (numbers == NULL) {
        return redis_call_fail(call, "out of memory");
    }
    int err = lookup_buckets(call, list, &buckets, &n);
    for (size_t i = 0; i < n && err == 0; i += WINDOW) {
        size_t some = n - i < WINDOW ? n - i : WINDOW;
        assert(buckets != NULL);
        err = ask_members(call, list, buckets + i, some);
        for (size_t j = 0; j < some && err == 0; j++) {
            redisReply *reply = redis_call_get(call);
            if (reply == NULL) {
                err = -EIO;
                break;
            }
            size_t found = take_members(reply, buckets[i + j], numbers);
            freeReplyObject(reply);
            err = found == 0 ? 0 : portion(arg, numbers, found, n - i - j - 1);
        }
    }
    free(buckets);
    free(numbers);
    return err;
}
