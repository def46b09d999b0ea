/* The loop: hooks at the end of a pass, clocks, stopping. */
#include "tests/proxy/net_rig.h"

struct told {
    struct rig *rig;
    struct owner *owner;
    struct net_hook hook, second;
    unsigned runs, second_runs, again;
};

static void run_hook(void *arg)
{
    struct told *told = arg;

    told->runs++;
    if (told->owner != NULL)
        owner_say(told->owner, "hook", 4);
    if (told->runs <= told->again)
        net_hook_arm(told->rig->net, &told->hook);
}

static void run_second(void *arg)
{
    struct told *told = arg;

    told->second_runs++;
}

static void arm_second(void *arg)
{
    struct told *told = arg;

    told->runs++;
    net_hook_arm(told->rig->net, &told->second);
}

Test(net, a_hook_runs_once_for_each_pass_in_which_it_is_armed)
{
    struct rig rig;
    struct told told = {.rig = &rig, .hook = {.run = run_hook, .arg = &told}};

    rig_begin(&rig);
    rig_settle(&rig);
    cr_assert_eq(told.runs, 0);
    net_hook_arm(rig.net, &told.hook);
    net_hook_arm(rig.net, &told.hook);
    cr_assert_eq(told.runs, 0, "not at once");
    net_run_once(rig.net);
    cr_assert_eq(told.runs, 1);
    rig_settle(&rig);
    cr_assert_eq(told.runs, 1);
    net_hook_arm(rig.net, &told.hook);
    net_run_once(rig.net);
    cr_assert_eq(told.runs, 2);
    rig_end(&rig);
}

Test(net, what_a_hook_says_goes_out_with_the_pass)
{
    struct rig rig;
    struct owner a;
    struct told told = {.rig = &rig, .owner = &a, .hook = {.run = run_hook, .arg = &told}};
    char heard[256];

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_SEQPACKET, RIG_MAX_IN);
    owner_say(&a, "first ", 6);
    net_hook_arm(rig.net, &told.hook);
    net_run_once(rig.net);
    cr_assert_str_eq(peer_hears(&a, heard), "first hook");
    close(a.fd);
    rig_end(&rig);
}

Test(net, a_hook_may_arm_itself_and_others)
{
    struct rig rig;
    struct told told = {.rig = &rig, .again = 3, .hook = {.run = run_hook, .arg = &told}};
    struct told both = {.rig = &rig,
                        .hook = {.run = arm_second, .arg = &both},
                        .second = {.run = run_second, .arg = &both}};

    rig_begin(&rig);
    net_hook_arm(rig.net, &told.hook);
    net_run_once(rig.net);
    cr_assert_eq(told.runs, 4, "the pass ends when nothing is left");
    net_hook_arm(rig.net, &both.second);
    net_hook_arm(rig.net, &both.hook);
    net_run_once(rig.net);
    cr_assert_eq(both.runs, 1);
    cr_assert_geq(both.second_runs, 1);
    cr_assert_not(both.second.armed);
    rig_end(&rig);
}

static void arm_it(struct owner *owner)
{
    struct told *told = (void *)owner->other;

    net_hook_arm(owner->rig->net, &told->hook);
}

/* The write fails behind the hooks: what its owner then asks for is done in this pass. */
Test(net, a_hook_may_be_armed_by_a_write_that_fails)
{
    struct rig rig;
    struct owner a;
    struct told told = {.rig = &rig, .hook = {.run = run_hook, .arg = &told}};

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    a.other = (void *)&told;
    a.then_close = arm_it;
    conn_read_pause(a.conn);
    close(a.fd);
    owner_say(&a, "hello", 5);
    net_run_once(rig.net);
    cr_assert_eq(a.closed, 1);
    cr_assert_eq(told.runs, 1);
    rig_end(&rig);
}

static void stop_loop(void *arg)
{
    struct told *told = arg;

    if (++told->runs == 3)
        net_stop(told->rig->net);
    else
        net_hook_arm(told->rig->net, &told->second);
}

static void rearm(evutil_socket_t fd, short what, void *arg)
{
    struct told *told = arg;

    (void)fd;
    (void)what;
    net_hook_arm(told->rig->net, &told->hook);
}

Test(net, runs_until_it_is_stopped)
{
    struct timeval soon = {.tv_usec = 1000};
    struct rig rig;
    struct told told = {.rig = &rig,
                        .hook = {.run = stop_loop, .arg = &told},
                        .second = {.run = run_second, .arg = &told}};
    struct event *timer;

    rig_begin(&rig);
    timer = event_new(net_base(rig.net), -1, EV_PERSIST, rearm, &told);
    event_add(timer, &soon);
    net_run(rig.net);
    cr_assert_eq(told.runs, 3);
    cr_assert_eq(told.second_runs, 2);
    told.runs = 0;
    net_run(rig.net);
    cr_assert_eq(told.runs, 3, "it may be run again");
    event_free(timer);
    rig_end(&rig);
}

struct times {
    struct net *net;
    uint64_t us[2], ms[2];
};

static void read_clocks(struct owner *owner)
{
    struct times *times = (void *)owner->other;

    for (unsigned i = 0; i < 2; i++) {
        times->us[i] = net_now_us(times->net);
        times->ms[i] = net_unix_ms(times->net);
        for (volatile unsigned spin = 0; spin < 2000000; spin++) {
        }
    }
}

Test(net, the_clocks_stand_still_in_a_pass_and_go_on_after_it)
{
    struct rig rig;
    struct owner a;
    struct times times = {0};
    uint64_t first;

    rig_begin(&rig);
    owner_pair(&a, &rig, SOCK_STREAM, RIG_MAX_IN);
    times.net = rig.net;
    a.other = (void *)&times;
    a.then_data = read_clocks;
    peer_say(&a, "x");
    UNTIL(&rig, a.data == 1);
    cr_assert_eq(times.us[0], times.us[1]);
    cr_assert_eq(times.ms[0], times.ms[1]);
    cr_assert_gt(times.ms[0], UINT64_C(1600000000000), "since 1970");
    first = times.us[0];
    peer_say(&a, "x");
    UNTIL(&rig, a.data == 2);
    cr_assert_gt(times.us[0], first);
    close(a.fd);
    rig_end(&rig);
}
