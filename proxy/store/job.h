/*
 * Work on a whole list that an event asks for: adding a kept file to it (OP_IMPORT), or clearing it
 * (OP_DROP). Done in small steps, each an atomic script, so that neither the loop nor Redis is held
 * up; can be done again from the beginning at any time. One runner does one job at a time.
 */
#ifndef PROXY_STORE_JOB_H
#define PROXY_STORE_JOB_H

#include "proxy/store/dataset.h"
#include "proxy/store/list_key.h"
#include "proxy/store/redis.h"

struct job {
    char op;
    char list[LIST_NAME_MAX + 1];
    char file[65]; /* OP_IMPORT */
    uint64_t time_ms;
    char chain[LIST_CHAIN_MAX]; /* and line of the event */
    uint64_t seq;
};

struct job_runner;

struct job_ops {
    /* `why` is NULL, or a sentence: the job is not done, and the owner must drop the connection,
     * since replies may be outstanding. Not called when the connection is lost. */
    void (*on_done)(void *arg, const char *why);
};

struct job_runner *job_runner_new(struct redis *redis, const char *prefix, const char *journal_dir,
                                  const struct job_ops *ops, void *arg);
void job_runner_free(struct job_runner *runner);

/* `dataset`: what Redis must hold, "" in a rebuild. on_done follows, never from within. */
void job_start(struct job_runner *runner, const struct job *job, const char *dataset);
void job_cancel(struct job_runner *runner); /* the connection is gone */

#endif
