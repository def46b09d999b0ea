/* For tests of the store: one on a loop, with a journal directory and a Redis of its own. */
#ifndef TESTS_PROXY_STORE_FIXTURE_H
#define TESTS_PROXY_STORE_FIXTURE_H

#include "proxy/store/journal.h"
#include "proxy/store/store.h"
#include "tests/proxy/redis_fixture.h"

#include <errno.h>

#define ANSWERS_MAX 8192u

struct reply {
    int err;
    bool answered, repeated, unchecked;
    uint64_t hits;
};

struct bench {
    struct server server;
    struct loop loop;
    struct stats *stats;
    struct store *store;
    struct conf_store conf;
    char uri[128], journal[64];
    bool ready;
    unsigned states; /* changes of ready */
    struct reply replies[ANSWERS_MAX];
    uint32_t order[ANSWERS_MAX]; /* slots, as they were answered */
    unsigned n;                  /* answers */
    uint32_t next;               /* slot of the next question */
};

static inline void bench_reply(void *arg, struct flt_ticket ticket, const struct port_reply *reply)
{
    struct bench *bench = arg;
    cr_assert(bench->n < ANSWERS_MAX && ticket.slot < ANSWERS_MAX);
    cr_assert_eq(ticket.generation, ticket.slot ^ 77);
    bench->order[bench->n++] = ticket.slot;
    bench->replies[ticket.slot] = (struct reply){.answered = true,
                                                 .err = reply->err,
                                                 .repeated = reply->repeated,
                                                 .unchecked = reply->pass_unchecked,
                                                 .hits = reply->n ? reply->hits[0] : 0};
}

static inline void bench_state(void *arg, bool ready)
{
    struct bench *bench = arg;
    bench->ready = ready;
    bench->states++;
}

static const struct store_ops bench_ops = {bench_reply, bench_state};

static inline void bench_open(struct bench *bench)
{
    char *error = NULL;
    bench->stats = stats_new();
    bench->ready = false;
    loop_new(&bench->loop);
    bench->store = store_new(bench->loop.net, &bench->conf, bench->loop.log, bench->stats,
                             &bench_ops, bench, &error);
    cr_assert(bench->store != NULL, "%s", error);
}

static inline void bench_close(struct bench *bench)
{
    store_free(bench->store);
    loop_free(&bench->loop);
    stats_free(bench->stats);
}

static inline struct bench *bench_new(const char *const *redis_options)
{
    struct bench *bench = calloc(1, sizeof *bench);
    server_new(&bench->server, redis_options);
    strcpy(bench->journal, "/tmp/stopgate-store-XXXXXX");
    cr_assert(mkdtemp(bench->journal) != NULL);
    snprintf(bench->uri, sizeof bench->uri, "unix:%s", bench->server.socket);
    bench->conf = (struct conf_store){
        .redis = {.scheme = SCHEME_UNIX, .text = bench->uri, .host = bench->server.socket},
        .prefix = "sg:",
        .journal = bench->journal,
        .outage = OUTAGE_HOLD,
        .hold_for = 60000,
        .deadline = 300,
        .segment_size = 1 << 20,
        .stream_length = 100000};
    return bench;
}

static inline void bench_free(struct bench *bench)
{
    server_free(&bench->server);
    remove_tree(bench->journal);
    free(bench);
}

static inline struct flt_ticket ticket(struct bench *bench)
{
    uint32_t slot = bench->next++;
    return (struct flt_ticket){.slot = slot, .generation = slot ^ 77};
}

/* Asks, and returns the slot of the answer. */
static inline uint32_t ask(struct bench *bench, const char *list, uint64_t number)
{
    struct port_check check = {.list = list, .number = number};
    struct flt_ticket t = ticket(bench);
    cr_assert_eq(store_check(bench->store, &check, 1, t), 0);
    return t.slot;
}

/* Asks and waits; -errno, or whether the number is on the list. */
static inline int on_list(struct bench *bench, const char *list, uint64_t number)
{
    uint32_t slot = ask(bench, list, number);
    RUN_UNTIL(&bench->loop, bench->replies[slot].answered);
    return bench->replies[slot].err ? bench->replies[slot].err
                                    : (int)(bench->replies[slot].hits & 1);
}

static inline uint32_t record(struct bench *bench, enum event_type type, const char *number,
                              uint64_t time_ms)
{
    struct event event = {.type = type,
                          .source = EVENT_SOURCE_reply,
                          .time_ms = time_ms,
                          .number = number,
                          .list = "optout",
                          .sender = "SHOP"};
    struct flt_ticket t = ticket(bench);
    cr_assert_eq(store_record(bench->store, &event, 1, t), 0);
    return t.slot;
}

static inline struct reply record_wait(struct bench *bench, enum event_type type,
                                       const char *number, uint64_t time_ms)
{
    uint32_t slot = record(bench, type, number, time_ms);
    RUN_UNTIL(&bench->loop, bench->replies[slot].answered);
    return bench->replies[slot];
}

/* Lines that a writer of its own adds to the journal directory; `kind` names its chain. */
static inline void journal_lines(struct bench *bench, const char *kind, const struct event *events,
                                 unsigned n)
{
    struct log *log = log_new(2, LOG_ERROR);
    char *error = NULL;
    struct journal *journal = journal_open(bench->journal, kind, 1 << 20, log, &error);
    cr_assert(journal != NULL, "%s", error);
    for (unsigned i = 0; i < n; i++)
        cr_assert_eq(journal_append(journal, &events[i], 1, NULL), 0);
    journal_close(journal);
    log_free(log);
}

#endif
