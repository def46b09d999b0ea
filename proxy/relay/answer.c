/*
 * Responses: each goes back to whoever asked, under the number under which it was asked. They never
 * wait behind requests. What nobody asked, or what was answered already, is swallowed.
 */
#include "proxy/relay/session.h"

#include <string.h>

/* A submit_multi that went out without some of its destinations: the response names them. */
static bool pass_multi(struct side *to, const uint8_t *pdu, const struct smpp_header *header,
                       uint32_t sequence, const struct held *held)
{
    size_t cap = header->length + 16u;
    uint8_t *out;
    size_t n;

    for (unsigned i = 0; i < held->unsuccess_count; i++)
        cap += held->unsuccess[i].addr.digits.len + 8u;
    out = conn_reserve(to->conn, cap);
    if (out == NULL)
        return false;
    n = smpp_build_multi_resp_added(out, cap, pdu, header->length, held->unsuccess,
                                    held->unsuccess_count);
    if (n == 0)
        return false;
    smpp_set_sequence(out, sequence);
    conn_commit(to->conn, n);
    return true;
}

static void pass(struct side *to, const uint8_t *pdu, const struct smpp_header *header,
                 uint32_t sequence, const struct held *held)
{
    uint8_t *out;

    if (to->conn == NULL)
        return;
    if (held != NULL && held->unsuccess_count > 0 && header->command_id == SMPP_submit_multi_resp &&
        pass_multi(to, pdu, header, sequence, held))
        return;
    out = conn_reserve(to->conn, header->length);
    if (out == NULL)
        return;
    memcpy(out, pdu, header->length);
    smpp_set_sequence(out, sequence);
    conn_commit(to->conn, header->length);
}

static void tell_filters(struct held *held, const uint8_t *pdu, const struct smpp_header *header)
{
    struct smpp_resp resp;

    if (!held->running)
        return;
    smpp_view_resp(pdu, header->length, &resp);
    chain_answered(held->run, NULL, header->status, resp.id);
}

static void measure(struct session *session, const struct window_entry *entry, uint32_t status)
{
    struct carrier_stats *stats = session->carrier_stats;

    stat_add(status == ESME_ROK ? stats->responses_ok : stats->responses_error, 1);
    histogram_add(stats->response_time, relay_now_us(session) - entry->sent_us);
}

static void unmatched(struct side *from, const uint8_t *pdu, const struct smpp_header *header)
{
    struct session *session = from->session;

    /* A generic_nack without a number speaks of something that could not be read: the other end
     * sees it as it would on a direct line. */
    if (header->command_id == SMPP_generic_nack && header->sequence == 0 &&
        session->state == SESSION_BOUND)
        pass(side_other(from), pdu, header, 0, NULL);
    else
        stat_add(session->relay->measured->unmatched, 1);
}

static void answered_peer(struct side *from, struct window_entry entry, const uint8_t *pdu,
                          const struct smpp_header *header)
{
    struct session *session = from->session;
    struct held *held =
        entry.held == WINDOW_NO_HELD ? NULL : held_at(session->relay->held, entry.held);

    if (smpp_is_bind(entry.command_id)) {
        bind_answered(session, pdu, header, entry.their_sequence);
        return;
    }
    if (from->is_carrier)
        measure(session, &entry, header->status);
    pass(side_other(from), pdu, header, entry.their_sequence, held);
    if (held != NULL) {
        tell_filters(held, pdu, header);
        held_release(session->relay->held, held);
    }
    if (entry.command_id == SMPP_unbind)
        session_close(session, "unbound");
}

static bool is_message_resp(uint32_t command_id)
{
    uint32_t request = command_id & ~SMPP_RESP;

    return command_id != SMPP_generic_nack && request != SMPP_enquire_link &&
           request != SMPP_unbind && !smpp_is_bind(request);
}

/* Whether a response may be meant for a request: the number alone does not say so, because some
 * peers number their responses themselves. A command that the peer does not know is answered with
 * generic_nack, with an error in some other message's response, or, a vendor's, with anything. */
static bool fits(const struct window_entry *entry, const struct smpp_header *header)
{
    if (header->command_id == (entry->command_id | SMPP_RESP) ||
        header->command_id == SMPP_generic_nack)
        return true;
    return entry->owner == OWNER_PEER && is_message_resp(header->command_id) &&
           is_message_resp(entry->command_id | SMPP_RESP) &&
           (header->status != ESME_ROK || smpp_command_name(entry->command_id) == NULL);
}

/* The request that a response answers, or NULL. There is only one bind that it can answer, so a
 * bind_resp finds it under any number. */
static struct window_entry *find_asked(const struct side *from, const struct smpp_header *header)
{
    struct window_entry *entry = window_find(&from->window, header->sequence);

    if (entry != NULL && fits(entry, header))
        return entry;
    if (from->session->state != SESSION_BINDING || !smpp_is_bind(header->command_id & ~SMPP_RESP))
        return NULL;
    for (uint32_t i = 0; i < from->window.capacity; i++) {
        entry = &from->window.entries[i];
        if (entry->sequence != 0 && header->command_id == (entry->command_id | SMPP_RESP))
            return entry;
    }
    return NULL;
}

void answer_read(struct side *from, const uint8_t *pdu, const struct smpp_header *header)
{
    struct window_entry *found = find_asked(from, header);
    struct window_entry entry;

    if (found == NULL) {
        unmatched(from, pdu, header);
        return;
    }
    entry = *found;
    window_remove(&from->window, found);
    switch (entry.owner) {
    case OWNER_PEER: answered_peer(from, entry, pdu, header); break;
    case OWNER_ENQUIRE: from->asked_us = 0; break;
    case OWNER_UNBIND: session_side_ended(from, 0); break;
    case OWNER_RECEIPT: break;
    }
    /* There is room in its window again. */
    if (from->session->state != SESSION_CLOSED && side_other(from)->first != NULL)
        lane_pump(side_other(from));
}

static void forget(struct side *from, struct window_entry *entry)
{
    if (entry->held != WINDOW_NO_HELD)
        held_release(from->session->relay->held, held_at(from->session->relay->held, entry->held));
    window_remove(&from->window, entry);
}

void answer_expire(struct side *from, uint64_t before_us)
{
    for (uint32_t i = 0; i < from->window.capacity; i++) {
        struct window_entry *entry = &from->window.entries[i];

        if (entry->sequence == 0 || entry->sent_us >= before_us)
            continue;
        stat_add(from->session->relay->measured->expired, 1);
        forget(from, entry);
    }
}

/* What the kernel has not taken was never sent, and the sender is told so. What was sent stays
 * unanswered, as on a line that broke: nobody knows its fate. */
void answer_carrier_lost(struct session *session)
{
    struct side *carrier = &session->carrier;
    uint64_t written = carrier->conn == NULL ? 0 : conn_written(carrier->conn);

    for (uint32_t i = 0; i < carrier->window.capacity; i++) {
        struct window_entry *entry = &carrier->window.entries[i];
        struct smpp_header request = {.command_id = entry->command_id,
                                      .sequence = entry->their_sequence};

        if (entry->sequence == 0 || entry->owner != OWNER_PEER)
            continue;
        if (entry->out_end > written || entry->command_id == SMPP_unbind)
            lane_refuse(&session->sender, &request, ESME_RSYSERR);
    }
    answer_forget(carrier);
}

void answer_forget(struct side *from)
{
    for (uint32_t i = 0; i < from->window.capacity; i++) {
        if (from->window.entries[i].sequence != 0)
            forget(from, &from->window.entries[i]);
    }
    window_free(&from->window);
}
