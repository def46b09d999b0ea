/*
 * Brings Redis to what the journals under a directory say, for programs that may wait: the command
 * line before and after it writes. Applies every chain that no living process looks after, and the
 * caller's own, from where Redis says it stands; begins a data set where Redis holds none, out of
 * all journals. The rules are those of the scripts, so that it may run beside daemons.
 */
#ifndef PROXY_STORE_CATCHUP_H
#define PROXY_STORE_CATCHUP_H

#include "proxy/store/redis_call.h"

struct catchup_options {
    const char *dir;       /* of the journals */
    const char *own_chain; /* whose lock the caller holds; NULL: no data set is begun */
    int64_t stream_length;
    /* Of a long part: numbers of an import. May be NULL. */
    void (*progress)(void *arg, const char *list, uint64_t numbers);
    void *arg;
};

struct catchup_result {
    uint64_t events;         /* applied now */
    uint64_t changed;        /* of them, those that changed a list */
    uint64_t added, removed; /* numbers, by imports and by removed lists */
    bool began;              /* a data set was begun */
};

/* 0; -EIO, -EPERM with the problem in the call. What was applied before stays applied. */
int catchup_run(struct redis_call *call, const struct catchup_options *options,
                struct catchup_result *result);

#endif
