/*
 * A chain with filters of the tests' own, which do as they are told and write down what was asked
 * of them. The registry is the tests' own too (the chain counts by place in it), so whoever
 * includes this links no real one.
 */
#ifndef TESTS_FILTERS_CHAIN_RIG_H
#define TESTS_FILTERS_CHAIN_RIG_H

#include "filters/chain.h"
#include "filters/registry.h"
#include "smpp/build.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_SIZE 40

/* What a filter is to say, and a mark by which its calls are known. */
struct script {
    char mark;
    enum flt_verdict on_pdu, on_reply;
    uint32_t status;
    const char *message_id;
    unsigned drop; /* 1 + a destination to drop; 0: none */
};

#define SCRIPT(...) (&(struct script){.mark = __VA_ARGS__})

struct trace {
    char calls[256];
    struct flt_ticket ticket;
    uint32_t resp_status;
    char resp_id[80];
    bool resp_msg, monitor;
};

static inline void trace(const struct flt_call *call, const char *what)
{
    struct trace *t = call->ports->ctx;
    const struct script *script = call->conf;
    size_t len = strlen(t->calls);

    snprintf(t->calls + len, sizeof t->calls - len, "%s%c:%s", len > 0 ? " " : "", script->mark,
             what);
}

/* The state must be this filter's, zero at first, and hold what was put there. */
static inline void check_state(const struct flt_call *call, char expected)
{
    const struct script *script = call->conf;
    const char *state = call->state;

    cr_assert_eq((uintptr_t)state % alignof(max_align_t), 0);
    for (size_t i = 0; i < STATE_SIZE; i++)
        cr_assert_eq(state[i], expected, "%c: octet %zu of its state", script->mark, i);
}

static inline enum flt_verdict say(struct flt_call *call, enum flt_verdict verdict)
{
    const struct script *script = call->conf;

    if (verdict != FLT_PENDING && script->status != 0)
        call->status = script->status;
    if (verdict == FLT_ABSORB && script->message_id != NULL)
        snprintf(call->message_id, sizeof call->message_id, "%s", script->message_id);
    if (script->drop != 0)
        flt_drop(call, script->drop - 1);
    return verdict;
}

static inline enum flt_verdict on_pdu(struct flt_call *call)
{
    const struct script *script = call->conf;
    struct trace *t = call->ports->ctx;

    trace(call, "pdu");
    check_state(call, 0);
    memset(call->state, script->mark, STATE_SIZE);
    cr_assert_not_null(call->msg);
    t->ticket = call->ticket;
    t->monitor = call->monitor;
    return say(call, script->on_pdu);
}

static inline enum flt_verdict on_reply(struct flt_call *call, const struct port_reply *reply)
{
    const struct script *script = call->conf;

    trace(call, reply->err == 0 ? "reply" : "failed");
    check_state(call, script->mark);
    cr_assert_not_null(call->msg);
    return say(call, script->on_reply);
}

static inline void on_resp(struct flt_call *call, uint32_t status)
{
    struct trace *t = call->ports->ctx;

    trace(call, "resp");
    check_state(call, *(const char *)call->conf);
    t->resp_status = status;
    t->resp_msg = call->msg != NULL;
    memcpy(t->resp_id, call->message_id, sizeof call->message_id);
}

static inline void done(struct flt_call *call)
{
    trace(call, "done");
    check_state(call, *(const char *)call->conf);
    cr_assert_null(call->msg);
}

#define ANY (FLT_SUBMIT_SM | FLT_SUBMIT_MULTI | FLT_DATA_SM)

static const struct flt_ops all = {.name = "all",
                                   .pdus = ANY,
                                   .call_size = STATE_SIZE,
                                   .on_pdu = on_pdu,
                                   .on_reply = on_reply,
                                   .on_resp = on_resp,
                                   .done = done};
static const struct flt_ops data = {.name = "data",
                                    .pdus = FLT_DATA_SM,
                                    .call_size = STATE_SIZE,
                                    .on_pdu = on_pdu,
                                    .on_reply = on_reply,
                                    .on_resp = on_resp,
                                    .done = done};
/* One that wants to hear no more after its verdict. */
static const struct flt_ops brief = {
    .name = "brief", .pdus = ANY, .call_size = STATE_SIZE, .on_pdu = on_pdu, .on_reply = on_reply};
static const struct flt_ops *const filters[] = {&all, &data, &brief};

enum { ALL, DATA, BRIEF, COUNT };

unsigned registry_count(void)
{
    return COUNT;
}

const struct flt_ops *registry_at(unsigned i)
{
    return filters[i];
}

const struct flt_ops *registry_find(const char *name)
{
    (void)name;
    return NULL;
}

unsigned registry_index(const struct flt_ops *ops)
{
    unsigned i = 0;

    while (filters[i] != ops)
        i++;
    return i;
}

/* --- a chain at work --- */

struct rig {
    struct trace trace;
    struct flt_ports ports;
    struct flt_world world;
    struct chain_counts counts[COUNT];
    struct chain *chain;
    struct chain_run *run;
    struct smpp_msg msg;
};

static const struct flt_origin origin = {.account = "shop1", .carrier = "main"};
static const struct flt_ticket ticket = {.slot = 3, .generation = 9};
static const struct port_reply answered = {.err = 0}, failed = {.err = -ETIMEDOUT};

#define STEP(filter, script) ((struct chain_step){.ops = &(filter), .conf = (script)})
#define WATCH(filter, script)                                                                      \
    ((struct chain_step){.ops = &(filter), .conf = (script), .monitor = true})

static inline struct rig *rig_new(const struct chain_step *steps, unsigned n)
{
    struct rig *rig = calloc(1, sizeof *rig);

    cr_assert_not_null(rig);
    rig->ports.ctx = &rig->trace;
    rig->msg.header.command_id = SMPP_submit_sm;
    rig->chain = chain_new(steps, n);
    cr_assert_not_null(rig->chain);
    rig->run = malloc(chain_run_size(rig->chain));
    cr_assert_not_null(rig->run);
    memset(rig->run, 0xA5, chain_run_size(rig->chain));
    return rig;
}

#define RIG(...)                                                                                   \
    rig_new((struct chain_step[]){__VA_ARGS__},                                                    \
            sizeof((struct chain_step[]){__VA_ARGS__}) / sizeof(struct chain_step))

static inline enum flt_verdict start(struct rig *rig)
{
    struct chain_env env = {
        .world = &rig->world, .origin = &origin, .ports = &rig->ports, .counts = rig->counts};

    return chain_start(rig->chain, rig->run, &env, &rig->msg, ticket);
}

static inline enum flt_verdict resume(struct rig *rig, const struct port_reply *reply)
{
    return chain_resume(rig->run, &rig->msg, reply);
}

static inline void rig_free(struct rig *rig)
{
    chain_free(rig->chain);
    free(rig->run);
    free(rig);
}

static inline void calls(const struct rig *rig, const char *expected)
{
    cr_assert_str_eq(rig->trace.calls, expected);
}

static inline struct smpp_str str(const char *s)
{
    return (struct smpp_str){(const uint8_t *)s, strlen(s)};
}

#endif
