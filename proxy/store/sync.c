#include "proxy/store/sync.h"

#include "proxy/store/dataset.h"
#include "proxy/store/probe.h"
#include "proxy/store/replay.h"
#include "proxy/store/scripts.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What goes on; replies that come when it has ended are ignored. */
enum step {
    STEP_IDLE,
    STEP_PROBE,  /* is the server fit? */
    STEP_LOAD,   /* its data set, and how far chains are applied; it gets the scripts */
    STEP_REPLAY, /* the journals, as far as it needs them */
    STEP_BEGIN,  /* names the data set, where there was none */
    STEP_OWN,    /* what our chain has got meanwhile */
    STEP_READY
};

struct sync {
    struct sync_options options;
    const struct sync_ops *ops;
    void *arg;
    enum step step;
    bool compared;                 /* our journal's end with what Redis has seen of it */
    char dataset[DATASET_MAX + 1]; /* in Redis; "" while there is none */
    char token[DATASET_MAX + 1];   /* stands in Redis meanwhile: if it is emptied, so is this */
    enum dataset_plan plan;
    struct dataset_chains chains;
    struct replay_chain *replay_chains;
    struct replay *replay;
    uint64_t own_applied;
    struct applier *own;
    struct job_runner *jobs; /* of own */
    struct probe probe;
    struct event *advance; /* goes on from a fresh stack: to STEP_BEGIN */
};

static void give_up(void *arg, const char *why)
{
    struct sync *sync = arg;
    if (sync->step != STEP_IDLE)
        redis_drop(sync->options.redis, why);
}

/* Whether a reply is of the kind that is wanted (-1: any but an error). */
static bool good(struct sync *sync, const struct redisReply *reply, int type)
{
    char why[256];
    if (!reply || sync->step == STEP_IDLE)
        return false;
    if (reply->type == REDIS_REPLY_ERROR || (type >= 0 && reply->type != type)) {
        give_up(sync, redis_explain(reply, why, sizeof why));
        return false;
    }
    return true;
}

static void on_string(void *arg, const struct redisReply *reply)
{
    good(arg, reply, REDIS_REPLY_STRING);
}

static void on_integer(void *arg, const struct redisReply *reply)
{
    good(arg, reply, REDIS_REPLY_INTEGER);
}

/* Our own chain, once everything else is in place. */

static void own_applied(void *arg, uint64_t seq)
{
    struct sync *sync = arg;
    sync->ops->on_applied(sync->arg, seq);
}

static void own_end(void *arg)
{
    struct sync *sync = arg;
    if (sync->step == STEP_READY)
        return;
    sync->step = STEP_READY;
    sync->ops->on_applied(sync->arg, applier_applied(sync->own));
    redis_settled(sync->options.redis);
    sync->ops->on_ready(sync->arg, sync->dataset);
}

static const struct applier_ops own_ops = {own_applied, own_end, give_up};

static void own_job_done(void *arg, const char *why)
{
    struct sync *sync = arg;
    if (sync->own)
        applier_job_done(sync->own, why);
}

static const struct job_ops own_job_ops = {own_job_done};

/* What was applied is remembered, so that the next time its rest is enough. */
static void remember(struct sync *sync)
{
    const char *dir = sync->options.journal_dir;
    int error = dataset_remember(dir, sync->options.chain, sync->dataset);
    for (size_t i = 0; i < sync->chains.n && error == 0; i++) {
        const struct dataset_chain *chain = &sync->chains.v[i];
        if (chain->lines && strcmp(chain->remembered, sync->dataset) != 0)
            error = dataset_remember(dir, chain->name, sync->dataset);
    }
    if (error) /* costs another whole application one day, but no message now */
        LOG_WRN(sync->options.log, 0, "the data set cannot be remembered beside the journal",
                "error", strerror(-error));
}

static void start_own(struct sync *sync)
{
    struct applier_options options = {
        .redis = sync->options.redis,
        .base = net_base(sync->options.net),
        .log = sync->options.log,
        .journal_dir = sync->options.journal_dir,
        .chain = sync->options.chain,
        .prefix = sync->options.prefix,
        .dataset = sync->dataset,
        .stream_length = sync->options.stream_length,
        .jobs = sync->jobs,
        .live = true,
    };
    remember(sync);
    sync->step = STEP_OWN;
    sync->own = applier_new(&options, &own_ops, sync);
    if (sync->own)
        applier_start(sync->own, sync->own_applied, sync->ops->journal_seq(sync->arg));
    else
        give_up(sync, "out of memory");
}

