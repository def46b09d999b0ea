#include "proxy/store/replay.h"

#include <stdio.h>
#include <stdlib.h>

struct replay {
    struct replay_options options;
    const struct replay_ops *ops;
    void *arg;
    char dataset[DATASET_MAX + 1];
    struct applier *applier; /* of the chain before `next` */
    size_t next;
    struct job_runner *jobs;
    struct ring later; /* struct job */
    uint64_t next_job;
    char round; /* the op of jobs whose turn it is */
    struct event *advance;
};

static void on_advance(evutil_socket_t fd, short what, void *arg);
static void on_job_done(void *arg, const char *why);

static const struct job_ops job_ops = {on_job_done};

/* Called from the ends of appliers and jobs, which must not be freed under their feet. */
static void advance(struct replay *replay)
{
    event_active(replay->advance, EV_TIMEOUT, 0);
}

struct replay *replay_new(const struct replay_options *options, const struct replay_ops *ops,
                          void *arg)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return NULL;
    replay->options = *options;
    replay->ops = ops;
    replay->arg = arg;
    replay->round = OP_DROP;
    snprintf(replay->dataset, sizeof replay->dataset, "%s", options->dataset);
    ring_init(&replay->later, sizeof(struct job));
    replay->jobs =
        job_runner_new(options->redis, options->prefix, options->journal_dir, &job_ops, replay);
    replay->advance = event_new(options->base, -1, 0, on_advance, replay);
    if (!replay->jobs || !replay->advance) {
        replay_free(replay);
        return NULL;
    }
    advance(replay);
    return replay;
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    if (replay->advance)
        event_free(replay->advance);
    applier_free(replay->applier);
    job_runner_free(replay->jobs);
    ring_free(&replay->later);
    free(replay);
}

static void on_applied(void *arg, uint64_t seq)
{
    struct replay *replay = arg;
    struct replay_chain *chain = &replay->options.chains[replay->next - 1];
    if (seq > chain->applied)
        chain->applied = seq;
}

static void on_end(void *arg)
{
    advance(arg);
}

static void on_fail(void *arg, const char *why)
{
    struct replay *replay = arg;
    replay->ops->on_fail(replay->arg, why);
}

static const struct applier_ops applier_ops = {on_applied, on_end, on_fail};

static void on_job_done(void *arg, const char *why)
{
    struct replay *replay = arg;
    if (replay->applier)
        applier_job_done(replay->applier, why);
    else if (why)
        on_fail(replay, why);
    else
        advance(replay);
}

static void start_chain(struct replay *replay)
{
    struct replay_chain *chain = &replay->options.chains[replay->next++];
    struct applier_options options = {
        .redis = replay->options.redis,
        .base = replay->options.base,
        .log = replay->options.log,
        .journal_dir = replay->options.journal_dir,
        .chain = chain->name,
        .prefix = replay->options.prefix,
        .dataset = replay->dataset,
        .stream_length = replay->options.stream_length,
        .jobs = replay->jobs,
        .later = chain->again ? &replay->later : NULL,
    };
    chain->applied = chain->after;
    replay->applier = applier_new(&options, &applier_ops, replay);
    if (replay->applier)
        applier_start(replay->applier, chain->again ? 0 : chain->after, chain->known);
    else
        on_fail(replay, "out of memory");
}

/* True: one more job of this round was started. */
static bool start_job(struct replay *replay)
{
    while (replay->next_job < replay->later.tail) {
        const struct job *job = ring_at(&replay->later, replay->next_job++);
        if (job->op != replay->round)
            continue;
        job_start(replay->jobs, job, replay->dataset);
        return true;
    }
    return false;
}

static void on_advance(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct replay *replay = arg;
    applier_free(replay->applier);
    replay->applier = NULL;
    if (replay->next < replay->options.n) {
        start_chain(replay);
        return;
    }
    if (start_job(replay))
        return;
    if (replay->round == OP_DROP) {
        replay->round = OP_IMPORT;
        replay->next_job = replay->later.head;
        if (start_job(replay))
            return;
    }
    replay->ops->on_done(replay->arg);
}
