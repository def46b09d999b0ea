/* Messages that are held: places, tickets and what goes with them. */
#include "proxy/relay/held.h"
#include "filters/registry.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A snapshot that outlives the test: the pool only counts references to it. */
static struct conf *snapshot(struct conf *conf)
{
    *conf = (struct conf){.references = 1};
    return conf;
}

static struct held *take(struct held_pool *pool, struct conf *conf)
{
    struct held *held = held_take(pool, conf, 64);

    cr_assert_not_null(held);
    return held;
}

Test(held, holds_as_many_as_it_says)
{
    static const uint32_t limits[] = {1, 2, 255, 256, 257, 1000};
    struct conf conf;

    snapshot(&conf);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct held_pool *pool = held_pool_new(limits[i]);
        struct held **all = calloc(limits[i], sizeof *all);

        for (uint32_t n = 0; n < limits[i]; n++) {
            cr_assert_eq(held_count(pool), n);
            all[n] = take(pool, &conf);
        }
        cr_assert_null(held_take(pool, &conf, 64), "limit %u", limits[i]);
        held_release(pool, all[limits[i] / 2]);
        all[limits[i] / 2] = take(pool, &conf);
        cr_assert_null(held_take(pool, &conf, 64));
        for (uint32_t n = 0; n < limits[i]; n++)
            held_release(pool, all[n]);
        cr_assert_eq(held_count(pool), 0);
        cr_assert_eq(conf.references, 1);
        free(all);
        held_pool_free(pool);
    }
}

Test(held, a_pool_of_nothing)
{
    struct held_pool *pool = held_pool_new(0);
    struct conf conf;

    cr_assert_not_null(pool);
    cr_assert_null(held_take(pool, snapshot(&conf), 64));
    cr_assert_eq(conf.references, 1);
    held_pool_free(pool);
    held_pool_free(NULL);
}

Test(held, a_ticket_names_its_message)
{
    struct held_pool *pool = held_pool_new(1000);
    struct held *all[1000];
    struct conf conf;

    snapshot(&conf);
    for (unsigned i = 0; i < 1000; i++)
        all[i] = take(pool, &conf);
    for (unsigned i = 0; i < 1000; i++) {
        cr_assert_eq(held_find(pool, all[i]->ticket), all[i]);
        cr_assert_eq(held_at(pool, all[i]->ticket.slot), all[i]);
    }
    for (unsigned i = 0; i < 1000; i++)
        held_release(pool, all[i]);
    held_pool_free(pool);
}

Test(held, a_ticket_outlives_its_message_and_names_nothing)
{
    struct held_pool *pool = held_pool_new(1);
    struct flt_ticket old[100];
    struct conf conf;

    snapshot(&conf);
    for (unsigned i = 0; i < 100; i++) {
        struct held *held = take(pool, &conf);

        for (unsigned j = 0; j < i; j++)
            cr_assert_null(held_find(pool, old[j]), "an answer for somebody who is gone");
        old[i] = held->ticket;
        held_release(pool, held);
        cr_assert_null(held_find(pool, old[i]));
    }
    held_pool_free(pool);
}

Test(held, tickets_from_nowhere_name_nothing)
{
    struct held_pool *pool = held_pool_new(1000);
    struct conf conf;

    cr_assert_null(held_find(pool, (struct flt_ticket){0, 1}), "nothing was ever held");
    held_release(pool, take(pool, snapshot(&conf)));
    cr_assert_null(held_find(pool, (struct flt_ticket){256, 1}));
    cr_assert_null(held_find(pool, (struct flt_ticket){UINT32_MAX, 1}));
    cr_assert_null(held_find(pool, (struct flt_ticket){0, 0}));
    held_pool_free(pool);
}

Test(held, the_snapshot_is_referenced_while_held)
{
    struct held_pool *pool = held_pool_new(10);
    struct held *a, *b;
    struct conf conf;

    a = take(pool, snapshot(&conf));
    b = take(pool, &conf);
    cr_assert_eq(a->conf, &conf);
    cr_assert_eq(conf.references, 3);
    held_release(pool, b);
    cr_assert_eq(conf.references, 2);
    held_release(pool, a);
    cr_assert_eq(conf.references, 1);
    held_pool_free(pool);
}

Test(held, there_is_room_for_any_run)
{
    static const size_t sizes[] = {16, 1000, 100, 5000, 5000, 1};
    struct held_pool *pool = held_pool_new(1);
    struct conf conf;

    snapshot(&conf);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct held *held = held_take(pool, &conf, sizes[i]);

        cr_assert_not_null(held);
        memset(held->run, 0xA5, sizes[i]);
        held_release(pool, held);
    }
    held_pool_free(pool);
}

Test(held, what_is_taken_is_clean)
{
    struct held_pool *pool = held_pool_new(1);
    struct held *held;
    struct conf conf;

    held = take(pool, snapshot(&conf));
    held->unsuccess = calloc(3, sizeof *held->unsuccess);
    held->unsuccess_octets = malloc(100);
    held->unsuccess_count = 3;
    held_release(pool, held);
    held = take(pool, &conf);
    cr_assert_null(held->unsuccess);
    cr_assert_null(held->unsuccess_octets);
    cr_assert_eq(held->unsuccess_count, 0);
    cr_assert_not(held->running);
    cr_assert_null(held->next);
    held_release(pool, held);
    held_pool_free(pool);
}

static uint64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1;
}

/* The health filter keeps memory until its run is ended. */
Test(held, a_run_is_ended_with_its_message)
{
    const struct chain_step step = {.ops = registry_find("health")};
    struct chain *chain = chain_new(&step, 1);
    struct held_pool *pool = held_pool_new(1);
    const struct flt_world world = {.region = ""};
    const struct flt_origin origin = {.account = "shop1"};
    const struct flt_ports ports = {.now_ms = now_ms};
    struct chain_counts counts[8] = {0};
    struct chain_env env = {.world = &world,
                            .origin = &origin,
                            .ports = &ports,
                            .phone = phone_new(),
                            .counts = counts};
    struct smpp_msg msg = {.header = {.command_id = SMPP_submit_multi},
                           .dest_count = 1,
                           .dests = {(const uint8_t *)"\1\1\00114155550100", 15}};
    struct held *held;
    struct conf conf;

    held = held_take(pool, snapshot(&conf), chain_run_size(chain));
    cr_assert_not_null(held);
    held->running = true;
    cr_assert_eq(chain_start(chain, held->run, &env, &msg, held->ticket), FLT_PASS);
    held_release(pool, held);
    cr_assert_not(held->running);
    held_pool_free(pool);
    phone_free(env.phone);
    chain_free(chain);
}
