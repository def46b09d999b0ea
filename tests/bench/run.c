#include "tests/bench/run.h"

#include "tests/bench/carrier.h"
#include "tests/bench/sender.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS           1e9
#define BIND_AT_ONCE 64u
#define BIND_LIMIT_S 60
#define UNBIND_S     3
#define IDLE_STEP_NS UINT64_C(100000000)
#define CATCH_UP_MAX 1000 /* messages sent at once after a pause, with --rate */

static uint64_t after(uint64_t from, double seconds)
{
    return from + (uint64_t)(seconds * NS);
}

static int bind_all(struct load *load)
{
    unsigned opened = 0, sessions = load->options->sessions;
    uint64_t end = after(wire_now(), BIND_LIMIT_S);
    int error = carrier_listen(load);
    while (!error && load->bound < sessions) {
        while (!error && opened < sessions && opened - load->bound < BIND_AT_ONCE)
            error = sender_open(&load->sessions[opened++]);
        if (!error)
            error = wire_pass(load->wire, end);
        if (!error && wire_woken(load->wire) >= end)
            error = -ETIMEDOUT;
        if (!error && load->tally.faults[TALLY_closed])
            error = -ECONNREFUSED;
    }
    return error;
}

static void unbind_all(struct load *load)
{
    uint64_t end = after(wire_now(), UNBIND_S);
    for (unsigned i = 0; i < load->options->sessions; i++)
        sender_unbind(&load->sessions[i]);
    while (load->over < load->options->sessions && wire_woken(load->wire) < end) {
        if (wire_pass(load->wire, end) < 0)
            return;
    }
}

static bool finished(const struct load *load)
{
    for (unsigned i = 0; i < load->options->sessions; i++) {
        if (load->sessions[i].unfinished || load->sessions[i].receipts_out)
            return false;
    }
    return true;
}

/* Sends what is due at the wanted rate and returns when the next message is. */
static uint64_t send_due(struct load *load, uint64_t start)
{
    const struct options *options = load->options;
    uint64_t now = wire_now();
    double due = floor((double)(now - start) / NS * options->rate);
    for (unsigned i = 0; (double)load->tally.sent < due && i < CATCH_UP_MAX; i++) {
        if (!sender_send(&load->sessions[load->tally.sent % options->sessions]))
            break;
    }
    return after(start, ((double)load->tally.sent + 1) / options->rate);
}

/* Lets traffic flow until `end`, or until all that may be sent is through. */
static int flow(struct load *load, uint64_t start, uint64_t end)
{
    while (wire_woken(load->wire) < end && load->over == 0) {
        uint64_t until = end;
        if ((!load->sending || load->left == 0) && finished(load))
            return 0;
        if (load->options->rate > 0 && load->sending && load->left) {
            uint64_t next = send_due(load, start);
            until = next < end ? next : end;
        }
        int error = wire_pass(load->wire, until);
        if (error)
            return error;
    }
    return 0;
}

struct moment {
    uint64_t ns, messages;
    struct watch_sample own, watched[OPTIONS_WATCHES];
};

static int take_moment(const struct load *load, struct moment *moment)
{
    const struct options *options = load->options;
    int error = watch_read(0, &moment->own);
    for (unsigned i = 0; i < options->watch_count && !error; i++)
        error = watch_read(options->watches[i].pid, &moment->watched[i]);
    moment->ns = wire_now();
    moment->messages = load->tally.accepted + load->tally.refused;
    return error;
}

static struct run_cpu cpu_between(const struct watch_sample *from, const struct watch_sample *to)
{
    double user = (double)(to->user_ticks - from->user_ticks);
    double system = (double)(to->system_ticks - from->system_ticks);
    double sum = user + system > 0 ? user + system : 1;
    return (struct run_cpu){(double)(to->cpu_ns - from->cpu_ns), user / sum, system / sum};
}

static void compare(const struct options *options, const struct moment *from,
                    const struct moment *to, struct run_result *result)
{
    result->seconds = (double)(to->ns - from->ns) / NS;
    result->messages = to->messages - from->messages;
    result->own = cpu_between(&from->own, &to->own);
    for (unsigned i = 0; i < options->watch_count; i++)
        result->cpu[i] = cpu_between(&from->watched[i], &to->watched[i]);
}

int run_traffic(struct load *load, struct run_result *result)
{
    const struct options *options = load->options;
    struct moment from, to;
    int error = bind_all(load);
    if (error)
        return error;
    uint64_t start = wire_now(), end = start;
    load->sending = true;
    for (unsigned i = 0; i < options->sessions && options->rate == 0; i++)
        sender_fill(&load->sessions[i]);
    if (!options->messages) {
        end = after(start, options->warm);
        error = flow(load, start, end);
    }
    memset(&load->tally.accepted_time, 0, sizeof load->tally.accepted_time);
    memset(&load->tally.refused_time, 0, sizeof load->tally.refused_time);
    if (!error)
        error = take_moment(load, &from);
    if (!error)
        error = flow(load, start, options->messages ? UINT64_MAX : after(end, options->seconds));
    if (!error)
        error = take_moment(load, &to);
    if (error)
        return error;
    compare(options, &from, &to, result);
    load->sending = false;
    error = flow(load, start, after(wire_now(), options->drain));
    load_count_missing(load);
    unbind_all(load);
    if (watch_read(0, &to.own) == 0)
        result->own_total_s = (double)to.own.cpu_ns / NS;
    return error;
}

int run_idle(struct load *load)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int error = bind_all(load);
    if (error)
        return error;
    printf("{\"idle\":%u}\n", load->bound);
    fflush(stdout);
    while (!error && poll(&input, 1, 0) == 0)
        error = wire_pass(load->wire, wire_now() + IDLE_STEP_NS);
    unbind_all(load);
    return error;
}
