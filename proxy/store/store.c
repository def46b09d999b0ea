#include "proxy/store/store.h"

#include "proxy/store/checks.h"
#include "proxy/store/event_op.h"
#include "proxy/store/follow.h"
#include "proxy/store/gather.h"
#include "proxy/store/health_queue.h"
#include "proxy/store/journal.h"
#include "proxy/store/list_key.h"
#include "proxy/store/records.h"
#include "proxy/store/store_metrics.h"
#include "proxy/store/sync.h"
#include "proxy/store/trouble.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS        200u
#define PROBE_TICKS    5u    /* Redis is asked something at least that often */
#define GATHERED_STEP  2000u /* gathered events in one tick */
#define RECORD_WAIT_MS UINT64_C(2000)

struct store {
    struct net *net;
    struct log *log;
    const struct store_ops *ops;
    void *arg;
    char *prefix, *dir;
    enum conf_outage outage;
    bool ready;
    struct journal *journal;
    struct event *journal_event, *tick;
    unsigned ticks;
    uint64_t applied;
    struct names *names;
    struct overlay *overlay;
    struct redis *redis;
    struct checks *checks;  /* of messages */
    struct checks *lookups; /* of records: would they change anything? */
    struct records *records;
    struct gather *gather;
    struct health_queue *health;
    struct sync *sync;
    struct follow *follow;
    struct trouble trouble;
    struct store_metrics metrics;
};

/* Redis comes and goes. */

static void on_up(void *arg)
{
    struct store *store = arg;
    sync_start(store->sync);
}

static void warn_unchecked(struct store *store)
{
    if (store->outage == OUTAGE_PASS)
        LOG_ERR(store->log, 0, "Redis is away: messages pass UNCHECKED (store.outage: pass)");
}

static void set_ready(struct store *store, bool ready)
{
    if (store->ready == ready)
        return;
    store->ready = ready;
    stat_set(store->metrics.redis_up, ready);
    records_set_away(store->records, !ready);
    if (!ready)
        warn_unchecked(store);
    store->ops->on_state(store->arg, ready);
}

static void on_down(void *arg)
{
    struct store *store = arg;
    sync_stop(store->sync);
    checks_disable(store->checks);
    checks_disable(store->lookups);
    set_ready(store, false);
}

static const struct redis_ops redis_ops = {on_up, on_down};

static void on_ready(void *arg, const char *dataset)
{
    struct store *store = arg;
    follow_ask(store->follow);
    if (checks_enable(store->checks, store->prefix, dataset) < 0 ||
        checks_enable(store->lookups, store->prefix, dataset) < 0) {
        redis_drop(store->redis, "out of memory");
        return;
    }
    LOG_INF(store->log, 0, "Redis is ready", "dataset", dataset);
    set_ready(store, true);
}

static void on_applied(void *arg, uint64_t seq)
{
    struct store *store = arg;
    store->applied = seq > store->applied ? seq : store->applied;
    records_applied(store->records, seq);
    follow_applied(store->follow, seq);
}

static uint64_t last_seq(void *arg)
{
    struct store *store = arg;
    return journal_seq(store->journal);
}

static const struct sync_ops sync_ops = {on_ready, on_applied, last_seq};

/* Answers. */

static void on_check(void *arg, struct flt_ticket ticket, const struct port_reply *reply,
                     uint64_t asked_us)
{
    struct store *store = arg;
    stat_add(store->metrics.checks, reply->n);
    histogram_add(store->metrics.latency, net_now_us(store->net) - asked_us);
    if (reply->pass_unchecked)
        stat_add(store->metrics.unchecked, 1);
    else if (reply->err)
        stat_add(store->metrics.refused, 1);
    store->ops->on_reply(store->arg, ticket, reply);
}

static void on_lookup(void *arg, struct flt_ticket ticket, const struct port_reply *reply,
                      uint64_t asked_us)
{
    struct store *store = arg;
    (void)ticket;
    (void)asked_us;
    records_looked_up(store->records, reply);
}

static void on_strange(void *arg)
{
    struct store *store = arg;
    redis_drop(store->redis, "it was emptied, or holds another data set");
}

static const struct checks_ops check_ops = {on_check, on_strange};
static const struct checks_ops lookup_ops = {on_lookup, on_strange};

static void on_record(void *arg, struct flt_ticket ticket, const struct port_reply *reply)
{
    struct store *store = arg;
    store->ops->on_reply(store->arg, ticket, reply);
}

