/* What journals make of a Redis that lacks something of them. */
#include "proxy/store/dataset.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/kept_file.h"
#include "tests/proxy/store_fixture.h"

#define T0    UINT64_C(1735689600000)
#define FIRST UINT64_C(14155550000)

/* Keeps a file of `n` numbers from `first` on, `step` apart; its name goes into `sha`. */
static void keep_file(struct bench *b, uint64_t first, unsigned n, unsigned step,
                      char sha[SHA_HEX + 1])
{
    int error = 0;
    struct kept_writer *writer = kept_create(b->journal, &error);
    cr_assert(writer != NULL, "%s", strerror(-error));
    for (unsigned i = 0; i < n; i++) {
        uint64_t number = first + (uint64_t)i * step;
        cr_assert_eq(kept_add(writer, &number, 1), 0);
    }
    cr_assert_eq(kept_finish(writer, sha), 0);
}

static struct event import_of(const char *list, const char *sha, uint64_t time_ms)
{
    return (struct event){
        .type = EVENT_import, .time_ms = time_ms, .list = list, .file = sha, .count = 1};
}

static struct event single(enum event_type type, const char *number, uint64_t time_ms)
{
    return (struct event){.type = type, .time_ms = time_ms, .number = number, .list = "dnc"};
}

static struct event list_event(const char *action, uint64_t time_ms)
{
    return (struct event){.type = EVENT_list, .time_ms = time_ms, .list = "dnc", .action = action};
}

/* Opens the store on what the journals hold and checks it; then again after Redis is emptied. */
static void check_both_ways(struct bench *b, void (*check)(struct bench *b))
{
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    check(b);
    SAY(&b->server, "FLUSHALL");
    on_list(b, "dnc", 1);
    check(b);
    bench_close(b);
}

static void check_import(struct bench *b)
{
    cr_assert_eq(on_list(b, "dnc", FIRST), 1);
    cr_assert_eq(on_list(b, "dnc", FIRST + 7 * 4999), 1);
    cr_assert_eq(on_list(b, "dnc", FIRST + 1), 0);
    cr_assert_eq(on_list(b, "dnc", FIRST + 7), 0);  /* taken off later */
    cr_assert_eq(on_list(b, "dnc", FIRST + 14), 1); /* taken off before */
    cr_assert_eq(SAY_INT(&b->server, "HEXISTS sg:lists dnc"), 1);
}

Test(store_replay, an_import_goes_by_its_time_whatever_the_order_of_chains)
{
    char sha[SHA_HEX + 1];
    struct bench *b = bench_new(NULL);
    keep_file(b, FIRST, 5000, 7, sha);
    struct event events[] = {single(EVENT_optin, "14155550014", T0),
                             import_of("dnc", sha, T0 + 10)};
    struct event other[] = {single(EVENT_optin, "14155550007", T0 + 20)};
    journal_lines(b, "ctl", events, 2);
    journal_lines(b, "other", other, 1);
    check_both_ways(b, check_import);
    bench_free(b);
}

static void check_removal(struct bench *b)
{
    cr_assert_eq(on_list(b, "dnc", FIRST), 0);
    cr_assert_eq(on_list(b, "dnc", FIRST + 500), 0);
    cr_assert_eq(on_list(b, "dnc", FIRST + 900), 1); /* added after the removal */
}

Test(store_replay, a_removed_list_keeps_what_came_later)
{
    char sha[SHA_HEX + 1];
    struct bench *b = bench_new(NULL);
    keep_file(b, FIRST, 600, 1, sha);
    struct event events[] = {list_event("create", T0), import_of("dnc", sha, T0 + 1),
                             list_event("remove", T0 + 100)};
    struct event other[] = {single(EVENT_optout, "14155550500", T0 + 50),
                            single(EVENT_optout, "14155550900", T0 + 200)};
    journal_lines(b, "ctl", events, 3);
    journal_lines(b, "other", other, 2);
    check_both_ways(b, check_removal);
    bench_free(b);
}

Test(store_replay, a_list_is_described_until_it_is_removed)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    struct event create = list_event("create", 0), remove_it = list_event("remove", 0);
    create.reason = "national register";
    cr_assert_eq(store_record(b->store, &create, 1, ticket(b)), 0);
    RUN_UNTIL(&b->loop, b->n == 1);
    redisReply *reply = say(&b->server, "HGET sg:lists dnc");
    cr_assert(strstr(reply->str, "national register") != NULL);
    freeReplyObject(reply);
    struct event optout = single(EVENT_optout, "14155550100", 0);
    cr_assert_eq(store_record(b->store, &optout, 1, ticket(b)), 0);
    RUN_UNTIL(&b->loop, b->n == 2);
    usleep(2000); /* the removal is of a later millisecond */
    RUN_PASSES(&b->loop, 1);
    cr_assert_eq(store_record(b->store, &remove_it, 1, ticket(b)), 0);
    RUN_UNTIL(&b->loop, b->n == 3);
    RUN_UNTIL(&b->loop, SAY_INT(&b->server, "HEXISTS sg:lists dnc") == 0);
    cr_assert_eq(on_list(b, "dnc", FIRST + 100), 0);
    cr_assert(b->ready);
    bench_close(b);
    bench_free(b);
}

