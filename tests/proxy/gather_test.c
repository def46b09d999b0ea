#include "proxy/store/gather.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MINUTE UINT64_C(60000)

struct seen {
    unsigned n;
    uint64_t count, last_count;
    char last[32];
};

static void emit(void *arg, const struct event *event)
{
    struct seen *seen = arg;
    seen->n++;
    seen->last_count = event->count;
    seen->count += event->count ? event->count : 1;
    snprintf(seen->last, sizeof seen->last, "%s", event->number);
}

static struct event blocked(const char *number, const char *sender, uint64_t time_ms)
{
    return (struct event){.type = EVENT_blocked,
                          .time_ms = time_ms,
                          .number = number,
                          .sender = sender,
                          .list = "optout",
                          .reason = "r"};
}

Test(gather, the_first_at_once_the_rest_when_the_minute_is_over)
{
    struct seen seen = {0};
    struct gather *gather = gather_new(100, emit, &seen);
    for (unsigned i = 0; i < 5; i++) {
        struct event event = blocked("14155550100", "SHOP", 10 * MINUTE + i);
        gather_add(gather, &event);
    }
    cr_assert_eq(seen.n, 1);
    cr_assert_eq(seen.last_count, 0);
    gather_tick(gather, 10 * MINUTE + 59999, 100);
    cr_assert_eq(seen.n, 1);
    gather_tick(gather, 11 * MINUTE, 100);
    cr_assert_eq(seen.n, 2);
    cr_assert_eq(seen.last_count, 4);
    gather_tick(gather, 12 * MINUTE, 100);
    cr_assert_eq(seen.n, 2);
    gather_free(gather);
}

Test(gather, numbers_senders_and_minutes_are_kept_apart)
{
    struct seen seen = {0};
    struct gather *gather = gather_new(100, emit, &seen);
    struct event events[] = {
        blocked("14155550100", "SHOP", MINUTE), blocked("14155550101", "SHOP", MINUTE),
        blocked("14155550100", NULL, MINUTE), blocked("14155550100", "SHOP", 2 * MINUTE)};
    for (unsigned i = 0; i < 4; i++)
        gather_add(gather, &events[i]);
    cr_assert_eq(seen.n, 4);
    gather_flush(gather);
    cr_assert_eq(seen.n, 4);
    gather_free(gather);
}

Test(gather, a_full_table_lets_the_oldest_go_early_and_loses_nothing)
{
    struct seen seen = {0};
    struct gather *gather = gather_new(10, emit, &seen);
    for (unsigned i = 0; i < 1000; i++) {
        char number[24];
        snprintf(number, sizeof number, "1415555%04u", i % 100);
        struct event event = blocked(number, "SHOP", MINUTE);
        for (unsigned repeat = 0; repeat < 3; repeat++)
            gather_add(gather, &event);
    }
    gather_flush(gather);
    cr_assert_eq(seen.count, 3000);
    gather_free(gather);
}

Test(gather, a_tick_does_not_do_everything_at_once)
{
    struct seen seen = {0};
    struct gather *gather = gather_new(100, emit, &seen);
    for (unsigned i = 0; i < 20; i++) {
        char number[24];
        snprintf(number, sizeof number, "1415555%04u", i);
        struct event event = blocked(number, "SHOP", MINUTE);
        gather_add(gather, &event);
        gather_add(gather, &event);
    }
    gather_tick(gather, 3 * MINUTE, 15);
    cr_assert_eq(seen.n, 35);
    gather_tick(gather, 3 * MINUTE, 15);
    cr_assert_eq(seen.n, 40);
    gather_free(gather);
}

Test(gather, what_is_left_may_be_given_up)
{
    struct seen seen = {0};
    struct gather *gather = gather_new(100, emit, &seen);
    struct event event = blocked("14155550100", "SHOP", MINUTE);
    gather_add(gather, &event);
    gather_add(gather, &event);
    gather_free(gather);
    gather_free(NULL);
    cr_assert_eq(seen.n, 1);
}
