#include "tests/proxy/store_fixture.h"

#include "proxy/store/checks.h"

#include <sys/resource.h>

#define N1 UINT64_C(14155550100)
#define N2 UINT64_C(14155550101)
#define T0 UINT64_C(1735689600000)

Test(store, an_optout_is_in_force_when_it_is_answered)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert(store_ready(b->store));
    cr_assert_eq(on_list(b, "optout", N1), 0);
    struct reply reply = record_wait(b, EVENT_optout, "14155550100", T0);
    cr_assert_eq(reply.err, 0);
    cr_assert_not(reply.repeated);
    cr_assert_eq(SAY_INT(&b->server, "SISMEMBER sg:list:optout:1415555 100"), 1);
    cr_assert_eq(SAY_INT(&b->server, "HEXISTS sg:mark:optout:1415555 100"), 1);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 1);
    cr_assert_eq(SAY_INT(&b->server, "TTL sg:list:optout:1415555"), -1);
    cr_assert_eq(on_list(b, "optout", N1), 1);
    cr_assert_eq(on_list(b, "optout", N2), 0);
    cr_assert_eq(record_wait(b, EVENT_optin, "14155550100", T0 + 1).err, 0);
    cr_assert_eq(on_list(b, "optout", N1), 0);
    bench_close(b);
    bench_free(b);
}

Test(store, many_questions_in_order_in_one_write)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    for (unsigned i = 0; i < 5000; i += 3)
        SAY(&b->server, "SADD sg:list:optout:%u %u", 1415555, i);
    RUN_PASSES(&b->loop, 2);
    unsigned before = b->n;
    for (unsigned i = 0; i < 5000; i++)
        ask(b, "optout", UINT64_C(14155550000) + i);
    RUN_UNTIL(&b->loop, b->n == before + 5000);
    for (unsigned i = 0; i < 5000; i++) {
        cr_assert_eq(b->order[before + i], before + i);
        cr_assert_eq(b->replies[before + i].hits, i % 3 == 0, "number %u", i);
    }
    bench_close(b);
    bench_free(b);
}

Test(store, one_question_may_be_of_many_numbers)
{
    struct bench *b = bench_new(NULL);
    struct port_check checks[60];
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    SAY(&b->server, "SADD sg:list:bounced:0 411 7");
    for (unsigned i = 0; i < 60; i++)
        checks[i] = (struct port_check){.list = i & 1 ? "bounced" : "optout",
                                        .number = i == 33 ? 411 : 1000 + i};
    struct flt_ticket t = ticket(b);
    cr_assert_eq(store_check(b->store, checks, 60, t), 0);
    cr_assert_neq(store_check(b->store, checks, 0, t), 0);
    cr_assert_neq(store_check(b->store, checks, PORT_CHECKS_MAX + 1, t), 0);
    RUN_UNTIL(&b->loop, b->n == 1);
    cr_assert_eq(b->replies[t.slot].hits, UINT64_C(1) << 33);
    bench_close(b);
    bench_free(b);
}

Test(store, what_changes_nothing_is_not_journaled_again)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_not(record_wait(b, EVENT_optout, "14155550100", T0).repeated);
    cr_assert(record_wait(b, EVENT_optout, "14155550100", T0 + 5).repeated);
    cr_assert(record_wait(b, EVENT_optin, "14155550101", T0 + 5).repeated);
    /* The same while it is under way: both are answered, one is evidence. */
    uint32_t first = record(b, EVENT_optout, "14155550102", T0);
    uint32_t second = record(b, EVENT_optout, "14155550102", T0);
    RUN_UNTIL(&b->loop, b->n == 5);
    cr_assert_not(b->replies[first].repeated);
    cr_assert(b->replies[second].repeated);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 2);
    /* A change back is none of that. */
    first = record(b, EVENT_optout, "14155550103", T0);
    second = record(b, EVENT_optin, "14155550103", T0 + 1);
    RUN_UNTIL(&b->loop, b->n == 7);
    cr_assert_not(b->replies[second].repeated);
    cr_assert_eq(on_list(b, "optout", 14155550103), 0);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 4);
    bench_close(b);
    bench_free(b);
}

