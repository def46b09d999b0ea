#include "proxy/store/redis.h"

#include "proxy/store/trouble.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define IN_MAX      ((size_t)16 << 20)
#define BACKOFF_MIN 50u
#define BACKOFF_MAX 2000u
#define CONNECT_MIN 1000u /* a connection may take longer than a command */

enum state { STATE_OFF, STATE_OPENING, STATE_LOGIN, STATE_UP };

struct redis {
    struct net *net;
    struct log *log;
    const struct redis_ops *ops;
    void *arg;
    char *uri, *host, *username, *password;
    struct conf_uri address;
    uint64_t deadline_us;
    enum state state;
    struct conn *conn;
    uint64_t life; /* counts connections, so that a callback's caller sees that his is gone */
    struct pipeline *pipeline;
    struct event *retry, *deadline;
    bool deadline_armed;
    unsigned backoff_ms;
    struct trouble trouble;
};

static void lost(struct redis *redis, const char *why);

static unsigned jitter(unsigned ms)
{
    uint16_t noise = 0;
    if (getrandom(&noise, sizeof noise, GRND_NONBLOCK) != sizeof noise)
        noise = 32768;
    return ms / 2 + (unsigned)((uint64_t)ms * noise >> 16);
}

static void arm(struct event *event, uint64_t us)
{
    struct timeval after = {.tv_sec = (time_t)(us / 1000000),
                            .tv_usec = (suseconds_t)(us % 1000000)};
    event_add(event, &after);
}

static void retry_later(struct redis *redis)
{
    redis->state = STATE_OFF;
    arm(redis->retry, (uint64_t)jitter(redis->backoff_ms) * 1000);
    redis->backoff_ms = redis->backoff_ms * 2 > BACKOFF_MAX ? BACKOFF_MAX : redis->backoff_ms * 2;
}

/* Commands: sending. */

static void watch(struct redis *redis)
{
    if (redis->deadline_armed)
        return;
    redis->deadline_armed = true;
    arm(redis->deadline, redis->deadline_us);
}

/* Writes a command whose place in the pipeline is taken already. */
static int put(struct redis *redis, const char *command, size_t len)
{
    uint8_t *out = conn_reserve(redis->conn, len);
    if (!out) {
        pipeline_unpush(redis->pipeline);
        return -ENOMEM;
    }
    memcpy(out, command, len);
    conn_commit(redis->conn, len);
    watch(redis);
    return 0;
}

int redis_send_raw(struct redis *redis, const char *command, size_t len, redis_reply_fn *fn,
                   void *arg)
{
    if (redis->state < STATE_LOGIN)
        return -ENOTCONN;
    int error = pipeline_reply(redis->pipeline, net_now_us(redis->net), fn, arg);
    return error ? error : put(redis, command, len);
}

int redis_send(struct redis *redis, redis_reply_fn *fn, void *arg, const char *format, ...)
{
    char *command = NULL;
    va_list args;
    va_start(args, format);
    int len = redisvFormatCommand(&command, format, args);
    va_end(args);
    if (len < 0)
        return -ENOMEM;
    int error = redis_send_raw(redis, command, (size_t)len, fn, arg);
    redisFreeCommand(command);
    return error;
}

char *redis_reserve(struct redis *redis, size_t len)
{
    return redis->state == STATE_UP ? (char *)conn_reserve(redis->conn, len) : NULL;
}

int redis_commit_booleans(struct redis *redis, size_t len, unsigned n, redis_boolean_fn *fn,
                          void *arg)
{
    int error = pipeline_booleans(redis->pipeline, net_now_us(redis->net), n, fn, arg);
    if (error)
        return error;
    conn_commit(redis->conn, len);
    watch(redis);
    return 0;
}

int redis_expect(struct redis *redis, const char *command, size_t len, const char *expected,
                 size_t expected_len, redis_expect_fn *fn, void *arg)
{
    if (redis->state != STATE_UP)
        return -ENOTCONN;
    int error =
        pipeline_expect(redis->pipeline, net_now_us(redis->net), expected, expected_len, fn, arg);
    return error ? error : put(redis, command, len);
}

static void on_data(void *arg)
{
    struct redis *redis = arg;
    uint64_t life = redis->life;
    size_t len, at = 0;
    const uint8_t *in = conn_in(redis->conn, &len);
    ssize_t n = 1;
    char why[256] = "what answers there is no Redis (wrong port?)";
    while (at < len && n > 0) {
        n = pipeline_take(redis->pipeline, in + at, len - at, why, sizeof why);
        if (redis->life != life)
            return;
        at += n > 0 ? (size_t)n : 0;
    }
    if (n < 0 || len - at >= IN_MAX) {
        lost(redis, why);
        return;
    }
    conn_consume(redis->conn, at);
}

/* The life of a connection. */

static void lost(struct redis *redis, const char *why)
{
    bool was_up = redis->state == STATE_UP;
    trouble_log(&redis->trouble, redis->log, LOG_WARN, net_now_us(redis->net), "Redis is away",
                "why", why);
    redis->life++;
    if (redis->conn)
        conn_close(redis->conn);
    redis->conn = NULL;
    retry_later(redis);
    pipeline_fail(redis->pipeline);
    if (was_up)
        redis->ops->on_down(redis->arg);
}

