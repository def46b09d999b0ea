#include "tests/bench/sender.h"

#include "smpp/build.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SEQUENCE_MAX 0x7FFFFFF0u

static void fault(struct session *session, enum tally_fault what, uint64_t n, uint32_t detail)
{
    tally_fault(&session->load->tally, what, session->index, n, detail);
}

static void on_bound(struct session *session, const struct smpp_header *header)
{
    if (header->status != ESME_ROK || session->bound) {
        fault(session, TALLY_closed, 0, header->status);
        return;
    }
    session->bound = true;
    session->load->bound++;
}

static void over(struct session *session)
{
    if (session->over)
        return;
    session->over = true;
    session->load->over++;
}

static bool id_is_mark(const struct session *session, const struct slot *slot,
                       const struct smpp_header *header, const uint8_t *pdu)
{
    char mark[MARK_DIGITS];
    mark_write(mark, session->index, slot->n);
    return header->length == SMPP_HEADER_LEN + MARK_DIGITS + 1 &&
           memcmp(pdu + SMPP_HEADER_LEN, mark, MARK_DIGITS) == 0 &&
           pdu[SMPP_HEADER_LEN + MARK_DIGITS] == 0;
}

static void on_response(struct session *session, const struct smpp_header *header,
                        const uint8_t *pdu)
{
    struct tally *tally = &session->load->tally;
    uint64_t n = (uint64_t)header->sequence - 1;
    struct slot *slot = load_slot(session, n);
    if (!slot->used || slot->n != n) {
        fault(session, TALLY_strange, n, header->command_id);
        return;
    }
    if (!(slot->state & SLOT_SENT) || (slot->state & SLOT_ANSWERED)) {
        fault(session, TALLY_doubled, n, header->status);
        return;
    }
    uint64_t took = wire_woken(session->load->wire) - slot->sent_ns;
    if (slot->suppressed && header->status == session->load->options->refusal) {
        tally->refused++;
        histogram_add(&tally->refused_time, took);
    } else if (!slot->suppressed && header->status == ESME_ROK && (slot->state & SLOT_ARRIVED) &&
               id_is_mark(session, slot, header, pdu)) {
        tally->accepted++;
        histogram_add(&tally->accepted_time, took);
    } else {
        fault(session, TALLY_wrong, n, header->status);
    }
    load_advance(session, slot, SLOT_ANSWERED);
}

static void on_receipt(struct session *session, const struct smpp_header *header,
                       const uint8_t *pdu)
{
    const struct template *template = &session->load->receipt;
    unsigned owner = 0;
    uint64_t n = 0;
    uint8_t *out = peer_reserve(session->sender, LOAD_PDU_MAX);
    peer_commit(session->sender, smpp_build_resp(out, LOAD_PDU_MAX, SMPP_deliver_sm_resp, ESME_ROK,
                                                 header->sequence, ""));
    if (!template_fits(template, pdu, header->length) ||
        !mark_read(pdu + template->mark_at, &owner, &n)) {
        fault(session, TALLY_changed, header->sequence, header->command_id);
        return;
    }
    struct slot *slot = load_slot(session, n);
    if (owner != session->index || !slot->used || slot->n != n) {
        fault(session, TALLY_strange, n, header->command_id);
        return;
    }
    if (!(slot->state & SLOT_ARRIVED) || (slot->state & SLOT_RECEIPT)) {
        fault(session, TALLY_doubled, n, header->command_id);
        return;
    }
    if (memcmp(pdu + template->digits_at, slot->digits, NUMBER_DIGITS) != 0)
        fault(session, TALLY_changed, n, header->command_id);
    session->load->tally.receipts++;
    load_advance(session, slot, SLOT_RECEIPT);
}

static void on_pdu(void *ctx, struct peer *peer, const struct smpp_header *header,
                   const uint8_t *pdu)
{
    (void)peer;
    struct session *session = ctx;
    switch (header->command_id) {
    case SMPP_submit_sm_resp:
        if (session->slots)
            on_response(session, header, pdu);
        break;
    case SMPP_deliver_sm:
        if (session->slots)
            on_receipt(session, header, pdu);
        break;
    case SMPP_bind_transceiver_resp: on_bound(session, header); break;
    case SMPP_enquire_link:
        load_send_header(session->sender, SMPP_enquire_link_resp, header->sequence);
        break;
    case SMPP_unbind_resp:
        peer_close(session->sender);
        over(session);
        break;
    default: fault(session, TALLY_strange, header->sequence, header->command_id); break;
    }
}

static void on_read(void *ctx)
{
    struct session *session = ctx;
    if (session->load->options->rate == 0)
        sender_fill(session);
}

static void on_close(void *ctx)
{
    struct session *session = ctx;
    if (!session->unbinding)
        fault(session, TALLY_closed, session->next, 0);
    over(session);
}

static const struct peer_calls calls = {on_pdu, on_read, on_close};

int sender_open(struct session *session)
{
    char system_id[16];
    struct load *load = session->load;
    session->sender = wire_connect(load->wire, &load->options->target, &calls, session);
    if (!session->sender)
        return -errno;
    int len = snprintf(system_id, sizeof system_id, "load%u", session->index);
    struct smpp_bind bind = {
        .system_id = {(const uint8_t *)system_id, (size_t)len},
        .password = {(const uint8_t *)"secret", 6},
        .interface_version = 0x34,
    };
    uint8_t *out = peer_reserve(session->sender, LOAD_PDU_MAX);
    size_t n = smpp_build_bind(out, LOAD_PDU_MAX, SMPP_bind_transceiver, SEQUENCE_MAX, &bind);
    assert(n > 0);
    peer_commit(session->sender, n);
    return 0;
}

void sender_unbind(struct session *session)
{
    if (session->over)
        return;
    session->unbinding = true;
    load_send_header(session->sender, SMPP_unbind, SEQUENCE_MAX + 1);
}

bool sender_send(struct session *session)
{
    struct load *load = session->load;
    const struct options *options = load->options;
    uint64_t n = session->next;
    char mark[MARK_DIGITS];
    if (!load->sending || load->left == 0 || session->over ||
        session->outstanding >= options->window || n + 1 >= SEQUENCE_MAX)
        return false;
    struct slot *slot = load_slot(session, n);
    if (slot->state != SLOT_FREE)
        return false;
    slot->n = n;
    slot->used = true;
    slot->state = SLOT_SENT;
    slot->suppressed = load_number(session, n, slot->digits) && !options->blind;
    slot->sent_ns = options->rate > 0 ? wire_now() : wire_woken(load->wire);
    mark_write(mark, session->index, n);
    template_write(&load->submit, peer_reserve(session->sender, load->submit.len),
                   (uint32_t)(n + 1), slot->digits, mark);
    peer_commit(session->sender, load->submit.len);
    session->next++;
    session->outstanding++;
    session->unfinished++;
    load->tally.sent++;
    load->left--;
    return true;
}

void sender_fill(struct session *session)
{
    while (sender_send(session))
        ;
}
