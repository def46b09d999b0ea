#include "filters/chain.h"
#include "filters/registry.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

struct chain {
    unsigned n;
    bool wants_resp;
    size_t run_size;
    struct {
        struct chain_step step;
        unsigned index;      /* in the registry */
        size_t state_offset; /* in a run */
    } at[CHAIN_STEPS_MAX];
};

struct flt_shared {
    bool have_readings, have_program, have_receipt;
    struct phone_readings readings;
    const struct flt_program *program;
    enum smpp_receipt_result receipt;
};

struct chain_run {
    const struct chain *chain;
    struct chain_counts *counts;
    unsigned step; /* the one that is running or pending */
    bool started_step[CHAIN_STEPS_MAX];
    uint32_t pdu_bit;
    struct flt_call call;
    struct flt_shared shared;
    /* What a monitoring filter must not change. */
    uint64_t dropped_before[4];
    uint32_t dropped_status_before;
};

static size_t aligned(size_t n)
{
    return (n + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
}

struct chain *chain_new(const struct chain_step *steps, unsigned n)
{
    struct chain *chain = calloc(1, sizeof *chain);

    assert(n <= CHAIN_STEPS_MAX);
    if (chain == NULL)
        return NULL;
    chain->n = n;
    chain->run_size = aligned(sizeof(struct chain_run));
    for (unsigned i = 0; i < n; i++) {
        chain->at[i].step = steps[i];
        chain->at[i].index = registry_index(steps[i].ops);
        chain->at[i].state_offset = chain->run_size;
        chain->run_size += aligned(steps[i].ops->call_size);
        if (steps[i].ops->on_resp != NULL)
            chain->wants_resp = true;
    }
    return chain;
}

void chain_free(struct chain *chain)
{
    free(chain);
}

unsigned chain_length(const struct chain *chain)
{
    return chain->n;
}

const struct chain_step *chain_at(const struct chain *chain, unsigned i)
{
    assert(i < chain->n);
    return &chain->at[i].step;
}

size_t chain_run_size(const struct chain *chain)
{
    return chain->run_size;
}

bool chain_wants_resp(const struct chain *chain)
{
    return chain->wants_resp;
}

const struct flt_call *chain_call(const struct chain_run *run)
{
    return &run->call;
}

/* Points the call at one step's settings and state. */
static struct flt_call *call_of(struct chain_run *run, unsigned i)
{
    run->call.conf = run->chain->at[i].step.conf;
    run->call.state = (uint8_t *)run + run->chain->at[i].state_offset;
    run->call.monitor = run->chain->at[i].step.monitor;
    return &run->call;
}

/* Counts what a filter said, and says what counts: a monitoring filter lets everything pass. */
static enum flt_verdict settle(struct chain_run *run, enum flt_verdict verdict)
{
    struct chain_counts *counts = &run->counts[run->chain->at[run->step].index];
    bool refused = verdict == FLT_REJECT || verdict == FLT_ABSORB ||
                   memcmp(run->dropped_before, run->call.dropped, sizeof run->call.dropped) != 0;

    if (verdict != FLT_PENDING && run->call.monitor && refused) {
        memcpy(run->call.dropped, run->dropped_before, sizeof run->call.dropped);
        run->call.dropped_status = run->dropped_status_before;
        run->call.status = 0;
        run->call.message_id[0] = '\0';
        counts->monitored++;
        verdict = FLT_PASS;
    }
    counts->verdict[verdict]++;
    return verdict;
}

/* From the step that is next to the first that does not pass. */
static enum flt_verdict run_on(struct chain_run *run)
{
    const struct chain *chain = run->chain;

    for (; run->step < chain->n; run->step++) {
        const struct flt_ops *ops = chain->at[run->step].step.ops;
        enum flt_verdict verdict;

        if ((ops->pdus & run->pdu_bit) == 0)
            continue;
        struct flt_call *call = call_of(run, run->step);

        memset(call->state, 0, ops->call_size);
        memcpy(run->dropped_before, call->dropped, sizeof call->dropped);
        run->dropped_status_before = call->dropped_status;
        run->started_step[run->step] = true;
        verdict = settle(run, ops->on_pdu(call));
        if (verdict != FLT_PASS)
            return verdict;
    }
    return FLT_PASS;
}

enum flt_verdict chain_start(const struct chain *chain, struct chain_run *run,
                             const struct chain_env *env, const struct smpp_msg *msg,
                             struct flt_ticket ticket)
{
    enum flt_verdict verdict;

    memset(run, 0, sizeof *run);
    run->chain = chain;
    run->counts = env->counts;
    run->pdu_bit = flt_pdu_bit(msg->header.command_id);
    run->call = (struct flt_call){.world = env->world,
                                  .origin = env->origin,
                                  .ports = env->ports,
                                  .phone = env->phone,
                                  .parts = env->parts,
                                  .shared = &run->shared,
                                  .inbound = env->inbound,
                                  .msg = msg,
                                  .ticket = ticket};
    verdict = run_on(run);
    run->call.msg = NULL;
    return verdict;
}

enum flt_verdict chain_resume(struct chain_run *run, const struct smpp_msg *msg,
                              const struct port_reply *reply)
{
    const struct flt_ops *ops = run->chain->at[run->step].step.ops;
    enum flt_verdict verdict;

    if (reply->err != 0)
        run->counts[run->chain->at[run->step].index].port_failed++;
    run->call.msg = msg;
    verdict = settle(run, ops->on_reply(call_of(run, run->step), reply));
    if (verdict == FLT_PASS) {
        run->step++;
        verdict = run_on(run);
    }
    run->call.msg = NULL;
    return verdict;
}

void chain_answered(struct chain_run *run, const struct smpp_msg *msg, uint32_t status,
                    struct smpp_str message_id)
{
    size_t len = message_id.len < sizeof run->call.message_id ? message_id.len
                                                              : sizeof run->call.message_id - 1;

    if (msg == NULL) {
        if (len > 0)
            memcpy(run->call.message_id, message_id.p, len);
        run->call.message_id[len] = '\0';
    }
    run->call.msg = msg;
    for (unsigned i = 0; i < run->chain->n; i++) {
        const struct flt_ops *ops = run->chain->at[i].step.ops;

        if (run->started_step[i] && ops->on_resp != NULL)
            ops->on_resp(call_of(run, i), status);
    }
    run->call.msg = NULL;
}

void chain_end(struct chain_run *run)
{
    for (unsigned i = 0; i < run->chain->n; i++) {
        const struct flt_ops *ops = run->chain->at[i].step.ops;

        if (run->started_step[i] && ops->done != NULL)
            ops->done(call_of(run, i));
        run->started_step[i] = false;
    }
}

const struct phone_readings *flt_readings(struct flt_call *call)
{
    struct flt_shared *shared = call->shared;

    if (!shared->have_readings) {
        const struct smpp_addr *handset = call->inbound ? &call->msg->src : &call->msg->dst;

        const char *region = flt_region_of(call->world, flt_program(call));

        if (call->inbound)
            phone_read_sender(call->phone, handset->digits, region, &shared->readings);
        else
            phone_read(call->phone, handset->digits, region, &shared->readings);
        shared->have_readings = true;
    }
    return &shared->readings;
}

const struct flt_program *flt_program(struct flt_call *call)
{
    struct flt_shared *shared = call->shared;

    if (!shared->have_program) {
        const struct smpp_addr *ours = call->inbound ? &call->msg->dst : &call->msg->src;

        shared->program = flt_program_of(call->world, ours->digits);
        shared->have_program = true;
    }
    return shared->program;
}

enum smpp_receipt_result flt_receipt(struct flt_call *call, struct smpp_receipt *receipt)
{
    struct flt_shared *shared = call->shared;
    struct smpp_receipt unused;

    if (shared->have_receipt && (shared->receipt != SMPP_RECEIPT_READ || receipt == NULL))
        return shared->receipt;
    shared->receipt =
        smpp_receipt_read(call->msg, call->origin->alphabet, receipt != NULL ? receipt : &unused);
    shared->have_receipt = true;
    return shared->receipt;
}
