/*
 * Commands that wait for their answers, in order: takes the octets that Redis sends and calls back
 * whoever asked. The usual answers of the hot path are read here, the rest by the reader of
 * hiredis, one whole reply of a sane size at a time. Knows no connection; the fuzz target drives it
 * alone.
 */
#ifndef PROXY_STORE_PIPELINE_H
#define PROXY_STORE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pipeline;
struct redisReply; /* hiredis */

/* `reply` is freed after the call; NULL: there will be none. */
typedef void redis_reply_fn(void *arg, const struct redisReply *reply);
/* One of a run of answers :0 or :1. Must not push, and must not fail the pipeline. */
typedef void redis_boolean_fn(void *arg, bool value);
/* Whether the answer was the one expected. */
typedef void redis_expect_fn(void *arg, bool as_expected);

struct pipeline *pipeline_new(void);           /* NULL: out of memory */
void pipeline_free(struct pipeline *pipeline); /* calls nobody */

/* Another command was sent: 0 or -ENOMEM. */
int pipeline_reply(struct pipeline *pipeline, uint64_t now_us, redis_reply_fn *fn, void *arg);
int pipeline_booleans(struct pipeline *pipeline, uint64_t now_us, unsigned n, redis_boolean_fn *fn,
                      void *arg);
int pipeline_expect(struct pipeline *pipeline, uint64_t now_us, const char *expected, size_t len,
                    redis_expect_fn *fn, void *arg);
void pipeline_unpush(struct pipeline *pipeline); /* the last one was not sent after all */

/* Takes from `in`. Returns the octets used, 0 where more are needed, -EBADMSG where this is no
 * Redis, -EPROTO where an answer was an error that leaves the connection useless (`why` says it).
 */
ssize_t pipeline_take(struct pipeline *pipeline, const uint8_t *in, size_t len, char *why,
                      size_t why_cap);

/* No more answers: everybody who waits for a reply is told so, and the next octets begin afresh. */
void pipeline_fail(struct pipeline *pipeline);

bool pipeline_empty(const struct pipeline *pipeline);
uint64_t pipeline_oldest_us(const struct pipeline *pipeline); /* when the oldest was sent */

/* An error reply as a sentence for an operator, in `out`. Returns `out`. */
const char *redis_explain(const struct redisReply *reply, char *out, size_t cap);

#endif
