/*
 * The way of a request: its octets stay where they were read until its turn comes, so the input
 * buffer is the queue and a message is copied once, into the other side's output. Requests leave in
 * the order in which they came; responses pass them by (answer.c).
 *
 *     conn_in:  [ done | held, judged or waiting ... | looked at | not looked at ]
 *                      ^consumed                                 ^consumed + parsed
 */
#include "proxy/relay/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HELD_PER_LANE 4096u
#define REFUSAL_MAX   64u

enum step { STEP_DONE, STEP_WAIT };

void lane_send_header(struct side *to, uint32_t command_id, uint32_t status, uint32_t sequence)
{
    uint8_t *out = to->conn == NULL ? NULL : conn_reserve(to->conn, SMPP_HEADER_LEN);

    if (out != NULL)
        conn_commit(to->conn,
                    smpp_build_header(out, SMPP_HEADER_LEN, command_id, status, sequence));
}

bool lane_ask(struct side *to, uint32_t command_id, enum window_owner owner)
{
    struct window_entry *entry;

    if (to->conn == NULL)
        return false;
    entry = window_add(&to->window, UINT32_MAX, owner);
    if (entry == NULL)
        return false;
    entry->command_id = command_id;
    entry->sent_us = relay_now_us(to->session);
    lane_send_header(to, command_id, 0, entry->sequence);
    entry->out_end = conn_queued(to->conn);
    return true;
}

void lane_refuse(struct side *to, const struct smpp_header *request, uint32_t status)
{
    uint8_t *out = to->conn == NULL ? NULL : conn_reserve(to->conn, REFUSAL_MAX);

    if (request->command_id == SMPP_unbind)
        status = ESME_ROK; /* whoever wants to go may go */
    if (out != NULL)
        conn_commit(to->conn, smpp_build_refusal(out, REFUSAL_MAX, request, status));
}

const uint8_t *lane_octets(const struct held *held)
{
    size_t len;
    const uint8_t *in = conn_in(held->from->conn, &len);

    assert(held->position >= held->from->consumed &&
           held->position - held->from->consumed + held->header.length <= len);
    return in + (held->position - held->from->consumed);
}

static void push(struct side *from, struct held *held)
{
    if (from->last != NULL)
        from->last->next = held;
    else
        from->first = held;
    from->last = held;
    from->held_count++;
}

static struct held *shift(struct side *from)
{
    struct held *held = from->first;

    from->first = held->next;
    if (from->first == NULL)
        from->last = NULL;
    held->next = NULL;
    from->held_count--;
    return held;
}

static unsigned limit_of(const struct side *to)
{
    const struct conf_listener *listener = to->session->listener;

    return (unsigned)(to->is_carrier ? listener->carrier->window : listener->window);
}

static bool can_forward(const struct side *to)
{
    return to->conn != NULL && !conn_out_full(to->conn) && to->window.foreign < limit_of(to);
}

/* Copies the PDU into the other side's output: whole, or a submit_multi without what was dropped.
 * False: no memory. */
static bool copy_out(struct side *to, struct held *held, const uint8_t *pdu, uint32_t len,
                     uint32_t sequence)
{
    uint8_t *out = conn_reserve(to->conn, len);
    size_t n = len;

    if (out == NULL)
        return false;
    if (held != NULL && held->unsuccess != NULL)
        n = multi_copy(out, held, pdu);
    else
        memcpy(out, pdu, len);
    if (n == 0)
        return false;
    smpp_set_sequence(out, sequence);
    conn_commit(to->conn, n);
    return true;
}

/* Sends a request on. `held` may be NULL for one that no filter has seen. The caller has asked
 * can_forward. False: no memory; the request is to be refused. */
static bool forward(struct side *from, struct held *held, const uint8_t *pdu,
                    const struct smpp_header *header)
{
    struct side *to = side_other(from);
    struct session *session = from->session;
    struct window_entry *entry;

    if (from->is_carrier == false && session->carrier_stats != NULL)
        stat_add(session->carrier_stats->requests, 1);
    if (!smpp_wants_resp(header->command_id))
        return copy_out(to, held, pdu, header->length, window_next_sequence(&to->window));
    entry = window_add(&to->window, limit_of(to), OWNER_PEER);
    if (entry == NULL)
        return false;
    if (!copy_out(to, held, pdu, header->length, entry->sequence)) {
        window_remove(&to->window, entry);
        return false;
    }
    entry->their_sequence = header->sequence;
    entry->command_id = header->command_id;
    entry->sent_us = relay_now_us(session);
    entry->out_end = conn_queued(to->conn);
    if (held != NULL)
        entry->held = held->ticket.slot;
    return true;
}

