/*
 * receipt: every delivery receipt teaches something about a number. Final ones go into its health,
 * a failure is an event too. Receipts pass untouched, readable or not. Bounce classes and the list
 * `bounced` build on the events.
 */
#include "filters/filter.h"

#include <string.h>

/* A number that a handset may have: not a name, not a short code, not one that nobody has. */
static bool is_subscriber(struct flt_call *call, const struct phone_readings *readings)
{
    struct phone_info info;

    if (readings->n == 0)
        return false;
    phone_describe(call->phone, readings->number[0], &info);
    return info.valid && info.type != PHONE_SHORT_CODE;
}

/* The handset stands in source_addr, as in a reply; a few carriers leave the addresses as they were
 * in the submit_sm. An address of ours tells which end is which. Where none is known as ours, the
 * end that can be a subscriber's is; where both can, the source, as the standard has it. */
static void handset_of(struct flt_call *call, struct phone_readings *readings,
                       struct smpp_str *ours)
{
    const struct smpp_msg *msg = call->msg;
    const struct flt_program *swapped = flt_program_of(call->world, msg->src.digits);
    struct phone_readings other;

    *readings = *flt_readings(call);
    *ours = msg->dst.digits;
    if (flt_program(call) != NULL || (swapped == NULL && is_subscriber(call, readings)))
        return;
    phone_read_sender(call->phone, msg->dst.digits, flt_region_of(call->world, swapped), &other);
    if (swapped == NULL && readings->n > 0 && !is_subscriber(call, &other))
        return;
    *readings = other;
    *ours = msg->src.digits;
}

static void note_failure(struct flt_call *call, const struct smpp_receipt *receipt, uint64_t number,
                         struct smpp_str ours)
{
    char digits[24], sender[48] = "";
    const struct flt_program *program = flt_program_of(call->world, ours);
    size_t len = ours.len < sizeof sender ? ours.len : sizeof sender - 1;

    if (len > 0)
        memcpy(sender, ours.p, len);
    struct event event = {
        .type = EVENT_receipt,
        .source = EVENT_SOURCE_receipt,
        .time_ms = call->ports->now_ms(call->ports->ctx),
        .number = phone_format(number, digits),
        .sender = sender,
        .program = program != NULL ? program->name : NULL,
        .status = receipt->stat,
        .error = receipt->err,
        .message_id = receipt->id,
        .carrier = call->origin->carrier,
        .account = call->origin->account,
    };
    call->ports->note(call->ports->ctx, &event);
}

static void learn(struct flt_call *call, const struct smpp_receipt *receipt)
{
    struct phone_readings readings;
    struct smpp_str ours;
    bool delivered = receipt->state == SMPP_STATE_DELIVERED;

    handset_of(call, &readings, &ours);
    if (readings.n == 0) {
        call->ports->count(call->ports->ctx, "receipt", "no_number");
        return;
    }
    struct port_health health = {
        .kind = delivered ? HEALTH_FINAL_OK : HEALTH_FINAL_FAIL,
        .number = readings.number[0],
        .time_ms = call->ports->now_ms(call->ports->ctx),
        .status = receipt->stat,
        .error = receipt->err,
    };
    call->ports->health(call->ports->ctx, &health);
    if (!delivered)
        note_failure(call, receipt, readings.number[0], ours);
}

static enum flt_verdict on_pdu(struct flt_call *call)
{
    struct smpp_receipt receipt;

    switch (flt_receipt(call, &receipt)) {
    case SMPP_RECEIPT_NO: break;
    case SMPP_RECEIPT_UNREADABLE:
        call->ports->count(call->ports->ctx, "receipt", "unreadable");
        call->ports->log(call->ports->ctx, call->origin->session, "receipt",
                         "delivery receipt could not be read");
        break;
    case SMPP_RECEIPT_READ:
        call->ports->count(call->ports->ctx, "receipt",
                           !receipt.final                          ? "intermediate"
                           : receipt.state == SMPP_STATE_DELIVERED ? "delivered"
                                                                   : "failed");
        if (receipt.final)
            learn(call, &receipt);
        break;
    }
    return FLT_PASS;
}

static enum flt_verdict on_reply(struct flt_call *call, const struct port_reply *reply)
{
    (void)call;
    (void)reply;
    return FLT_PASS; /* it never asks */
}

static const struct conf_key keys[] = {{.name = NULL}};

const struct flt_ops filter_receipt = {
    .name = "receipt",
    .help = "Learns the health of numbers from delivery receipts. Receipts pass untouched.",
    .pdus = FLT_DELIVER_SM | FLT_DATA_SM,
    .inbound = true,
    .keys = keys,
    .on_pdu = on_pdu,
    .on_reply = on_reply,
};
