#include "tests/bench/carrier.h"

#include "smpp/build.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void send_resp(struct peer *peer, uint32_t command_id, uint32_t sequence, const char *id)
{
    uint8_t *out = peer_reserve(peer, LOAD_PDU_MAX);
    peer_commit(peer, smpp_build_resp(out, LOAD_PDU_MAX, command_id, ESME_ROK, sequence, id));
}

static void fault(struct session *session, enum tally_fault what, uint64_t n, uint32_t detail)
{
    tally_fault(&session->load->tally, what, session->index, n, detail);
}

/* Receipts. */

/* Sends receipts for what has arrived, as many as may be without a response. */
static void send_receipts(struct session *session)
{
    struct load *load = session->load;
    const struct template *template = &load->receipt;
    char mark[MARK_DIGITS];
    while (session->receipts_out < load->options->window &&
           session->receipt_next < session->arrived_end) {
        uint64_t n = session->receipt_next++;
        const struct slot *slot = load_slot(session, n);
        if (slot->n != n || !(slot->state & SLOT_ARRIVED))
            continue;
        uint32_t sequence = ++session->receipt_sequence;
        session->receipt_ring[sequence & load->ring_mask] = sequence;
        session->receipts_out++;
        mark_write(mark, session->index, n);
        template_write(template, peer_reserve(session->carrier, template->len), sequence,
                       slot->digits, mark);
        peer_commit(session->carrier, template->len);
    }
}

static void on_receipt_response(struct session *session, const struct smpp_header *header)
{
    uint32_t *entry = &session->receipt_ring[header->sequence & session->load->ring_mask];
    if (header->sequence == 0 || *entry != header->sequence) {
        fault(session, TALLY_doubled, header->sequence, header->command_id);
        return;
    }
    if (header->status != ESME_ROK)
        fault(session, TALLY_wrong, header->sequence, header->status);
    *entry = 0;
    session->receipts_out--;
}

/* Messages. */

static void on_submit(struct session *session, const struct smpp_header *header, const uint8_t *pdu)
{
    struct load *load = session->load;
    unsigned owner = 0;
    uint64_t n = 0;
    char id[MARK_DIGITS + 1] = "";
    if (!template_fits(&load->submit, pdu, header->length) ||
        !mark_read(pdu + load->submit.mark_at, &owner, &n)) {
        fault(session, TALLY_changed, header->sequence, header->command_id);
        return;
    }
    memcpy(id, pdu + load->submit.mark_at, MARK_DIGITS);
    send_resp(session->carrier, SMPP_submit_sm_resp, header->sequence, id);

    struct slot *slot = load_slot(session, n);
    if (owner != session->index || !slot->used || slot->n != n) {
        fault(session, n < session->next ? TALLY_doubled : TALLY_strange, n, owner);
        return;
    }
    if (slot->state != SLOT_SENT) {
        fault(session, TALLY_doubled, n, slot->state);
        return;
    }
    if (slot->suppressed)
        fault(session, TALLY_leaked, n, 0);
    if (n < session->arrived_end)
        fault(session, TALLY_disordered, n, 0);
    else
        session->arrived_end = n + 1;
    if (memcmp(pdu + load->submit.digits_at, slot->digits, NUMBER_DIGITS) != 0)
        fault(session, TALLY_changed, n, header->command_id);
    slot->state |= SLOT_ARRIVED;
    load->tally.arrived++;
}

static void on_pdu(void *ctx, struct peer *peer, const struct smpp_header *header,
                   const uint8_t *pdu)
{
    (void)peer;
    struct session *session = ctx;
    switch (header->command_id) {
    case SMPP_submit_sm:
        if (session->slots)
            on_submit(session, header, pdu);
        break;
    case SMPP_deliver_sm_resp:
        if (session->receipt_ring)
            on_receipt_response(session, header);
        break;
    case SMPP_enquire_link:
    case SMPP_unbind:
        load_send_header(session->carrier, header->command_id | SMPP_RESP, header->sequence);
        break;
    case SMPP_enquire_link_resp: break;
    default: fault(session, TALLY_strange, header->sequence, header->command_id); break;
    }
}

static void on_read(void *ctx)
{
    struct session *session = ctx;
    if (session->load->options->receipts && session->slots)
        send_receipts(session);
}

static void on_close(void *ctx)
{
    struct session *session = ctx;
    if (!session->unbinding)
        fault(session, TALLY_closed, session->arrived_end, 0);
}

static const struct peer_calls calls = {on_pdu, on_read, on_close};

/* Binds. */

/* The first PDU of a connection says which session it belongs to. */
static void on_bind(void *ctx, struct peer *peer, const struct smpp_header *header,
                    const uint8_t *pdu)
{
    struct load *load = ctx;
    struct smpp_bind bind;
    char text[16] = "";
    unsigned long index = ULONG_MAX;
    if (header->command_id == SMPP_bind_transceiver &&
        smpp_view_bind(pdu, header->length, &bind) == ESME_ROK &&
        bind.system_id.len < sizeof text) {
        memcpy(text, bind.system_id.p, bind.system_id.len);
        if (strncmp(text, "load", 4) == 0)
            index = strtoul(text + 4, NULL, 10);
    }
    if (index >= load->options->sessions || load->sessions[index].carrier) {
        tally_fault(&load->tally, TALLY_strange, 0, 0, header->command_id);
        return;
    }
    load->sessions[index].carrier = peer;
    peer_attach(peer, &calls, &load->sessions[index]);
    send_resp(peer, SMPP_bind_transceiver_resp, header->sequence, "sg-load");
}

static void on_early_close(void *ctx)
{
    struct load *load = ctx;
    tally_fault(&load->tally, TALLY_closed, 0, 0, 0);
}

static const struct peer_calls first_calls = {on_bind, NULL, on_early_close};

static void on_accept(void *ctx, struct peer *peer)
{
    peer_attach(peer, &first_calls, ctx);
}

int carrier_listen(struct load *load)
{
    return wire_listen(load->wire, &load->options->listen, on_accept, load);
}
