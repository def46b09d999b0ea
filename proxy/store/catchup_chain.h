/*
 * One chain of the journals on its way into Redis: its lines in batches, each an atomic script, and
 * the work on whole lists in its place. Only catchup*.c include this.
 */
#ifndef PROXY_STORE_CATCHUP_CHAIN_H
#define PROXY_STORE_CATCHUP_CHAIN_H

#include "proxy/store/catchup.h"
#include "proxy/store/lookup.h"
#include "proxy/store/sha.h"

/* An import that waits until every chain is through. */
struct put_aside {
    char *chain, *list;
    char file[SHA_HEX + 1];
    uint64_t time_ms, seq;
};

/* One chain on its way into Redis. */
struct catchup {
    struct redis_call *call;
    const struct catchup_options *options;
    struct catchup_result *result;
    char dataset[LOOKUP_NAME_MAX]; /* "" in a rebuild */
    const char *chain;
    bool again; /* the chain is applied whole, by the times of its events */
    struct command command;
    char sha[41]; /* of SCRIPT_APPLY */
    unsigned events;
    struct put_aside *aside;
    size_t aside_count;
};

/* Applies the chain from where Redis says that it stands, or whole (`again`): then imports are put
 * aside. 0, or -EIO with the problem in the call. */
int catchup_chain(struct catchup *catchup);

/* The imports that were put aside. */
int catchup_imports(struct catchup *catchup);

/* Frees what the parts above have gathered. */
void catchup_end(struct catchup *catchup);

#endif
