/*
 * From a new connection to a Redis that may be believed: judges the server, compares data sets,
 * brings in what the journals hold and Redis does not, and only then says so. Afterwards the chain
 * of this process is kept applied as it grows. Starts over with every connection.
 */
#ifndef PROXY_STORE_SYNC_H
#define PROXY_STORE_SYNC_H

#include "proxy/stats.h"
#include "proxy/store/applier.h"

struct sync;

struct sync_options {
    struct redis *redis;
    struct net *net;
    struct log *log;
    struct stats *stats;
    const char *journal_dir, *chain, *prefix; /* outlive the object */
    uint64_t journal_start;                   /* last line of our chain when this process began */
    int64_t stream_length;
    bool allow_eviction;
};

struct sync_ops {
    /* Redis holds `dataset` and everything up to date: called once for each connection. */
    void (*on_ready)(void *arg, const char *dataset);
    void (*on_applied)(void *arg, uint64_t seq); /* of our chain */
    uint64_t (*journal_seq)(void *arg);          /* the last line of our chain that is synced */
};

struct sync *sync_new(const struct sync_options *options, const struct sync_ops *ops, void *arg);
void sync_free(struct sync *sync);

void sync_start(struct sync *sync); /* the connection is up */
void sync_stop(struct sync *sync);  /* it is lost */

/* The applier of our chain, while there is one: NULL until our journal's files have been read. */
struct applier *sync_applier(struct sync *sync);

#endif
