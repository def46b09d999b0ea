/*
 * A submit_multi of which filters have dropped some destinations: it goes out without them, and the
 * sender is told which in unsuccess_sme (SMPP 3.4, 4.5.2).
 */
#include "proxy/relay/session.h"

#include <stdlib.h>
#include <string.h>

static bool kept(void *arg, unsigned i)
{
    const struct flt_call *const *call = arg;

    return !flt_dropped(*call, i);
}

/* What the sender must be told of the destinations that a submit_multi went out without. The PDU
 * will be gone by then, so the addresses are copied. */
static bool remember(struct held *held, const struct smpp_msg *msg, const struct flt_call *call)
{
    struct smpp_str rest = msg->dests;
    struct smpp_dest dest;
    uint32_t dropped = call->dropped_status != 0 ? call->dropped_status : call->status;

    held->unsuccess = calloc(msg->dest_count, sizeof *held->unsuccess);
    held->unsuccess_octets = malloc(msg->dests.len > 0 ? msg->dests.len : 1);
    if (held->unsuccess == NULL || held->unsuccess_octets == NULL)
        return false;
    memcpy(held->unsuccess_octets, msg->dests.p, msg->dests.len);
    rest.p = held->unsuccess_octets;
    for (unsigned i = 0; smpp_dest_next(&rest, &dest); i++) {
        struct smpp_unsuccess *entry = &held->unsuccess[held->unsuccess_count];

        if (!flt_dropped(call, i))
            continue;
        *entry = (struct smpp_unsuccess){.addr = dest.addr, .status = dropped};
        if (dest.flag != 1)
            *entry = (struct smpp_unsuccess){.addr.digits = dest.list, .status = ESME_RINVDLNAME};
        held->unsuccess_count++;
    }
    return true;
}

size_t multi_copy(uint8_t *out, const struct held *held, const uint8_t *pdu)
{
    const struct flt_call *call = chain_call(held->run);
    struct smpp_msg msg;

    if (smpp_view_msg(pdu, held->header.length, &msg) != ESME_ROK)
        return 0;
    return smpp_build_multi_subset(out, held->header.length, pdu, &msg, kept, &call);
}

void multi_prepare(struct held *held)
{
    const struct flt_call *call = chain_call(held->run);
    struct smpp_msg msg;

    for (unsigned i = 0; i < 4; i++) {
        if (call->dropped[i] == 0)
            continue;
        if (smpp_view_msg(lane_octets(held), held->header.length, &msg) != ESME_ROK ||
            !remember(held, &msg, call))
            held->state = HELD_REJECTED;
        return;
    }
}

/* A submit_multi of which nothing is left: its destinations are listed, whatever the status of the
 * whole. */
bool multi_answer_dropped(struct held *held)
{
    struct side *from = held->from;
    const struct flt_call *call = chain_call(held->run);
    struct smpp_str id = {(const uint8_t *)call->message_id, strlen(call->message_id)};
    struct smpp_msg msg;
    size_t cap;
    uint8_t *out;

    if (smpp_view_msg(lane_octets(held), held->header.length, &msg) != ESME_ROK ||
        !remember(held, &msg, call))
        return false;
    cap = SMPP_HEADER_LEN + id.len + 2 + msg.dests.len + 5u * held->unsuccess_count;
    out = conn_reserve(from->conn, cap);
    if (out == NULL)
        return false;
    conn_commit(from->conn, smpp_build_multi_resp(out, cap, call->status, held->header.sequence, id,
                                                  held->unsuccess, held->unsuccess_count));
    return true;
}
