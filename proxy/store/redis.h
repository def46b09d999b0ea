/*
 * One connection to Redis on the event loop, made again whenever it is lost. Commands are pipelined
 * and leave in one write each loop pass; replies come back in order. A command that is not answered
 * by the deadline costs the connection: then its callback, like those of all others outstanding, is
 * called without a reply. Knows commands and replies, not what they are for.
 *
 * Callbacks may send; they may drop the connection; they must not free the client.
 */
#ifndef PROXY_STORE_REDIS_H
#define PROXY_STORE_REDIS_H

#include "proxy/net/conn.h"
#include "proxy/store/pipeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis;

struct redis_options {
    struct conf_uri address;
    const char *username, *password; /* NULL: none */
    uint64_t deadline_ms;
};

struct redis_ops {
    void (*on_up)(void *arg);   /* connected, and logged in where there is a password */
    void (*on_down)(void *arg); /* after on_up: lost; the callbacks of commands come before */
};

/* The options are copied. NULL: out of memory. Nothing happens before redis_start. */
struct redis *redis_new(struct net *net, const struct redis_options *options, struct log *log,
                        const struct redis_ops *ops, void *arg);
void redis_free(struct redis *redis); /* no callback follows */
void redis_start(struct redis *redis);
void redis_set_deadline(struct redis *redis, uint64_t deadline_ms);

/* The owner has found everything in order: troubles are over, the next retry starts fresh. */
void redis_settled(struct redis *redis);

/* Closes the connection and tries again later; `why` goes to the log, where it has not just been
 * said. */
void redis_drop(struct redis *redis, const char *why);

bool redis_up(const struct redis *redis);
bool redis_idle(const struct redis *redis); /* nothing outstanding */

/* All send functions return 0, or -ENOTCONN or -ENOMEM; then the callback is not called. */
int redis_send(struct redis *redis, redis_reply_fn *fn, void *arg, const char *format, ...);
int redis_send_raw(struct redis *redis, const char *command, size_t len, redis_reply_fn *fn,
                   void *arg);

/* The hot path: `n` commands formatted in place that are answered with :0 or :1. `fn` is called for
 * each and must not send or drop. Any other answer costs the connection. */
char *redis_reserve(struct redis *redis, size_t len); /* NULL: not connected, or no memory */
int redis_commit_booleans(struct redis *redis, size_t len, unsigned n, redis_boolean_fn *fn,
                          void *arg);

/* A command whose answer is known if all is well: `fn` hears whether it is `expected`, which is as
 * it arrives (a bulk string with its length) and must live until then. */
int redis_expect(struct redis *redis, const char *command, size_t len, const char *expected,
                 size_t expected_len, redis_expect_fn *fn, void *arg);

#endif