Test(store, an_older_event_never_undoes_a_newer_one)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    record_wait(b, EVENT_optout, "14155550100", T0 + 100);
    record_wait(b, EVENT_optin, "14155550100", T0 + 50);
    cr_assert_eq(on_list(b, "optout", N1), 1);
    bench_close(b);
    /* And not from another journal either: of the same time, the restriction wins. */
    struct event late[] = {
        {.type = EVENT_optin, .number = "14155550100", .list = "optout", .time_ms = T0 + 100},
        {.type = EVENT_optout, .number = "14155550101", .list = "optout", .time_ms = T0},
    };
    journal_lines(b, "ctl", late, 2);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(on_list(b, "optout", N1), 1);
    cr_assert_eq(on_list(b, "optout", N2), 1);
    bench_close(b);
    bench_free(b);
}

Test(store, redis_away_the_journal_counts_and_is_applied_once)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    record_wait(b, EVENT_optout, "14155550100", T0);
    SAY(&b->server, "SAVE");
    server_kill(&b->server);
    RUN_UNTIL(&b->loop, !b->ready);
    cr_assert_eq(record_wait(b, EVENT_optout, "14155550101", T0 + 1).err, 0);
    uint32_t held = ask(b, "optout", N2);
    unsigned before = b->n;
    RUN_PASSES(&b->loop, 20);
    cr_assert_eq(b->n, before);
    server_start(&b->server, NULL);
    RUN_UNTIL(&b->loop, b->n > before);
    cr_assert_eq(b->replies[held].err, 0);
    cr_assert_eq(b->replies[held].hits, 1);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 2);
    bench_close(b);
    /* Another start applies nothing twice. */
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 2);
    bench_close(b);
    bench_free(b);
}

Test(store, an_emptied_redis_never_reads_as_nobody)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    for (unsigned i = 0; i < 300; i++) {
        char number[24];
        snprintf(number, sizeof number, "1415555%04u", i);
        record(b, EVENT_optout, number, T0 + i);
    }
    RUN_UNTIL(&b->loop, b->n == 300);
    for (unsigned round = 0; round < 3; round++) {
        unsigned before = b->n;
        SAY(&b->server, "FLUSHALL");
        for (unsigned i = 0; i < 300; i++)
            ask(b, "optout", UINT64_C(14155550000) + i);
        RUN_UNTIL(&b->loop, b->n == before + 300);
        for (unsigned i = 0; i < 300; i++)
            cr_assert_eq(b->replies[b->order[before + i]].hits, 1);
    }
    cr_assert_geq(b->states, 7);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 300);
    bench_close(b);
    bench_free(b);
}

Test(store, an_emptied_redis_is_noticed_by_an_optout_too)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    record_wait(b, EVENT_optout, "14155550100", T0);
    SAY(&b->server, "FLUSHALL");
    cr_assert_eq(record_wait(b, EVENT_optout, "14155550101", T0).err, 0);
    cr_assert_eq(on_list(b, "optout", N1), 1);
    cr_assert_eq(on_list(b, "optout", N2), 1);
    bench_close(b);
    bench_free(b);
}

Test(store, another_data_set_gets_the_whole_journal)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    record_wait(b, EVENT_optout, "14155550100", T0);
    SAY(&b->server, "FLUSHALL");
    SAY(&b->server, "SET sg:dataset 0123456789abcdef");
    cr_assert_eq(on_list(b, "optout", N1), 1);
    cr_assert(SAY_IS(&b->server, "0123456789abcdef", "GET sg:dataset"));
    bench_close(b);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(logged(&b->loop, "applied before anything"), 0);
    bench_close(b);
    bench_free(b);
}

Test(store, a_redis_that_hangs_is_away)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    kill(b->server.pid, SIGSTOP);
    uint32_t slot = ask(b, "optout", N1);
    record(b, EVENT_optout, "14155550100", T0);
    RUN_UNTIL(&b->loop, !b->ready && b->n == 1);
    kill(b->server.pid, SIGCONT);
    RUN_UNTIL(&b->loop, b->n == 2);
    cr_assert_eq(b->replies[slot].err, 0);
    cr_assert_eq(b->replies[slot].hits, 1);
    bench_close(b);
    bench_free(b);
}

