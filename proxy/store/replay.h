/*
 * Applies the journals of all chains to a Redis that is not trusted yet: each chain from where it
 * was left, or whole, and then the work on whole lists that was put aside: removals of lists first,
 * then imports, so that nothing depends on the order of the chains. One connection's life long.
 */
#ifndef PROXY_STORE_REPLAY_H
#define PROXY_STORE_REPLAY_H

#include "proxy/store/applier.h"

struct replay_chain {
    const char *name; /* outlives the replay */
    bool again;       /* whole, by the time of each event; otherwise what follows `after` */
    uint64_t after;
    uint64_t known;   /* lines that may be applied; UINT64_MAX: all there are */
    uint64_t applied; /* result: the last line that was applied, at least `after` */
};

struct replay_options {
    struct redis *redis;
    struct event_base *base;
    struct log *log;
    const char *journal_dir, *prefix; /* outlive the replay */
    const char *dataset;              /* what Redis must hold; "" in a rebuild; copied */
    int64_t stream_length;
    struct replay_chain *chains; /* outlive the replay */
    size_t n;
};

struct replay_ops {
    void (*on_done)(void *arg);
    void (*on_fail)(void *arg, const char *why); /* it stands still from now on */
};

struct replay;

/* Begins at once; calls back from the loop. NULL: out of memory. */
struct replay *replay_new(const struct replay_options *options, const struct replay_ops *ops,
                          void *arg);
void replay_free(struct replay *replay); /* when it is done, or its connection is gone */

#endif
