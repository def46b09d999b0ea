#include "proxy/store/bulk.h"

#include "proxy/store/list_key.h"
#include "proxy/store/lookup.h"
#include "proxy/store/numbers.h"
#include "proxy/store/scripts.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK     ((size_t)4 << 20) /* numbers sorted at once */
#define CALL      200u              /* numbers in one call: a fraction of a millisecond of Redis */
#define WINDOW    64u               /* calls outstanding */
#define HAND_OVER 8u                /* calls in one write */
#define CLEAR     50u               /* buckets in one call */
_Static_assert(CALL <= SCRIPT_GROUP_MAX, "a group is no larger than a script takes");

int bulk_prepare(struct redis_call *call)
{
    static const enum script scripts[] = {SCRIPT_APPLY, SCRIPT_BULK_ADD, SCRIPT_CLEAR,
                                          SCRIPT_BEGIN};
    struct command command = {0};
    int err = 0;

    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]) && err == 0; i++) {
        command_begin(&command);
        command_text(&command, "SCRIPT");
        command_text(&command, "LOAD");
        command_text(&command, script_text(scripts[i]));
        redisReply *reply = redis_call(call, &command);
        err = reply == NULL ? -EIO : 0;
        freeReplyObject(reply);
    }
    command_free(&command);
    return err;
}

/* Calls under way and what they answered. */
struct window {
    struct redis_call *call;
    struct command command;
    char sha[41];
    unsigned outstanding, unsent;
    uint64_t sum; /* of the answers */
};

static int window_get(struct window *w)
{
    redisReply *reply = redis_call_get(w->call);

    if (reply == NULL) {
        return -EIO;
    }
    w->outstanding--;
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0) {
        w->sum += (uint64_t)reply->integer;
    }
    freeReplyObject(reply);
    return 0;
}

static int window_send(struct window *w)
{
    int err = redis_call_send(w->call, &w->command);

    w->outstanding++;
    if (err == 0 && ++w->unsent == HAND_OVER) {
        w->unsent = 0;
        err = redis_call_flush(w->call);
    }
    while (err == 0 && w->outstanding >= WINDOW) {
        err = window_get(w);
    }
    return err;
}

static int window_end(struct window *w)
{
    int err = 0;

    while (err == 0 && w->outstanding > 0) {
        err = window_get(w);
    }
    command_free(&w->command);
    return err;
}

static void begin_call(struct window *w, const struct bulk *bulk)
{
    command_begin(&w->command);
    command_text(&w->command, "EVALSHA");
    command_text(&w->command, w->sha);
    command_text(&w->command, "0");
    command_text(&w->command, redis_call_prefix(w->call));
    command_text(&w->command, bulk->dataset);
    command_text(&w->command, bulk->list);
    command_number(&w->command, bulk->time_ms);
}

/* Sorted numbers: as many whole groups as one call takes. Returns how many numbers went in. */
static size_t add_groups(struct command *command, const uint64_t *numbers, size_t n)
{
    size_t at = 0;

    while (at < n && at < CALL) {
        uint64_t bucket = list_bucket(numbers[at]);
        size_t end = at + 1;
        while (end < n && end - at < CALL && list_bucket(numbers[end]) == bucket) {
            end++;
        }
        command_number(command, bucket);
        command_number(command, end - at);
        for (; at < end; at++) {
            command_number(command, list_member(numbers[at]));
        }
    }
    return at;
}

static int add_chunk(struct window *w, const struct bulk *bulk, const uint64_t *numbers, size_t n,
                     uint64_t before)
{
    int err = 0;

    for (size_t at = 0; at < n && err == 0;) {
        begin_call(w, bulk);
        command_text(&w->command, bulk->chain);
        command_number(&w->command, bulk->seq);
        at += add_groups(&w->command, numbers + at, n - at);
        err = window_send(w);
        if (err == 0 && bulk->progress != NULL) {
            bulk->progress(bulk->arg, before + at);
        }
    }
    return err;
}

int bulk_add(struct redis_call *call, const struct bulk *bulk, struct kept_reader *file,
             uint64_t *added)
{
    struct window w = {.call = call};
    uint64_t *numbers = malloc(2 * CHUNK * sizeof(*numbers));
    uint64_t done = 0;
    int err = 0, n = 0;

    *added = 0;
    if (numbers == NULL) {
        return redis_call_fail(call, "out of memory");
    }
    script_sha1(SCRIPT_BULK_ADD, w.sha);
    while (err == 0 && (n = kept_next(file, numbers, CHUNK)) > 0) {
        size_t unique = numbers_sort(numbers, numbers + CHUNK, (size_t)n);
        err = add_chunk(&w, bulk, numbers, unique, done);
        done += (uint64_t)n;
    }
    int end = window_end(&w);
    free(numbers);
    *added = w.sum;
    return err != 0 ? err : n < 0 ? n : end;
}

int bulk_clear(struct redis_call *call, const struct bulk *bulk, uint64_t *removed)
{
    struct window w = {.call = call};
    uint64_t *buckets = NULL;
    size_t n = 0, at = 0;

    *removed = 0;
    int err = lookup_buckets(call, bulk->list, &buckets, &n);
    if (err != 0) {
        return err;
    }
    script_sha1(SCRIPT_CLEAR, w.sha);
    do { /* once even where there is no bucket: the script remembers when the list went */
        size_t end = n - at < CLEAR ? n : at + CLEAR;
        begin_call(&w, bulk);
        for (; at < end; at++) {
            command_number(&w.command, buckets[at]);
        }
        err = window_send(&w);
        if (err == 0 && bulk->progress != NULL) {
            bulk->progress(bulk->arg, at);
        }
    } while (at < n && err == 0);
    int end = window_end(&w);
    free(buckets);
    *removed = w.sum;
    return err != 0 ? err : end;
}
