/*
 * Brings the events of one chain into Redis, in order, each batch in one atomic script: from the
 * journal's files until it has caught up, then, for the chain of this process, as they are written.
 * Work on whole lists (job.h) is done in its place, or is put aside where everything is applied
 * again. Bounded on the wire and in memory: what does not fit is read from the files again.
 */
#ifndef PROXY_STORE_APPLIER_H
#define PROXY_STORE_APPLIER_H

#include "proxy/store/event_op.h"
#include "proxy/store/job.h"
#include "proxy/store/redis.h"
#include "proxy/store/ring.h"

struct applier;

struct applier_options {
    struct redis *redis;
    struct event_base *base;
    struct log *log;
    const char *journal_dir, *chain, *prefix; /* outlive the applier */
    const char *dataset;                      /* what Redis must hold; "" in a rebuild; copied */
    int64_t stream_length;
    struct job_runner *jobs; /* not used by others while this runs; its on_done is passed on */
    struct ring *later;      /* not NULL: apply again; jobs (struct job) are put there instead */
    bool live;               /* goes on with applier_offer when it has caught up */
};

struct applier_ops {
    void (*on_applied)(void *arg, uint64_t seq); /* Redis holds all up to this line */
    void (*on_end)(void *arg);                   /* caught up: whenever it has been behind */
    void (*on_fail)(void *arg, const char *why); /* it stands still from now on */
};

struct applier *applier_new(const struct applier_options *options, const struct applier_ops *ops,
                            void *arg);
void applier_free(struct applier *applier); /* only when none of its replies is outstanding */

/* Begins behind line `after`; lines up to `known` may be applied (UINT64_MAX: all there are). */
void applier_start(struct applier *applier, uint64_t after, uint64_t known);

/* A line was written and synced. Lines come in order and may have been applied from the file
 * already. `op` as event_op() says; `description` for OP_CREATE. */
void applier_offer(struct applier *applier, uint64_t seq, uint64_t time_ms,
                   const struct event_op *op, const char *description, const char *line,
                   size_t len);

void applier_job_done(struct applier *applier, const char *why); /* from job_ops.on_done */

uint64_t applier_applied(const struct applier *applier);
bool applier_caught_up(const struct applier *applier);

#endif