static const struct records_ops record_ops = {on_record};

/* The journal. */

static void lost_note(struct store *store, int error)
{
    stat_add(store->metrics.notes_lost, 1);
    trouble_log(&store->trouble, store->log, LOG_ERROR, net_now_us(store->net),
                "events are lost that cannot be journaled", "error", strerror(-error));
}

static void on_journaled(void *arg, const struct journal_done *done)
{
    struct store *store = arg;
    static const struct event_op nothing = {.op = OP_NONE, .list = ""};
    struct applier *applier = sync_applier(store->sync);
    if (done->tag)
        records_journaled(store->records, done, applier);
    else if (done->error)
        lost_note(store, done->error);
    else if (applier)
        applier_offer(applier, done->seq, 0, &nothing, NULL, done->line, done->len);
}

static void on_journal_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct store *store = arg;
    journal_dispatch(store->journal, on_journaled, store);
}

static void note_now(void *arg, const struct event *event)
{
    struct store *store = arg;
    struct event_op op;
    event_op(event, &op);
    stat_add(store->metrics.events[event->type], 1);
    int error = op.op == OP_NONE ? journal_append(store->journal, event, 1, NULL)
                                 : records_add(store->records, event, 1, NULL, store->ready);
    if (error)
        lost_note(store, error);
}

/* The clock. */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct store *store = arg;
    uint64_t journaled = journal_seq(store->journal);
    if (store->ready) {
        health_queue_flush(store->health);
        if (++store->ticks % PROBE_TICKS == 0)
            checks_probe(store->checks);
    }
    follow_tick(store->follow);
    if (store->ready)
        follow_ask(store->follow);
    records_set_shared(store->records, follow_shared(store->follow));
    gather_tick(store->gather, net_unix_ms(store->net), GATHERED_STEP);
    stat_set(store->metrics.held, (int64_t)checks_waiting(store->checks));
    stat_set(store->metrics.journal_lag,
             journaled > store->applied ? (int64_t)(journaled - store->applied) : 0);
    stat_set(store->metrics.journal_healthy, journal_healthy(store->journal));
    stat_set(store->metrics.pending,
             (int64_t)overlay_count(store->overlay) + (int64_t)follow_count(store->follow));
    stat_set(store->metrics.health_waiting, (int64_t)health_queue_waiting(store->health));
}

/* Making and ending. */

static void configure(struct store *store, const struct conf_store *conf)
{
    uint64_t deadline = conf->deadline ? conf->deadline : 1;
    struct checks_conf checks = {.outage = (enum conf_outage)conf->outage,
                                 .hold_ms = conf->hold_for,
                                 .deadline_ms = deadline};
    struct checks_conf lookups = {.outage = OUTAGE_REJECT, .deadline_ms = deadline};
    store->outage = (enum conf_outage)conf->outage;
    redis_set_deadline(store->redis, deadline);
    checks_configure(store->checks, &checks);
    checks_configure(store->lookups, &lookups);
    records_set_wait(store->records, deadline < RECORD_WAIT_MS ? deadline : RECORD_WAIT_MS);
}

void store_reconfigure(struct store *store, const struct conf_store *conf)
{
    bool was_pass = store->outage == OUTAGE_PASS;
    configure(store, conf);
    if (!store->ready && !was_pass)
        warn_unchecked(store);
}

static bool make_redis(struct store *store, const struct conf_store *conf)
{
    struct redis_options options = {.address = conf->redis,
                                    .username = conf->username,
                                    .password = conf->password,
                                    .deadline_ms = conf->deadline};
    store->names = names_new(conf->prefix);
    store->overlay = overlay_new();
    store->redis = redis_new(store->net, &options, store->log, &redis_ops, store);
    if (!store->names || !store->overlay || !store->redis)
        return false;
    store->checks =
        checks_new(store->net, store->redis, store->names, store->overlay, &check_ops, store);
    store->lookups =
        checks_new(store->net, store->redis, store->names, store->overlay, &lookup_ops, store);
    store->health = health_queue_new(store->redis, store->prefix, store->metrics.health_dropped);
    store->gather = gather_new(GATHER_MAX, note_now, store);
    return store->checks && store->lookups && store->health && store->gather;
}

