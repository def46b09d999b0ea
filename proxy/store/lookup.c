#include "proxy/store/lookup.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_PAGE 1000

/* A command with a key of ours and more arguments. NULL: the problem is set. */
static redisReply *ask(struct redis_call *call, const char *verb, const char *key, unsigned n,
                       const char *const *args)
{
    struct command command = {0};
    char name[LIST_KEY_MAX];
    redisReply *reply = NULL;

    if (list_key_plain(name, sizeof(name), redis_call_prefix(call), key) < 0) {
        redis_call_fail(call, "store.prefix is too long");
        return NULL;
    }
    command_begin(&command);
    command_text(&command, verb);
    command_text(&command, name);
    for (unsigned i = 0; i < n; i++) {
        command_text(&command, args[i]);
    }
    reply = redis_call(call, &command);
    command_free(&command);
    return reply;
}

static int unexpected(struct redis_call *call)
{
    return redis_call_fail(call, "Redis at %s answered something else than was asked",
                           redis_call_address(call));
}

/* A number in a string; 0 where there is none. */
static uint64_t number_of(const redisReply *reply)
{
    uint64_t number = 0;

    if (reply != NULL && reply->type == REDIS_REPLY_STRING &&
        list_number_parse(reply->str, reply->len, &number) != 0) {
        number = 0;
    }
    return number;
}

int lookup_dataset(struct redis_call *call, char out[LOOKUP_NAME_MAX])
{
    redisReply *reply = ask(call, "GET", "dataset", 0, NULL);
    int err = reply == NULL ? -EIO : 0;

    out[0] = '\0';
    if (reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len < LOOKUP_NAME_MAX &&
        strlen(reply->str) == reply->len) {
        memcpy(out, reply->str, reply->len + 1);
    }
    freeReplyObject(reply);
    return err;
}

struct pair {
    const redisReply *name, *value;
};

static int by_name(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    return strcmp(x->name->str, y->name->str);
}

static bool is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING && strlen(reply->str) == reply->len;
}

int lookup_lists(struct redis_call *call,
                 int (*list)(void *arg, const char *name, const char *description), void *arg)
{
    redisReply *reply = ask(call, "HGETALL", "lists", 0, NULL);
    struct pair *pairs = NULL;
    size_t n = 0;
    int err = 0;

    if (reply == NULL) {
        return -EIO;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0) {
        err = unexpected(call);
        goto done;
    }
    pairs = calloc(reply->elements / 2 + 1, sizeof(*pairs));
    if (pairs == NULL) {
        err = redis_call_fail(call, "out of memory");
        goto done;
    }
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        struct pair pair = {reply->element[i], reply->element[i + 1]};
        if (is_text(pair.name) && is_text(pair.value) && list_name_ok(pair.name->str)) {
            pairs[n++] = pair;
        }
    }
    qsort(pairs, n, sizeof(*pairs), by_name);
    for (size_t i = 0; i < n && err == 0; i++) {
        err = list(arg, pairs[i].name->str, pairs[i].value->str);
    }
done:
    free(pairs);
    freeReplyObject(reply);
    return err;
}

int lookup_list_times(struct redis_call *call, const char *list, uint64_t *imported, uint64_t *gone)
{
    redisReply *first = ask(call, "HGET", "imported", 1, &list);
    redisReply *second = first == NULL ? NULL : ask(call, "HGET", "gone", 1, &list);

    *imported = number_of(first);
    *gone = number_of(second);
    int err = second == NULL ? -EIO : 0;
    freeReplyObject(first);
    freeReplyObject(second);
    return err;
}

int lookup_applied(struct redis_call *call, const char *chain, uint64_t *seq)
{
    redisReply *reply = ask(call, "HGET", "applied", 1, &chain);
    int err = reply == NULL ? -EIO : 0;

    *seq = number_of(reply);
    freeReplyObject(reply);
    return err;
}

/* Sends a question about one member of a bucket. */
static int ask_member(struct redis_call *call, struct command *command, const char *verb,
                      enum list_key_kind kind, const char *list, uint64_t number)
{
    char key[LIST_KEY_MAX];

    if (list_key(key, sizeof(key), redis_call_prefix(call), kind, list, list_bucket(number)) < 0) {
        return redis_call_fail(call, "the name of the list '%s' is too long", list);
    }
    command_begin(command);
    command_text(command, verb);
    command_text(command, key);
    command_number(command, list_member(number));
    return redis_call_send(call, command);
}

static int take_hit(struct redis_call *call, struct lookup_hit *hit)
{
    redisReply *member = redis_call_get(call);
    redisReply *mark = member == NULL ? NULL : redis_call_get(call);
    int err = mark == NULL ? -EIO : 0;

    if (err == 0 && member->type != REDIS_REPLY_INTEGER) {
        err = unexpected(call);
    }
    if (err == 0) {
        hit->on_list = member->integer == 1;
        hit->marked = mark->type == REDIS_REPLY_STRING &&
                      list_mark_parse(mark->str, mark->len, &hit->mark) == 0;
    }
    freeReplyObject(member);
    freeReplyObject(mark);
    return err;
}