void redis_drop(struct redis *redis, const char *why)
{
    if (redis->state != STATE_OFF)
        lost(redis, why);
}

static void on_close(void *arg, int error)
{
    char why[128];
    snprintf(why, sizeof why, "the connection ended%s%s", error ? ": " : "",
             error ? strerror(-error) : "");
    lost(arg, why);
}

static void on_login(void *arg, const struct redisReply *reply)
{
    struct redis *redis = arg;
    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        char why[256];
        lost(redis, redis_explain(reply, why, sizeof why));
        return;
    }
    redis->state = STATE_UP;
    redis->ops->on_up(redis->arg);
}

static void on_open(void *arg, int error)
{
    struct redis *redis = arg;
    if (error) {
        char why[128];
        snprintf(why, sizeof why, "cannot connect: %s", strerror(-error));
        redis->conn = NULL; /* gone by itself */
        lost(redis, why);
        return;
    }
    redis->state = STATE_LOGIN;
    error = 0;
    if (redis->password && redis->username)
        error = redis_send(redis, on_login, redis, "AUTH %s %s", redis->username, redis->password);
    else if (redis->password)
        error = redis_send(redis, on_login, redis, "AUTH %s", redis->password);
    else
        redis->state = STATE_UP;
    if (error < 0)
        lost(redis, "out of memory");
    else if (redis->state == STATE_UP)
        redis->ops->on_up(redis->arg);
}

static void on_drain(void *arg)
{
    (void)arg;
}

static const struct conn_ops conn_ops = {
    .on_open = on_open, .on_data = on_data, .on_close = on_close, .on_drain = on_drain};

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct redis *redis = arg;
    uint64_t timeout_ms = redis->deadline_us / 1000;
    redis->state = STATE_OPENING;
    redis->conn =
        conn_open(redis->net, &redis->address, timeout_ms < CONNECT_MIN ? CONNECT_MIN : timeout_ms,
                  IN_MAX, &conn_ops, redis);
    if (!redis->conn)
        lost(redis, "out of memory");
}

/* Looks only as often as a command could be late. A server that is busy answering is not dead. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct redis *redis = arg;
    redis->deadline_armed = false;
    if (pipeline_empty(redis->pipeline) || !redis->conn)
        return;
    uint64_t since = pipeline_oldest_us(redis->pipeline);
    if (since < conn_last_read_us(redis->conn))
        since = conn_last_read_us(redis->conn);
    uint64_t age = net_now_us(redis->net) - since;
    if (age >= redis->deadline_us) {
        char why[64];
        snprintf(why, sizeof why, "no answer within %llu ms",
                 (unsigned long long)(redis->deadline_us / 1000));
        lost(redis, why);
        return;
    }
    redis->deadline_armed = true;
    arm(redis->deadline, redis->deadline_us - age);
}

static bool copy_options(struct redis *redis, const struct redis_options *options)
{
    redis->uri = strdup(options->address.text ? options->address.text : "");
    redis->host = strdup(options->address.host);
    redis->username = options->username ? strdup(options->username) : NULL;
    redis->password = options->password ? strdup(options->password) : NULL;
    redis->address = options->address;
    redis->address.text = redis->uri;
    redis->address.host = redis->host;
    return redis->uri && redis->host && (redis->username || !options->username) &&
           (redis->password || !options->password);
}

struct redis *redis_new(struct net *net, const struct redis_options *options, struct log *log,
                        const struct redis_ops *ops, void *arg)
{
    struct redis *redis = calloc(1, sizeof *redis);
    if (!redis)
        return NULL;
    redis->net = net;
    redis->log = log;
    redis->ops = ops;
    redis->arg = arg;
    redis->backoff_ms = BACKOFF_MIN;
    redis_set_deadline(redis, options->deadline_ms);
    redis->pipeline = pipeline_new();
    redis->retry = evtimer_new(net_base(net), on_retry, redis);
    redis->deadline = evtimer_new(net_base(net), on_deadline, redis);
    if (!copy_options(redis, options) || !redis->pipeline || !redis->retry || !redis->deadline) {
        redis_free(redis);
        return NULL;
    }
    return redis;
}

void redis_free(struct redis *redis)
{
    if (!redis)
        return;
    if (redis->conn)
        conn_close(redis->conn);
    if (redis->retry)
        event_free(redis->retry);
    if (redis->deadline)
        event_free(redis->deadline);
    pipeline_free(redis->pipeline);
    if (redis->password)
        explicit_bzero(redis->password, strlen(redis->password));
    free(redis->uri);
    free(redis->host);
    free(redis->username);
    free(redis->password);
    free(redis);
}

void redis_start(struct redis *redis)
{
    arm(redis->retry, 0);
}

void redis_set_deadline(struct redis *redis, uint64_t deadline_ms)
{
    redis->deadline_us = (deadline_ms ? deadline_ms : 1) * 1000;
}

void redis_settled(struct redis *redis)
{
    redis->backoff_ms = BACKOFF_MIN;
    trouble_over(&redis->trouble);
}

bool redis_up(const struct redis *redis)
{
    return redis->state == STATE_UP;
}

bool redis_idle(const struct redis *redis)
{
    return pipeline_empty(redis->pipeline);
}
