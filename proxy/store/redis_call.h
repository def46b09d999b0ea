/*
 * Redis for programs that may wait: one connection, a command and its answer, or many commands and
 * then their answers. For the command line; the daemon's is redis.h. Failures become sentences that
 * name the address. Only files in store/ see hiredis' replies.
 */
#ifndef PROXY_STORE_REDIS_CALL_H
#define PROXY_STORE_REDIS_CALL_H

#include "proxy/conf.h"
#include "proxy/store/command.h"
#include "proxy/store/server_facts.h"

struct redisReply; /* hiredis */

struct redis_call;

/* Connects, logs in, asks for the facts. NULL and *error (malloc'd) otherwise. A server that must
 * not hold lists is not refused here: who writes asks redis_call_may_write. */
struct redis_call *redis_call_open(const struct conf_store *conf, char **error);
void redis_call_close(struct redis_call *call);

const struct server_facts *redis_call_facts(const struct redis_call *call);
const char *redis_call_address(const struct redis_call *call);
const char *redis_call_prefix(const struct redis_call *call);
const char *redis_call_problem(const struct redis_call *call); /* of the call that failed last */

/* Whether lists are safe there: 0, or -EPERM and the problem. */
int redis_call_may_write(struct redis_call *call);

/* Sends a command and waits. NULL: the problem is set. An answer that is an error is a failure too;
 * freeReplyObject frees what is returned. */
struct redisReply *redis_call(struct redis_call *call, struct command *command);

/* The same in two steps, for many at once: each send is followed by one get, in order. After a
 * failure of send or get the connection is of no more use, but for errors that Redis answered with
 * (get returns NULL and redis_call_refused is true). */
int redis_call_send(struct redis_call *call, struct command *command);
int redis_call_flush(struct redis_call *call); /* hands all that was sent to the kernel */
struct redisReply *redis_call_get(struct redis_call *call);
bool redis_call_refused(const struct redis_call *call);

/* Sets the problem to a sentence of the caller's; returns -EIO. */
int redis_call_fail(struct redis_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