int lookup_number(struct redis_call *call, const char *const *lists, unsigned n, uint64_t number,
                  struct lookup_hit *hits)
{
    struct command command = {0};
    int err = 0;

    for (unsigned i = 0; i < n && err == 0; i++) {
        err = ask_member(call, &command, "SISMEMBER", LIST_KEY_LIST, lists[i], number);
        if (err == 0) {
            err = ask_member(call, &command, "HGET", LIST_KEY_MARK, lists[i], number);
        }
    }
    command_free(&command);
    for (unsigned i = 0; i < n && err == 0; i++) {
        err = take_hit(call, &hits[i]);
    }
    return err;
}

/* The field of a number in one of its hashes; NULL: the problem is set. */
static struct redisReply *ask_field(struct redis_call *call, const char *key, uint64_t number)
{
    struct command command = {0};

    command_begin(&command);
    command_text(&command, "HGET");
    command_text(&command, key);
    command_number(&command, number % HEALTH_BUCKET);
    redisReply *reply = redis_call(call, &command);
    command_free(&command);
    return reply;
}

int lookup_health(struct redis_call *call, uint64_t number, struct health *health)
{
    char key[LIST_KEY_MAX], names[LIST_KEY_MAX];
    const char *prefix = redis_call_prefix(call);

    memset(health, 0, sizeof(*health));
    if (health_key(key, sizeof(key), prefix, number) < 0 ||
        health_names_key(names, sizeof(names), prefix, number) < 0) {
        return redis_call_fail(call, "store.prefix is too long");
    }
    redisReply *value = ask_field(call, key, number);
    redisReply *last = value == NULL ? NULL : ask_field(call, names, number);
    int err = last == NULL ? -EIO : 0;
    if (err == 0 && value->type == REDIS_REPLY_STRING &&
        health_decode(value->str, value->len, health) != 0) {
        err = redis_call_fail(call, "what Redis at %s holds of %llu's health is damaged",
                              redis_call_address(call), (unsigned long long)number);
    }
    if (err == 0 && last->type == REDIS_REPLY_STRING) {
        (void)health_decode_names(last->str, last->len, health);
    }
    freeReplyObject(value);
    freeReplyObject(last);
    return err;
}

/* One entry of the stream: [id, [field, value, ...]]. Entries of another form are passed over. */
static int take_entry(const redisReply *entry, char last[LOOKUP_NAME_MAX],
                      int (*take)(void *arg, const char *id, const char *line, size_t len),
                      void *arg)
{
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 || !is_text(entry->element[0]) ||
        entry->element[0]->len + 2 > LOOKUP_NAME_MAX) {
        return 0;
    }
    const redisReply *fields = entry->element[1];
    memcpy(last, entry->element[0]->str, entry->element[0]->len + 1);
    if (fields->type != REDIS_REPLY_ARRAY) {
        return 0;
    }
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const redisReply *value = fields->element[i + 1];
        if (is_text(fields->element[i]) && strcmp(fields->element[i]->str, "event") == 0 &&
            value->type == REDIS_REPLY_STRING) {
            return take(arg, last, value->str, value->len);
        }
    }
    return 0;
}

int lookup_stream(struct redis_call *call, const char *after,
                  int (*entry)(void *arg, const char *id, const char *line, size_t len), void *arg)
{
    char last[LOOKUP_NAME_MAX], from[LOOKUP_NAME_MAX + 1];
    bool begun = *after != '\0' && strcmp(after, "0") != 0;
    size_t n = STREAM_PAGE;
    int err = 0;

    if (strlen(after) >= sizeof(last)) {
        return redis_call_fail(call, "this is no place in the stream: %s", after);
    }
    snprintf(last, sizeof(last), "%s", after);
    while (n == STREAM_PAGE && err == 0) {
        snprintf(from, sizeof(from), "%s%s", begun ? "(" : "-", begun ? last : "");
        struct redisReply *page =
            ask(call, "XRANGE", "events", 4, (const char *[]){from, "+", "COUNT", "1000"});
        if (page == NULL) {
            return -EIO;
        }
        if (page->type != REDIS_REPLY_ARRAY) {
            err = unexpected(call);
        }
        n = page->type == REDIS_REPLY_ARRAY ? page->elements : 0;
        for (size_t i = 0; i < n && err == 0; i++) {
            err = take_entry(page->element[i], last, entry, arg);
        }
        begun = begun || n > 0;
        freeReplyObject(page);
        if (err == 0 && n == STREAM_PAGE && strcmp(from + 1, last) == 0) {
            err = unexpected(call); /* a page of entries without ids would come for ever */
        }
    }
    return err;
}
