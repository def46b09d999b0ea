#include "proxy/store/redis_call.h"

#include "proxy/store/pipeline.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MIN_MS 5000 /* a person waits; an import's batches queue behind each other */

struct redis_call {
    redisContext *context;
    char *address, *prefix;
    bool allow_eviction, refused;
    struct server_facts facts;
    char problem[512];
};

const struct server_facts *redis_call_facts(const struct redis_call *call)
{
    return &call->facts;
}

const char *redis_call_address(const struct redis_call *call)
{
    return call->address;
}

const char *redis_call_prefix(const struct redis_call *call)
{
    return call->prefix;
}

const char *redis_call_problem(const struct redis_call *call)
{
    return call->problem;
}

bool redis_call_refused(const struct redis_call *call)
{
    return call->refused;
}

int redis_call_fail(struct redis_call *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(call->problem, sizeof(call->problem), format, args);
    va_end(args);
    return -EIO;
}

/* What hiredis found wrong with the connection. */
static int broken(struct redis_call *call)
{
    const redisContext *context = call->context;

    switch (context->err) {
    case REDIS_ERR_PROTOCOL:
        return redis_call_fail(call, "what answers at %s is not Redis (wrong port?)",
                               call->address);
    case REDIS_ERR_EOF:
        return redis_call_fail(call, "%s closed the connection (is it Redis?)", call->address);
    case REDIS_ERR_IO:
        if (errno == EAGAIN) {
            return redis_call_fail(call, "Redis at %s does not answer", call->address);
        }
        return redis_call_fail(call, "lost Redis at %s: %s", call->address, strerror(errno));
    default: return redis_call_fail(call, "Redis at %s: %s", call->address, context->errstr);
    }
}

int redis_call_send(struct redis_call *call, struct command *command)
{
    size_t len;
    const char *text = command_end(command, &len);

    if (text == NULL || redisAppendFormattedCommand(call->context, text, len) != REDIS_OK) {
        return redis_call_fail(call, "out of memory");
    }
    return 0;
}

int redis_call_flush(struct redis_call *call)
{
    int done = 0;

    while (!done) {
        if (redisBufferWrite(call->context, &done) != REDIS_OK) {
            return broken(call);
        }
    }
    return 0;
}

redisReply *redis_call_get(struct redis_call *call)
{
    void *answer = NULL;

    call->refused = false;
    if (redisGetReply(call->context, &answer) != REDIS_OK || answer == NULL) {
        broken(call);
        return NULL;
    }
    redisReply *reply = answer;
    if (reply->type == REDIS_REPLY_ERROR) {
        char why[256];
        redis_call_fail(call, "Redis at %s: %s", call->address,
                        redis_explain(reply, why, sizeof(why)));
        call->refused = true;
        freeReplyObject(reply);
        return NULL;
    }
    return reply;
}

redisReply *redis_call(struct redis_call *call, struct command *command)
{
    return redis_call_send(call, command) == 0 ? redis_call_get(call) : NULL;
}

/* Connecting */

static int run(struct redis_call *call, unsigned n, const char *const *args, redisReply **reply)
{
    struct command command = {0};

    command_begin(&command);
    for (unsigned i = 0; i < n; i++) {
        command_text(&command, args[i]);
    }
    *reply = redis_call(call, &command);
    command_free(&command);
    return *reply == NULL ? -EIO : 0;
}

static int dial(struct redis_call *call, const struct conf_store *conf)
{
    uint64_t ms = conf->deadline > WAIT_MIN_MS ? conf->deadline : WAIT_MIN_MS;
    struct timeval wait = {.tv_sec = (time_t)(ms / 1000),
                           .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

    switch (conf->redis.scheme) {
    case SCHEME_UNIX: call->context = redisConnectUnixWithTimeout(conf->redis.host, wait); break;
    case SCHEME_TCP:
        call->context = redisConnectWithTimeout(conf->redis.host, conf->redis.port, wait);
        break;
    default:
        return redis_call_fail(call, "%s: only tcp:// and unix: can be reached from here",
                               call->address);
    }
    if (call->context == NULL) {
        return redis_call_fail(call, "out of memory");
    }
    if (call->context->err != 0) {
        return redis_call_fail(call, "cannot reach Redis at %s: %s", call->address,
                               call->context->errstr);
    }
    redisSetTimeout(call->context, wait);
    return 0;
}

static int login(struct redis_call *call, const struct conf_store *conf)
{
    redisReply *reply;
    int err;

    if (conf->password == NULL) {
        return 0;
    }
    if (conf->username != NULL) {
        err = run(call, 3, (const char *[]){"AUTH", conf->username, conf->password}, &reply);
    } else {
        err = run(call, 2, (const char *[]){"AUTH", conf->password}, &reply);
    }
    freeReplyObject(reply);
    return err;
}

/* Settings may be closed to us: then they stay unknown. */
static void ask_setting(struct redis_call *call, const char *name)
{
    redisReply *reply;

    if (run(call, 3, (const char *[]){"CONFIG", "GET", name}, &reply) == 0 &&
        reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[1]->type == REDIS_REPLY_STRING) {
        server_facts_config(&call->facts, name, reply->element[1]->str);
    }
    freeReplyObject(reply);
}

static int ask_facts(struct redis_call *call)
{
    redisReply *reply;

    if (run(call, 1, (const char *[]){"INFO"}, &reply) != 0) {
        return -EIO;
    }
    bool answered = reply->type == REDIS_REPLY_STRING &&
                    server_facts_info(&call->facts, reply->str, reply->len);
    freeReplyObject(reply);
    if (!answered) {
        return redis_call_fail(call, "what answers at %s is not Redis", call->address);
    }
    if (call->facts.loading) {
        return redis_call_fail(call, "Redis at %s is still loading its data; try again soon",
                               call->address);
    }
    ask_setting(call, "save");
    ask_setting(call, "set-max-intset-entries");
    return 0;
}

struct redis_call *redis_call_open(const struct conf_store *conf, char **error)
{
    struct redis_call *call = calloc(1, sizeof(*call));

    *error = NULL;
    if (call == NULL) {
        *error = strdup("out of memory");
        return NULL;
    }
    call->address = strdup(conf->redis.text);
    call->prefix = strdup(conf->prefix);
    call->allow_eviction = conf->allow_eviction;
    if (call->address == NULL || call->prefix == NULL) {
        redis_call_fail(call, "out of memory");
    } else if (dial(call, conf) == 0 && login(call, conf) == 0 && ask_facts(call) == 0) {
        return call;
    }
    *error = strdup(call->problem);
    redis_call_close(call);
    return NULL;
}

void redis_call_close(struct redis_call *call)
{
    if (call == NULL) {
        return;
    }
    if (call->context != NULL) {
        redisFree(call->context);
    }
    free(call->address);
    free(call->prefix);
    free(call);
}

int redis_call_may_write(struct redis_call *call)
{
    const char *why = server_facts_refusal(&call->facts, call->allow_eviction);

    if (why != NULL) {
        redis_call_fail(call, "Redis at %s must not hold lists: %s", call->address, why);
        return -EPERM;
    }
    return 0;
}