/* A message that a filter took without sending it on. */
static void answer_absorbed(struct held *held)
{
    struct side *from = held->from;
    const uint8_t *pdu = lane_octets(held);
    const struct flt_call *call = chain_call(held->run);
    uint8_t *out = conn_reserve(from->conn, REFUSAL_MAX + sizeof call->message_id);
    struct smpp_msg msg;

    if (out == NULL)
        return;
    conn_commit(from->conn,
                smpp_build_resp(out, REFUSAL_MAX + sizeof call->message_id,
                                held->header.command_id | SMPP_RESP, ESME_ROK,
                                held->header.sequence, from->is_carrier ? "" : call->message_id));
    if (smpp_view_msg(pdu, held->header.length, &msg) == ESME_ROK)
        chain_answered(held->run, &msg, ESME_ROK, (struct smpp_str){0});
}

static void answer_rejected(struct held *held)
{
    const struct flt_call *call = chain_call(held->run);

    if (held->header.command_id == SMPP_submit_multi && flt_dropped(call, 0) &&
        multi_answer_dropped(held))
        return;
    lane_refuse(held->from, &held->header,
                call->status != ESME_ROK ? call->status : (uint32_t)ESME_RSYSERR);
}

static void measure_hold(const struct held *held)
{
    const struct session *session = held->from->session;
    struct relay_stats *measured = session->relay->measured;

    histogram_add(measured->hold_time[held->from->is_carrier],
                  relay_now_us(session) - held->arrived_us);
}

/* The request whose turn it is leaves. WAIT: not yet. */
static enum step settle_first(struct side *from)
{
    struct session *session = from->session;
    struct held *held = from->first;
    bool sent;

    switch (held->state) {
    case HELD_PENDING: return STEP_WAIT;
    case HELD_REJECTED: answer_rejected(held); break;
    case HELD_ABSORBED: answer_absorbed(held); break;
    case HELD_PASSED:
        if (session->state == SESSION_CARRIER_GONE || side_other(from)->conn == NULL) {
            lane_refuse(from, &held->header, ESME_RSYSERR);
            break;
        }
        if (!can_forward(side_other(from)))
            return STEP_WAIT;
        sent = forward(from, held, lane_octets(held), &held->header);
        measure_hold(held);
        if (!sent)
            lane_refuse(from, &held->header, ESME_RSYSERR);
        shift(from);
        held->state = HELD_SENT;
        if (!sent || !smpp_wants_resp(held->header.command_id))
            held_release(session->relay->held, held);
        return STEP_DONE;
    case HELD_SENT: /* is in no lane */ abort();
    }
    shift(from);
    held_release(session->relay->held, held);
    return STEP_DONE;
}

static void note_verdict(struct held *held, enum flt_verdict verdict)
{
    static const enum held_state states[] = {[FLT_PASS] = HELD_PASSED,
                                             [FLT_REJECT] = HELD_REJECTED,
                                             [FLT_ABSORB] = HELD_ABSORBED,
                                             [FLT_PENDING] = HELD_PENDING};
    struct relay *relay = held->from->session->relay;

    stat_add(relay->measured->verdicts[held->from->is_carrier][verdict], 1);
    held->state = states[verdict];
    if (verdict == FLT_PASS && held->header.command_id == SMPP_submit_multi)
        multi_prepare(held);
}

void lane_verdict(struct held *held, enum flt_verdict verdict)
{
    note_verdict(held, verdict);
    if (verdict != FLT_PENDING)
        lane_pump(held->from);
}

