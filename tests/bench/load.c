#include "tests/bench/load.h"

#include "smpp/build.h"

#include <assert.h>
#include <stdlib.h>

#define RING_WINDOWS 16 /* how far a session may run ahead of its slowest message */

static int session_init(struct load *load, unsigned index)
{
    struct session *session = &load->sessions[index];
    session->load = load;
    session->index = index;
    if (load->options->idle)
        return 0;
    session->slots = calloc(load->ring_mask + 1, sizeof *session->slots);
    session->receipt_ring = calloc(load->ring_mask + 1, sizeof *session->receipt_ring);
    return session->slots && session->receipt_ring ? 0 : -1;
}

struct load *load_new(const struct options *options)
{
    struct load *load = calloc(1, sizeof *load);
    if (!load)
        return NULL;
    uint64_t ring = 64;
    while (ring < (uint64_t)options->window * RING_WINDOWS)
        ring *= 2;
    load->ring_mask = ring - 1;
    load->options = options;
    load->left = options->messages ? options->messages : UINT64_MAX;
    template_submit(&load->submit);
    template_receipt(&load->receipt);
    load->wire = wire_new();
    load->sessions = calloc(options->sessions, sizeof *load->sessions);
    if (!load->wire || !load->sessions)
        goto fail;
    for (unsigned i = 0; i < options->sessions; i++) {
        if (session_init(load, i) < 0)
            goto fail;
    }
    return load;
fail:
    load_free(load);
    return NULL;
}

void load_free(struct load *load)
{
    if (!load)
        return;
    wire_free(load->wire);
    for (unsigned i = 0; load->sessions && i < load->options->sessions; i++) {
        free(load->sessions[i].slots);
        free(load->sessions[i].receipt_ring);
    }
    free(load->sessions);
    free(load);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

bool load_number(const struct session *session, uint64_t n, char digits[NUMBER_DIGITS])
{
    const struct options *options = session->load->options;
    uint64_t random = mix(((uint64_t)session->index << 40) + n + 1);
    bool suppressed = options->one_in && (n + session->index) % options->one_in == 0;
    number_write(digits, suppressed ? number_suppressed(random % options->suppressed)
                                    : number_allowed(random % options->spread));
    return suppressed;
}

void load_advance(struct session *session, struct slot *slot, enum slot_state state)
{
    bool was_open = !(slot->state & SLOT_ANSWERED);
    slot->state = (uint8_t)(slot->state | state);
    if (was_open && state == SLOT_ANSWERED)
        session->outstanding--;
    bool receipt_due = session->load->options->receipts && (slot->state & SLOT_ARRIVED);
    if ((slot->state & SLOT_ANSWERED) && (!receipt_due || (slot->state & SLOT_RECEIPT))) {
        slot->state = SLOT_FREE;
        session->unfinished--;
    }
}

static void count_session(struct session *session)
{
    struct tally *tally = &session->load->tally;
    for (uint64_t i = 0; i <= session->load->ring_mask && session->unfinished; i++) {
        const struct slot *slot = &session->slots[i];
        if (slot->state == SLOT_FREE)
            continue;
        if (slot->state & SLOT_ANSWERED)
            tally_fault(tally, TALLY_receipts_lost, session->index, slot->n, 0);
        else if (slot->state & SLOT_ARRIVED)
            tally_fault(tally, TALLY_unanswered, session->index, slot->n, 0);
        else
            tally_fault(tally, TALLY_lost, session->index, slot->n, 0);
    }
    for (unsigned i = 0; i < session->receipts_out; i++)
        tally_fault(tally, TALLY_receipts_lost, session->index, session->receipt_sequence, 0);
}

void load_count_missing(struct load *load)
{
    for (unsigned i = 0; i < load->options->sessions; i++)
        count_session(&load->sessions[i]);
}

void load_send_header(struct peer *peer, uint32_t command_id, uint32_t sequence)
{
    uint8_t *out = peer_reserve(peer, SMPP_HEADER_LEN);
    size_t len = smpp_build_header(out, SMPP_HEADER_LEN, command_id, ESME_ROK, sequence);
    assert(len > 0);
    peer_commit(peer, len);
}