/* Naming the data set. */

static void on_begun(void *arg, const struct redisReply *reply)
{
    struct sync *sync = arg;
    if (!good(sync, reply, REDIS_REPLY_STRING))
        return;
    if (!dataset_name_ok(reply->str, reply->len)) {
        give_up(sync, "its key dataset is not ours (store.prefix)");
        return;
    }
    memcpy(sync->dataset, reply->str, reply->len + 1);
    log_line(sync->options.log, LOG_INFO, 0,
             sync->plan == DATASET_BEGIN ? "a data set is begun" : "Redis is rebuilt", "dataset",
             sync->dataset, (char *)0);
    start_own(sync);
}

static void begin_dataset(struct sync *sync)
{
    char sha[41], name[DATASET_MAX + 1];
    script_sha1(SCRIPT_BEGIN, sha);
    sync->step = STEP_BEGIN;
    if (dataset_name_new(name) < 0 ||
        redis_send(sync->options.redis, on_begun, sync, "EVALSHA %s 0 %s %s %s %s", sha,
                   sync->options.prefix, name, sync->options.chain, sync->token) < 0)
        give_up(sync, "out of memory");
}

/* Replaying. */

static void on_replayed(void *arg)
{
    struct sync *sync = arg;
    event_active(sync->advance, EV_TIMEOUT, 0);
}

static void on_advance(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct sync *sync = arg;
    for (size_t i = 0; i < sync->chains.n; i++)
        if (strcmp(sync->replay_chains[i].name, sync->options.chain) == 0 &&
            sync->replay_chains[i].applied > sync->own_applied)
            sync->own_applied = sync->replay_chains[i].applied;
    replay_free(sync->replay);
    sync->replay = NULL;
    if (sync->plan == DATASET_FOLLOW)
        start_own(sync);
    else
        begin_dataset(sync);
}

static const struct replay_ops replay_ops = {on_replayed, give_up};

static void start_replay(struct sync *sync)
{
    struct replay_options options = {
        .redis = sync->options.redis,
        .base = net_base(sync->options.net),
        .log = sync->options.log,
        .journal_dir = sync->options.journal_dir,
        .prefix = sync->options.prefix,
        .dataset = sync->dataset,
        .stream_length = sync->options.stream_length,
        .chains = sync->replay_chains,
        .n = sync->chains.n,
    };
    for (size_t i = 0; i < sync->chains.n; i++)
        if (!sync->chains.v[i].lines)
            sync->replay_chains[i].known = 0;
    sync->step = STEP_REPLAY;
    sync->replay = replay_new(&options, &replay_ops, sync);
    if (!sync->replay)
        give_up(sync, "out of memory");
}

/* Loading. */

static bool decide(struct sync *sync)
{
    int error =
        dataset_decide(sync->options.journal_dir, sync->dataset, &sync->chains, &sync->plan);
    sync->replay_chains = error ? NULL : calloc(sync->chains.n + 1, sizeof *sync->replay_chains);
    if (!sync->replay_chains) {
        char why[160];
        snprintf(why, sizeof why, "the journals cannot be read: %s",
                 strerror(error ? -error : ENOMEM));
        give_up(sync, why);
        return false;
    }
    for (size_t i = 0; i < sync->chains.n; i++) {
        bool own = strcmp(sync->chains.v[i].name, sync->options.chain) == 0;
        sync->replay_chains[i] = (struct replay_chain){
            .name = sync->chains.v[i].name,
            .again = sync->chains.v[i].again,
            .known = own ? sync->ops->journal_seq(sync->arg) : UINT64_MAX,
        };
    }
    if (sync->plan == DATASET_REBUILD)
        LOG_WRN(sync->options.log, 0,
                "Redis holds no data set: the journals are applied before anything is answered");
    return true;
}

static void on_dataset(void *arg, const struct redisReply *reply)
{
    struct sync *sync = arg;
    if (!good(sync, reply, -1))
        return;
    sync->dataset[0] = '\0';
    if (reply->type == REDIS_REPLY_STRING && dataset_name_ok(reply->str, reply->len))
        memcpy(sync->dataset, reply->str, reply->len + 1);
    else if (reply->type != REDIS_REPLY_NIL)
        give_up(sync, "its key dataset is not ours (store.prefix)");
}

/* A journal that lost its end with its disk counts on from numbers that Redis has seen: its next
 * events would pass for old ones. */