Test(store, what_is_held_too_long_is_given_up)
{
    struct bench *b = bench_new(NULL);
    b->conf.hold_for = 100;
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    server_kill(&b->server);
    RUN_UNTIL(&b->loop, !b->ready);
    cr_assert_eq(on_list(b, "optout", N1), -ETIMEDOUT);
    bench_close(b);
    bench_free(b);
}

Test(store, what_waits_is_bounded)
{
    struct bench *b = bench_new(NULL);
    struct port_check *checks = calloc(PORT_CHECKS_MAX, sizeof *checks);
    unsigned n = 0;
    for (unsigned i = 0; i < PORT_CHECKS_MAX; i++)
        checks[i] = (struct port_check){.list = "optout", .number = N1 + i};
    bench_open(b);
    while (store_check(b->store, checks, PORT_CHECKS_MAX, ticket(b)) == 0)
        n++;
    cr_assert_eq(n, CHECKS_MAX / PORT_CHECKS_MAX);
    cr_assert_eq(store_check(b->store, checks, PORT_CHECKS_MAX, ticket(b)), -EAGAIN);
    RUN_UNTIL(&b->loop, b->n == n);
    cr_assert_eq(on_list(b, "optout", N1), 0);
    bench_close(b);
    free(checks);
    bench_free(b);
}

Test(store, a_journal_that_cannot_be_written_leaves_no_trace)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    record_wait(b, EVENT_optout, "14155550102", T0);
    struct rlimit old, none = {0, 0};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    none.rlim_max = old.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct reply reply = record_wait(b, EVENT_optout, "14155550100", T0);
    cr_assert_eq(reply.err, -EIO);
    uint32_t first = record(b, EVENT_optout, "14155550101", T0);
    uint32_t second = record(b, EVENT_optout, "14155550101", T0);
    RUN_UNTIL(&b->loop, b->replies[first].answered && b->replies[second].answered);
    cr_assert_eq(b->replies[first].err, -EIO);
    cr_assert_eq(b->replies[second].err, -EIO);
    cr_assert_eq(on_list(b, "optout", N1), 0);
    cr_assert_eq(on_list(b, "optout", N2), 0);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    cr_assert_eq(record_wait(b, EVENT_optout, "14155550100", T0).err, 0);
    cr_assert_eq(on_list(b, "optout", N1), 1);
    bench_close(b);
    bench_free(b);
}

Test(store, what_was_applied_on_the_way_is_no_longer_pending)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    server_kill(&b->server);
    RUN_UNTIL(&b->loop, !b->ready);
    record_wait(b, EVENT_optout, "14155550100", T0);
    server_start(&b->server, NULL);
    RUN_UNTIL(&b->loop, b->ready);
    SAY(&b->server, "SREM sg:list:optout:1415555 100");
    cr_assert_eq(on_list(b, "optout", N1), 0);
    bench_close(b);
    bench_free(b);
}

Test(store, reject_answers_at_once)
{
    struct bench *b = bench_new(NULL);
    b->conf.outage = OUTAGE_REJECT;
    bench_open(b);
    cr_assert_eq(on_list(b, "optout", N1), -ENOTCONN);
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(on_list(b, "optout", N1), 0);
    bench_close(b);
    bench_free(b);
}

Test(store, pass_is_loud_and_still_knows_what_this_process_heard)
{
    struct bench *b = bench_new(NULL);
    b->conf.outage = OUTAGE_PASS;
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    server_kill(&b->server);
    RUN_UNTIL(&b->loop, !b->ready);
    cr_assert_eq(record_wait(b, EVENT_optout, "14155550100", T0).err, 0);
    cr_assert_eq(on_list(b, "optout", N1), 1);
    cr_assert_eq(on_list(b, "optout", N2), -ENOTCONN);
    cr_assert(b->replies[b->order[b->n - 1]].unchecked);
    cr_assert_eq(logged(&b->loop, "UNCHECKED"), 2);
    bench_close(b);
    bench_free(b);
}