static bool make_rest(struct store *store, const struct conf_store *conf, struct stats *stats)
{
    struct records_options records = {.net = store->net,
                                      .journal = store->journal,
                                      .names = store->names,
                                      .overlay = store->overlay,
                                      .lookups = store->lookups};
    struct sync_options sync = {.redis = store->redis,
                                .net = store->net,
                                .log = store->log,
                                .stats = stats,
                                .journal_dir = store->dir,
                                .chain = journal_chain(store->journal),
                                .prefix = store->prefix,
                                .journal_start = journal_seq(store->journal),
                                .stream_length = conf->stream_length,
                                .allow_eviction = conf->allow_eviction};
    struct follow_options follow = {.net = store->net,
                                    .redis = store->redis,
                                    .names = store->names,
                                    .dir = store->dir,
                                    .chain = journal_chain(store->journal),
                                    .prefix = store->prefix,
                                    .own_last = journal_seq(store->journal)};
    struct timeval tick = {.tv_usec = TICK_MS * 1000};
    store->follow = follow_new(&follow);
    store->records = records_new(&records, &record_ops, store);
    store->sync = sync_new(&sync, &sync_ops, store);
    store->journal_event = event_new(net_base(store->net), journal_fd(store->journal),
                                     EV_READ | EV_PERSIST, on_journal_event, store);
    store->tick = event_new(net_base(store->net), -1, EV_PERSIST, on_tick, store);
    if (!store->follow || !store->records || !store->sync || !store->journal_event || !store->tick)
        return false;
    checks_follow(store->checks, store->follow);
    follow_tick(store->follow);
    records_set_shared(store->records, follow_shared(store->follow));
    event_add(store->journal_event, NULL);
    event_add(store->tick, &tick);
    return true;
}

static char *sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *sentence(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return text;
}

static char *complaint(const struct conf_store *conf)
{
    if (conf->redis.scheme != SCHEME_TCP && conf->redis.scheme != SCHEME_UNIX)
        return sentence("store.redis: %s: only tcp:// and unix: can be reached", conf->redis.text);
    if (strlen(conf->prefix) > LIST_PREFIX_MAX)
        return sentence("store.prefix: longer than %d octets", LIST_PREFIX_MAX);
    return NULL;
}

struct store *store_new(struct net *net, const struct conf_store *conf, struct log *log,
                        struct stats *stats, const struct store_ops *ops, void *arg, char **error)
{
    *error = complaint(conf);
    struct store *store = *error ? NULL : calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->net = net;
    store->log = log;
    store->ops = ops;
    store->arg = arg;
    store_metrics_init(&store->metrics, stats);
    store->prefix = strdup(conf->prefix);
    store->dir = strdup(conf->journal);
    if (store->prefix && store->dir)
        store->journal = journal_open(store->dir, "daemon", conf->segment_size, log, error);
    if (!store->journal)
        goto fail;
    if (!make_redis(store, conf) || !make_rest(store, conf, stats))
        goto fail;
    configure(store, conf);
    redis_start(store->redis);
    warn_unchecked(store);
    return store;
fail:
    if (!*error)
        *error = sentence("out of memory");
    store_free(store);
    return NULL;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    if (store->records && store->gather)
        gather_flush(store->gather);
    if (store->journal_event)
        event_free(store->journal_event);
    if (store->tick)
        event_free(store->tick);
    sync_free(store->sync);
    follow_free(store->follow);
    if (store->journal)
        journal_close(store->journal);
    records_free(store->records);
    checks_free(store->checks);
    checks_free(store->lookups);
    gather_free(store->gather);
    health_queue_free(store->health);
    redis_free(store->redis);
    overlay_free(store->overlay);
    names_free(store->names);
    free(store->prefix);
    free(store->dir);
    free(store);
}

bool store_ready(const struct store *store)
{
    return store->ready;
}

/* The ports. */

int store_check(struct store *store, const struct port_check *checks, unsigned n,
                struct flt_ticket ticket)
{
    return checks_add(store->checks, checks, n, ticket);
}

int store_record(struct store *store, const struct event *events, unsigned n,
                 struct flt_ticket ticket)
{
    int error = records_add(store->records, events, n, &ticket, store->ready);
    for (unsigned i = 0; i < n && error == 0; i++)
        stat_add(store->metrics.events[events[i].type], 1);
    return error;
}

void store_note(struct store *store, const struct event *event)
{
    struct event timed = *event;
    if (timed.time_ms == 0)
        timed.time_ms = net_unix_ms(store->net);
    if (timed.type == EVENT_blocked)
        gather_add(store->gather, &timed);
    else
        note_now(store, &timed);
}

void store_health(struct store *store, const struct port_health *health)
{
    health_queue_add(store->health, health, store->ready);
}
