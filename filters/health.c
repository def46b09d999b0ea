/*
 * health: learns from the carrier's answers to what passed. Stands last in every outbound chain by
 * itself and needs no settings. What receipts and replies teach is learned by the filters that read
 * them.
 */
#include "filters/filter.h"

#include <stdlib.h>
#include <string.h>

#define SENDER_MAX 24

struct health_call {
    char sender[SENDER_MAX];
    uint64_t number;
    uint64_t *numbers; /* submit_multi: one for each destination that is sent to */
    unsigned n;
};

static void read_destinations(struct flt_call *call)
{
    struct health_call *state = call->state;
    const char *region = flt_region_of(call->world, flt_program(call));
    struct smpp_str rest = call->msg->dests;
    struct smpp_dest dest;

    state->numbers = calloc(call->msg->dest_count, sizeof *state->numbers);
    if (state->numbers == NULL)
        return;
    for (unsigned i = 0; smpp_dest_next(&rest, &dest); i++) {
        struct phone_readings readings;

        if (dest.flag != 1 || flt_dropped(call, i))
            continue;
        phone_read(call->phone, dest.addr.digits, region, &readings);
        if (readings.n > 0)
            state->numbers[state->n++] = readings.number[0];
    }
}

static enum flt_verdict on_pdu(struct flt_call *call)
{
    struct health_call *state = call->state;
    struct smpp_str sender = call->msg->src.digits;
    size_t len = sender.len < SENDER_MAX ? sender.len : SENDER_MAX - 1;

    if (len > 0)
        memcpy(state->sender, sender.p, len);
    if (call->msg->header.command_id == SMPP_submit_multi) {
        read_destinations(call);
    } else if (flt_readings(call)->n > 0) {
        state->number = flt_readings(call)->number[0];
        state->n = 1;
    }
    return FLT_PASS;
}

static enum flt_verdict on_reply(struct flt_call *call, const struct port_reply *reply)
{
    (void)call;
    (void)reply;
    return FLT_PASS; /* it never asks */
}

static void on_resp(struct flt_call *call, uint32_t status)
{
    const struct health_call *state = call->state;
    struct port_health health = {
        .kind = HEALTH_SENT, .message_id = call->message_id, .sender = state->sender};

    if (status != ESME_ROK || call->msg != NULL)
        return;
    health.time_ms = call->ports->now_ms(call->ports->ctx);
    for (unsigned i = 0; i < state->n; i++) {
        health.number = state->numbers != NULL ? state->numbers[i] : state->number;
        call->ports->health(call->ports->ctx, &health);
    }
}

static void done(struct flt_call *call)
{
    struct health_call *state = call->state;

    free(state->numbers);
}

static const struct conf_key keys[] = {{.name = NULL}};

const struct flt_ops filter_health = {
    .name = "health",
    .help = "Learns from the carrier's answers. Always there, last in the outbound chain.",
    .pdus = FLT_SUBMIT_SM | FLT_SUBMIT_MULTI | FLT_DATA_SM,
    .call_size = sizeof(struct health_call),
    .keys = keys,
    .on_pdu = on_pdu,
    .on_reply = on_reply,
    .on_resp = on_resp,
    .done = done,
};