Test(store, a_server_that_evicts_is_refused)
{
    static const char *const evicting[] = {"--maxmemory-policy", "allkeys-lru", NULL};
    struct bench *b = bench_new(evicting);
    bench_open(b);
    RUN_UNTIL(&b->loop, logged(&b->loop, "may drop opt-outs"));
    RUN_PASSES(&b->loop, 30);
    cr_assert_not(b->ready);
    cr_assert_eq(logged(&b->loop, "may drop opt-outs"), 1);
    bench_close(b);
    b->conf.allow_eviction = true;
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    bench_close(b);
    bench_free(b);
}

Test(store, a_replica_is_refused)
{
    static const char *const replica[] = {"--replicaof", "127.0.0.1 1", NULL};
    struct bench *b = bench_new(replica);
    bench_open(b);
    RUN_UNTIL(&b->loop, logged(&b->loop, "replica"));
    cr_assert_not(b->ready);
    bench_close(b);
    bench_free(b);
}

Test(store, config_may_be_forbidden)
{
    struct bench *b = bench_new(NULL);
    SAY(&b->server, "ACL SETUSER gate on >pw ~* +@all -config");
    b->conf.username = "gate";
    b->conf.password = "pw";
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    bench_close(b);
    bench_free(b);
}

Test(store, scripts_may_be_flushed)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    SAY(&b->server, "SCRIPT FLUSH");
    cr_assert_eq(record_wait(b, EVENT_optout, "14155550100", T0).err, 0);
    RUN_UNTIL(&b->loop, SAY_INT(&b->server, "SISMEMBER sg:list:optout:1415555 100") == 1);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 1);
    bench_close(b);
    bench_free(b);
}

Test(store, notes_reach_the_stream_and_blocks_are_gathered)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    RUN_UNTIL(&b->loop, b->ready);
    struct event help = {.type = EVENT_help, .number = "14155550100"};
    struct event blocked = {.type = EVENT_blocked, .number = "14155550100", .list = "optout"};
    struct event bounce = {.type = EVENT_bounce, .number = "14155550101"};
    store_note(b->store, &help);
    for (unsigned i = 0; i < 50; i++)
        store_note(b->store, &blocked);
    store_note(b->store, &bounce);
    RUN_UNTIL(&b->loop, SAY_INT(&b->server, "XLEN sg:events") >= 3);
    cr_assert_eq(on_list(b, "bounced", N2), 1);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 3);
    bench_close(b);
    bench_open(b); /* the rest was journaled when the store was closed */
    RUN_UNTIL(&b->loop, b->ready);
    cr_assert_eq(SAY_INT(&b->server, "XLEN sg:events"), 4);
    bench_close(b);
    bench_free(b);
}

Test(store, health_is_added_up)
{
    struct bench *b = bench_new(NULL);
    bench_open(b);
    for (unsigned i = 0; i < 2000; i++) {
        struct port_health sent = {.kind = HEALTH_SENT, .number = N1 + i % 1000, .time_ms = T0};
        store_health(b->store, &sent);
    }
    RUN_UNTIL(&b->loop, b->ready);
    RUN_UNTIL(&b->loop, SAY_INT(&b->server, "HLEN sg:health:14155550") +
                                SAY_INT(&b->server, "HLEN sg:health:14155551") ==
                            1000);
    bench_close(b);
    bench_free(b);
}

Test(store, its_faults_are_sentences)
{
    struct bench *b = bench_new(NULL);
    char *error = NULL;
    b->stats = stats_new();
    loop_new(&b->loop);
    b->conf.redis.scheme = SCHEME_SENTINEL;
    cr_assert_null(store_new(b->loop.net, &b->conf, b->loop.log, b->stats, &bench_ops, b, &error));
    cr_assert(strstr(error, "store.redis") != NULL);
    free(error);
    b->conf.redis.scheme = SCHEME_UNIX;
    b->conf.journal = "/proc/nowhere";
    cr_assert_null(store_new(b->loop.net, &b->conf, b->loop.log, b->stats, &bench_ops, b, &error));
    cr_assert(strstr(error, "/proc/nowhere") != NULL);
    free(error);
    loop_free(&b->loop);
    stats_free(b->stats);
    bench_free(b);
}