static void check_own(struct sync *sync)
{
    uint64_t start = sync->options.journal_start;
    if (!sync->compared && sync->own_applied > start) {
        LOG_ERR(sync->options.log, 0, "Redis has seen events that our journal has lost", "chain",
                sync->options.chain, "journal", LOG_NUM(start), "redis",
                LOG_NUM(sync->own_applied));
        sync->own_applied = start;
        if (redis_send(sync->options.redis, on_integer, sync, "HSET %sapplied %s %llu",
                       sync->options.prefix, sync->options.chain, (unsigned long long)start) < 0)
            give_up(sync, "out of memory");
    }
    sync->compared = true;
}

static void note_applied(struct sync *sync, const char *chain, uint64_t seq)
{
    for (size_t i = 0; i < sync->chains.n; i++)
        if (strcmp(sync->chains.v[i].name, chain) == 0)
            sync->replay_chains[i].after = seq;
    if (strcmp(chain, sync->options.chain) == 0)
        sync->own_applied = seq;
}

static void on_applied_hash(void *arg, const struct redisReply *reply)
{
    struct sync *sync = arg;
    if (!good(sync, reply, REDIS_REPLY_ARRAY) || !decide(sync))
        return;
    sync->own_applied = 0;
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const struct redisReply *chain = reply->element[i], *seq = reply->element[i + 1];
        if (chain->type == REDIS_REPLY_STRING && seq->type == REDIS_REPLY_STRING)
            note_applied(sync, chain->str, strtoull(seq->str, NULL, 10));
    }
    check_own(sync);
    note_applied(sync, sync->options.chain, sync->own_applied);
    if (sync->step == STEP_LOAD)
        start_replay(sync);
}

static void on_probed(void *arg, const char *refusal)
{
    struct sync *sync = arg;
    const char *prefix = sync->options.prefix;
    struct redis *redis = sync->options.redis;
    if (sync->step != STEP_PROBE)
        return;
    if (refusal) {
        give_up(sync, refusal);
        return;
    }
    sync->step = STEP_LOAD;
    int error = dataset_name_new(sync->token);
    for (unsigned i = 0; i < SCRIPT_COUNT && error == 0; i++)
        error = redis_send(redis, on_string, sync, "SCRIPT LOAD %s", script_text((enum script)i));
    if (error == 0)
        error = redis_send(redis, on_integer, sync, "HSET %srebuild %s %s", prefix,
                           sync->options.chain, sync->token);
    if (error == 0)
        error = redis_send(redis, on_dataset, sync, "GET %sdataset", prefix);
    if (error == 0)
        error = redis_send(redis, on_applied_hash, sync, "HGETALL %sapplied", prefix);
    if (error)
        give_up(sync, "out of memory");
}

struct sync *sync_new(const struct sync_options *options, const struct sync_ops *ops, void *arg)
{
    struct sync *sync = calloc(1, sizeof *sync);
    if (!sync)
        return NULL;
    sync->options = *options;
    sync->ops = ops;
    sync->arg = arg;
    sync->probe = (struct probe){
        .redis = options->redis,
        .net = options->net,
        .log = options->log,
        .persistence = stats_gauge(options->stats, "stopgate_redis_persistence",
                                   "Redis keeps what is written across its restart", ""),
        .allow_eviction = options->allow_eviction,
        .done = on_probed,
        .arg = sync,
    };
    sync->jobs =
        job_runner_new(options->redis, options->prefix, options->journal_dir, &own_job_ops, sync);
    sync->advance = event_new(net_base(options->net), -1, 0, on_advance, sync);
    if (!sync->jobs || !sync->advance) {
        sync_free(sync);
        return NULL;
    }
    return sync;
}

/* May be called from below an applier that has just failed: what was at work is freed later. */
void sync_stop(struct sync *sync)
{
    sync->step = STEP_IDLE;
    event_del(sync->advance);
    job_cancel(sync->jobs);
}

static void clear(struct sync *sync)
{
    replay_free(sync->replay);
    applier_free(sync->own);
    sync->replay = NULL;
    sync->own = NULL;
    free(sync->replay_chains);
    sync->replay_chains = NULL;
    dataset_chains_free(&sync->chains);
}

void sync_free(struct sync *sync)
{
    if (!sync)
        return;
    clear(sync);
    job_runner_free(sync->jobs);
    if (sync->advance)
        event_free(sync->advance);
    free(sync);
}

void sync_start(struct sync *sync)
{
    clear(sync);
    sync->step = STEP_PROBE;
    probe_start(&sync->probe);
}

struct applier *sync_applier(struct sync *sync)
{
    return sync->step == STEP_IDLE ? NULL : sync->own;
}
