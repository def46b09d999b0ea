/*
 * Questions whether numbers are on lists, from when they are asked to when they are answered, in
 * that order. Those of one loop pass leave together, followed by the question for the data set's
 * name: only if that answer is ours, those before it count. Redis' answers are joined with the
 * overlay. While Redis cannot be trusted, questions wait, or are answered by the outage policy.
 */
#ifndef PROXY_STORE_CHECKS_H
#define PROXY_STORE_CHECKS_H

#include "filters/ports.h"
#include "proxy/conf.h"
#include "proxy/stats.h"
#include "proxy/store/follow.h"
#include "proxy/store/names.h"
#include "proxy/store/overlay.h"
#include "proxy/store/redis.h"

#define CHECKS_MAX 200000u /* questions that wait or are asked, at most */

struct checks;

struct checks_conf {
    enum conf_outage outage;
    uint64_t hold_ms;     /* OUTAGE_HOLD: so long a question waits for Redis to come back */
    uint64_t deadline_ms; /* and so long at least for the answer of a Redis that is there */
};

struct checks_ops {
    /* `asked_us`: net_now_us() of the question. */
    void (*on_answer)(void *arg, struct flt_ticket ticket, const struct port_reply *reply,
                      uint64_t asked_us);
    void (*on_strange)(void *arg); /* Redis holds another data set, or none */
};

struct checks *checks_new(struct net *net, struct redis *redis, struct names *names,
                          const struct overlay *overlay, const struct checks_ops *ops, void *arg);
void checks_free(struct checks *checks);
void checks_configure(struct checks *checks, const struct checks_conf *conf);

/* What other processes have journaled counts as well. */
void checks_follow(struct checks *checks, struct follow *follow);

/* From now on Redis can be asked; `dataset` is what it must hold. Everything that waits is asked.
 */
int checks_enable(struct checks *checks, const char *prefix, const char *dataset);
/* Not any more. What is asked and not answered waits again. */
void checks_disable(struct checks *checks);

/* 0, -EAGAIN, -EINVAL, -ENOMEM. */
int checks_add(struct checks *checks, const struct port_check *list, unsigned n,
               struct flt_ticket ticket);

/* Asks for the data set's name though nothing else is asked. */
void checks_probe(struct checks *checks);

uint64_t checks_waiting(const struct checks *checks); /* calls not answered yet */

#endif