/* Puts a request into the lane and asks the filters, if any want to see it. */
static enum step enter(struct side *from, const uint8_t *pdu, const struct smpp_header *header)
{
    struct session *session = from->session;
    struct relay *relay = session->relay;
    const struct chain *chain = from->is_carrier ? session->conf->inbound : session->conf->outbound;
    bool judged = flt_pdu_bit(header->command_id) != 0;
    struct held *held;
    struct smpp_msg msg;
    uint32_t status;

    if (!judged && from->first == NULL && can_forward(side_other(from))) {
        if (!forward(from, NULL, pdu, header))
            lane_refuse(from, header, ESME_RSYSERR);
        return STEP_DONE;
    }
    if (judged) {
        status = smpp_view_msg(pdu, header->length, &msg);
        if (status != ESME_ROK) {
            lane_refuse(from, header, status);
            return STEP_DONE;
        }
    }
    if (from->held_count >= HELD_PER_LANE)
        return STEP_WAIT;
    held = held_take(relay->held, session->conf, chain_run_size(chain));
    if (held == NULL) {
        session_stall(session);
        return STEP_WAIT;
    }
    held->from = from;
    held->header = *header;
    held->position = from->consumed + from->parsed;
    held->arrived_us = relay_now_us(session);
    push(from, held);
    if (!judged) {
        held->state = HELD_PASSED;
        return STEP_DONE;
    }
    struct chain_env env = {.world = &session->conf->world,
                            .origin = &session->origin,
                            .ports = &relay->ports,
                            .phone = relay->phone,
                            .parts = relay->parts,
                            .counts = relay->counts[from->is_carrier],
                            .inbound = from->is_carrier};
    net_hook_arm(relay->net, &relay->counts_hook);
    held->running = true;
    note_verdict(held, chain_start(chain, held->run, &env, &msg, held->ticket));
    return STEP_DONE;
}

/* What the standard lets this end ask for in this state. ESME_ROK, or the status to refuse with
 * (SMPP 3.4, table 2-1). */
static uint32_t allowed(const struct side *from, uint32_t command_id)
{
    const struct session *session = from->session;

    if (session->state == SESSION_CARRIER_GONE && !from->is_carrier)
        return ESME_RSYSERR;
    if (session->state == SESSION_UNBINDING)
        return from->unbind_sent ? ESME_RSYSERR : ESME_RINVBNDSTS;
    if (from->is_carrier)
        return smpp_is_bind(command_id) ? ESME_RINVBNDSTS : ESME_ROK;
    switch (command_id) {
    case SMPP_bind_receiver:
    case SMPP_bind_transmitter:
    case SMPP_bind_transceiver: return ESME_RALYBND;
    case SMPP_submit_sm:
    case SMPP_submit_multi:
    case SMPP_data_sm:
    case SMPP_query_sm:
    case SMPP_cancel_sm:
    case SMPP_replace_sm:
    case SMPP_broadcast_sm:
    case SMPP_query_broadcast_sm:
    case SMPP_cancel_broadcast_sm: return session->can_send ? ESME_ROK : ESME_RINVBNDSTS;
    case SMPP_deliver_sm:
    case SMPP_alert_notification:
    case SMPP_outbind: return ESME_RINVBNDSTS;
    default: return ESME_ROK;
    }
}

static void unbind_read(struct side *from, const struct smpp_header *header)
{
    lane_send_header(from, SMPP_unbind_resp, ESME_ROK, header->sequence);
    session_side_ended(from, 0);
}

/* Requests from the sender while there is no bind. */
static enum step before_bind(struct side *from, const uint8_t *pdu,
                             const struct smpp_header *header)
{
    struct session *session = from->session;

    if (session->state != SESSION_OPEN)
        return STEP_WAIT; /* the bind is being answered: what follows it waits */
    if (smpp_is_bind(header->command_id))
        bind_begin(session, pdu, header);
    else if (header->command_id == SMPP_unbind)
        unbind_read(from, header);
    else
        lane_refuse(from, header,
                    smpp_command_name(header->command_id) == NULL ? ESME_RINVCMDID
                                                                  : ESME_RINVBNDSTS);
    return STEP_DONE;
}

/* A carrier that speaks before it has answered the bind. What it delivers may be a STOP, so it is
 * to try again rather than give up. */
