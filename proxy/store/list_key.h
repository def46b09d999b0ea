/*
 * Where things lie in Redis (design section 6): the names of keys and the form of marks, for all
 * who write or read them. A list is many small sets, `<prefix>list:<list>:<number / 10^4>` of
 * number % 10^4; a mark, in the hash `<prefix>mark:<list>:<number / 10^4>`, is what the last single
 * event did to a number and when. Other keys: `<prefix>lists` (hash: list to JSON), `events`
 * (stream), `applied` (hash: chain to seq), `dataset` (string), `imported` and `gone` (hashes: list
 * to the time in ms of its last import and removal). Knows no connection.
 */
#ifndef PROXY_STORE_LIST_KEY_H
#define PROXY_STORE_LIST_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIST_BUCKET     UINT64_C(10000)
#define LIST_NAME_MAX   128
#define LIST_PREFIX_MAX 64
#define LIST_KEY_MAX    (LIST_PREFIX_MAX + LIST_NAME_MAX + 32)
#define LIST_CHAIN_MAX  128

#define LIST_DEFAULT "optout"
#define LIST_BOUNCED "bounced"

static inline uint64_t list_bucket(uint64_t number)
{
    return number / LIST_BUCKET;
}

static inline unsigned list_member(uint64_t number)
{
    return (unsigned)(number % LIST_BUCKET);
}

/* As flt_name_ok: what a configuration may name, and optout:<program>. */
bool list_name_ok(const char *name);

enum list_key_kind { LIST_KEY_LIST, LIST_KEY_MARK };

/* The key of a bucket, NUL-terminated. Returns its length, or -ENAMETOOLONG. */
int list_key(char *out, size_t cap, const char *prefix, enum list_key_kind kind, const char *list,
             uint64_t bucket);

/* A key without a number: `name` is "events", "applied", ... Returns as list_key. */
int list_key_plain(char *out, size_t cap, const char *prefix, const char *name);

/* A pattern for SCAN that finds the buckets of a list, and perhaps those of lists whose names
 * begin with it: pass what is found through list_key_parse. Returns as list_key. */
int list_key_pattern(char *out, size_t cap, const char *prefix, enum list_key_kind kind,
                     const char *list);

/* Whether a key is a bucket of exactly this list, and which: 0, or -EINVAL. */
int list_key_parse(const char *key, size_t len, const char *prefix, enum list_key_kind kind,
                   const char *list, uint64_t *bucket);

/* A mark: "<time_ms> <+|-> <chain> <seq>". The event is line `seq` of that chain. */
struct list_mark {
    uint64_t time_ms;
    char op; /* '+' put on the list, '-' taken off */
    char chain[LIST_CHAIN_MAX];
    uint64_t seq;
};

int list_mark_parse(const char *text, size_t len, struct list_mark *mark); /* 0 or -EBADMSG */

/* Decimal digits without sign or leading zero, 1 to 19 of them: 0, or -EINVAL. */
int list_number_parse(const char *text, size_t len, uint64_t *number);

#endif
