/*
 * What other processes on this machine have journaled and Redis may not hold yet. Each daemon reads
 * along in the chains of its journal directory that it does not write, and in its own from before
 * it started, and counts the additions it finds as on their lists until Redis says that the chain
 * is applied that far. So an opt-out that any process here has acknowledged holds in all of them,
 * Redis or not: a writer that cannot reach Redis waits FOLLOW_WAIT_MS before it answers where
 * others may read along.
 *
 * Between machines that share a Redis and no journal directory there is only Redis: while one of
 * them is cut off from it, the others do not know what that one has acknowledged.
 */
#ifndef PROXY_STORE_FOLLOW_H
#define PROXY_STORE_FOLLOW_H

#include "proxy/store/names.h"
#include "proxy/store/redis.h"

#include <stdbool.h>
#include <stdint.h>

#define FOLLOW_WAIT_MS 300u

struct follow;

struct follow_options {
    struct net *net;
    struct redis *redis;
    struct names *names;
    const char *dir, *chain,
        *prefix;       /* outlive the object; chain: the one that this process writes */
    uint64_t own_last; /* its last line when this process began */
};

struct follow *follow_new(const struct follow_options *options); /* NULL: out of memory */
void follow_free(struct follow *follow);

/* Looks for new lines, a few times a second. */
void follow_tick(struct follow *follow);

/* Asks Redis how far it is, where something waits for that: when it has become ready, before
 * anything else is asked, and now and then. */
void follow_ask(struct follow *follow);

/* Redis holds the chain of this process up to `seq`: kept in the chain's directory for the next
 * process, which may start while Redis is away. */
void follow_applied(struct follow *follow, uint64_t seq);

/* Whether another chain puts the number on the list. Looks for new lines first where the last look
 * is not recent. */
bool follow_hit(struct follow *follow, uint32_t list, uint64_t number);

/* Another process writes in the same directory. */
bool follow_shared(const struct follow *follow);

/* Numbers that count as listed because of other chains. */
uint32_t follow_count(const struct follow *follow);

#endif