static void refuse_early(struct side *from, const struct smpp_header *header)
{
    bool delivery = header->command_id == SMPP_deliver_sm || header->command_id == SMPP_data_sm;

    lane_refuse(from, header, delivery ? ESME_RX_T_APPN : ESME_RINVBNDSTS);
}

static enum step request_read(struct side *from, const uint8_t *pdu,
                              const struct smpp_header *header)
{
    struct session *session = from->session;
    uint32_t status;
    enum step step;

    if (header->command_id == SMPP_enquire_link) {
        lane_send_header(from, SMPP_enquire_link_resp, ESME_ROK, header->sequence);
        return STEP_DONE;
    }
    if (session->state < SESSION_BOUND && !from->is_carrier)
        return before_bind(from, pdu, header);
    stat_add(session->relay->measured->pdus[from->is_carrier], 1);
    if (header->command_id == SMPP_unbind &&
        (session->state != SESSION_BOUND || from->unbind_sent)) {
        unbind_read(from, header);
        return STEP_DONE;
    }
    if (from->is_carrier && session->state != SESSION_BOUND) {
        /* Nobody is there to take it: unanswered, the carrier keeps it and sends it again. */
        if (session->state < SESSION_BOUND)
            refuse_early(from, header);
        return STEP_DONE;
    }
    status = allowed(from, header->command_id);
    if (status != ESME_ROK) {
        lane_refuse(from, header, status);
        return STEP_DONE;
    }
    step = enter(from, pdu, header);
    if (step == STEP_DONE && header->command_id == SMPP_unbind) {
        side_other(from)->unbind_sent = true;
        session_move(session, SESSION_UNBINDING);
    }
    return step;
}

/* Looks at the next PDU. WAIT: it is not whole, or there is no room for what would come of it. */
static enum step read_next(struct side *from)
{
    struct side *to = side_other(from);
    struct session *session = from->session;
    struct smpp_header header;
    enum smpp_frame_result result;
    const struct conn *conn = from->conn;
    const uint8_t *in;
    size_t len;

    if (conn_out_full(from->conn) || (to->conn != NULL && conn_out_full(to->conn)))
        return STEP_WAIT;
    in = conn_in(from->conn, &len);
    if (len == from->parsed)
        return STEP_WAIT;
    result = smpp_frame_next(in + from->parsed, len - from->parsed,
                             (uint32_t)session->listener->max_pdu, &header);
    if (result == SMPP_FRAME_MORE)
        return STEP_WAIT;
    session->heard = true;
    if (result == SMPP_FRAME_BAD) {
        session_garbage(from, "command_length", ESME_RINVCMDLEN, header.sequence);
        return STEP_WAIT;
    }
    if (smpp_is_resp(header.command_id))
        answer_read(from, in + from->parsed, &header);
    else if (request_read(from, in + from->parsed, &header) == STEP_WAIT)
        return STEP_WAIT;
    /* What was read may have ended this connection, and begun another at the next address. */
    if (from->conn == conn)
        from->parsed += header.length;
    return STEP_DONE;
}

static void consume(struct side *from)
{
    size_t done =
        from->first != NULL ? (size_t)(from->first->position - from->consumed) : from->parsed;

    if (done == 0)
        return;
    conn_consume(from->conn, done);
    from->consumed += done;
    from->parsed -= done;
}

void lane_pump(struct side *from)
{
    struct session *session = from->session;

    if (from->in_pump) {
        from->pump_again = true;
        return;
    }
    from->in_pump = true;
    do {
        from->pump_again = false;
        while (session->state != SESSION_CLOSED && from->conn != NULL) {
            if (from->first != NULL && settle_first(from) == STEP_DONE)
                continue;
            if (session->state == SESSION_CLOSED || read_next(from) != STEP_DONE)
                break;
        }
        if (session->state != SESSION_CLOSED && from->conn != NULL)
            consume(from);
    } while (from->pump_again && session->state != SESSION_CLOSED);
    from->in_pump = false;
    session_settle(session);
}

void lane_clear(struct side *from, uint32_t status)
{
    while (from->first != NULL) {
        struct held *held = shift(from);

        if (status != 0 && smpp_wants_resp(held->header.command_id))
            lane_refuse(from, &held->header, status);
        held_release(from->session->relay->held, held);
    }
}