Test(store_replay, a_live_import_does_not_stop_traffic)
{
    char sha[SHA_HEX + 1];
    struct bench *b = bench_new(NULL);
    keep_file(b, FIRST, 100000, 3, sha);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    struct event events[] = {import_of("dnc", sha, 0)};
    uint32_t imported = b->next;
    cr_assert_eq(store_record(b->store, events, 1, ticket(b)), 0);
    unsigned asked = 0;
    while (!b->replies[imported].answered && SAY_INT(&b->server, "XLEN sg:events") == 0) {
        cr_assert_geq(on_list(b, "optout", FIRST), 0);
        cr_assert_lt(++asked, 5000);
    }
    RUN_UNTIL(&b->loop, SAY_INT(&b->server, "XLEN sg:events") == 1);
    cr_assert_eq(b->states, 1);
    cr_assert_eq(on_list(b, "dnc", FIRST + 3 * 99999), 1);
    bench_close(b);
    bench_free(b);
}

Test(store_replay, a_kept_file_that_is_missing_keeps_redis_away)
{
    char sha[SHA_HEX + 1], path[256];
    struct bench *b = bench_new(NULL);
    keep_file(b, FIRST, 100, 1, sha);
    struct event events[] = {import_of("dnc", sha, T0)};
    journal_lines(b, "ctl", events, 1);
    snprintf(path, sizeof path, "%s/imports/%s.gz", b->journal, sha);
    cr_assert_eq(unlink(path), 0);
    bench_open(b);
    RUN_UNTIL(&b->loop, logged(&b->loop, sha));
    RUN_PASSES(&b->loop, 20);
    cr_assert_not(b->ready);
    cr_assert_eq(logged(&b->loop, sha), 1);
    keep_file(b, FIRST, 100, 1, sha);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(on_list(b, "dnc", FIRST + 99), 1);
    bench_close(b);
    bench_free(b);
}

Test(store_replay, emptied_in_the_middle_of_a_rebuild)
{
    struct bench *b = bench_new(NULL);
    struct event *events = calloc(20000, sizeof *events);
    char(*numbers)[24] = calloc(20000, sizeof *numbers);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(numbers[i], sizeof numbers[i], "1415%07u", i);
        events[i] = single(EVENT_optout, numbers[i], T0 + i);
    }
    journal_lines(b, "ctl", events, 20000);
    bench_open(b);
    RUN_UNTIL(&b->loop, SAY_INT(&b->server, "XLEN sg:events") > 5000);
    cr_assert_not(b->ready);
    SAY(&b->server, "FLUSHALL");
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(on_list(b, "dnc", 14150000000), 1);
    cr_assert_eq(on_list(b, "dnc", 14150019999), 1);
    bench_close(b);
    free(events);
    free(numbers);
    bench_free(b);
}

Test(store_replay, what_is_decided_of_data_sets)
{
    struct bench *b = bench_new(NULL);
    struct dataset_chains chains;
    enum dataset_plan plan;
    struct event event = single(EVENT_optout, "14155550100", T0);
    static const char name[] = "0123456789abcdef", other[] = "fedcba9876543210";
    cr_assert_eq(dataset_decide(b->journal, "", &chains, &plan), 0);
    cr_assert_eq(plan, DATASET_BEGIN);
    cr_assert_eq(chains.n, 0);
    dataset_chains_free(&chains);

    journal_lines(b, "ctl", &event, 1);
    cr_assert_eq(dataset_decide(b->journal, "", &chains, &plan), 0);
    cr_assert_eq(plan, DATASET_REBUILD);
    cr_assert(chains.v[0].again);
    cr_assert_eq(dataset_remember(b->journal, chains.v[0].name, name), 0);
    dataset_chains_free(&chains);

    cr_assert_eq(dataset_decide(b->journal, name, &chains, &plan), 0);
    cr_assert_eq(plan, DATASET_FOLLOW);
    cr_assert_not(chains.v[0].again);
    dataset_chains_free(&chains);

    cr_assert_eq(dataset_decide(b->journal, other, &chains, &plan), 0);
    cr_assert_eq(plan, DATASET_FOLLOW);
    cr_assert(chains.v[0].again);
    cr_assert_str_eq(chains.v[0].remembered, name);
    dataset_chains_free(&chains);
    cr_assert_not(dataset_name_ok("0123456789abcdeG", 16));
    cr_assert_not(dataset_name_ok("0123", 4));
    bench_free(b);
}

Test(store_replay, a_journal_that_lost_its_end_is_not_skipped)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    record_wait(b, EVENT_optout, "14155550100", T0);
    redisReply *chain = say(&b->server, "HKEYS sg:applied");
    SAY(&b->server, "HSET sg:applied %s 1000", chain->element[0]->str);
    freeReplyObject(chain);
    bench_close(b);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(logged(&b->loop, "our journal has lost"), 1);
    record_wait(b, EVENT_optout, "14155550101", T0);
    cr_assert_eq(on_list(b, "optout", 14155550101), 1);
    bench_close(b);
    bench_free(b);
}
