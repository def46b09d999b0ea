/*
 * From the sender's bind to the carrier's answer. The sender's own bind PDU is sent to the
 * carrier's addresses in turn, until one of them answers it.
 */
#include "proxy/relay/session.h"

#include <stdlib.h>
#include <string.h>

static void open_address(struct session *session);

static void bind_done(struct session *session)
{
    free(session->bind);
    session->bind = NULL;
}

static void drop_carrier(struct session *session)
{
    struct side *carrier = &session->carrier;

    answer_forget(carrier);
    if (carrier->conn != NULL)
        conn_close(carrier->conn);
    *carrier = (struct side){.session = session, .is_carrier = true, .in_pump = carrier->in_pump};
}

/* SMPP 3.4, 4.1: the answer is the sender's to read; it may try again on the same connection. */
static void refuse(struct session *session, uint32_t status)
{
    struct smpp_header header = session->bind_header;

    drop_carrier(session);
    bind_done(session);
    lane_refuse(&session->sender, &header, status);
    session_move(session, SESSION_OPEN);
    lane_pump(&session->sender);
}

void bind_begin(struct session *session, const uint8_t *pdu, const struct smpp_header *header)
{
    struct smpp_bind bind;
    uint32_t status = smpp_view_bind(pdu, header->length, &bind);
    size_t len;

    if (status == ESME_ROK && session->relay->draining)
        status = ESME_RBINDFAIL;
    if (status == ESME_ROK) {
        session->bind = malloc(header->length);
        if (session->bind == NULL)
            status = ESME_RSYSERR;
    }
    if (status != ESME_ROK) {
        lane_refuse(&session->sender, header, status);
        return;
    }
    memcpy(session->bind, pdu, header->length);
    session->bind_header = *header;
    len = bind.system_id.len < sizeof session->system_id ? bind.system_id.len
                                                         : sizeof session->system_id - 1;
    if (len > 0)
        memcpy(session->system_id, bind.system_id.p, len);
    session->system_id[len] = '\0';
    session->address = 0;
    session_move(session, SESSION_CONNECTING);
    open_address(session);
}

static void open_address(struct session *session)
{
    const struct conf_carrier *carrier = session->listener->carrier;

    session->carrier.conn = session_open_carrier(session, &carrier->addresses[session->address],
                                                 carrier->connect_timeout);
    if (session->carrier.conn == NULL)
        refuse(session, ESME_RSYSERR);
}

void bind_next_address(struct session *session, const char *why)
{
    const struct conf_carrier *carrier = session->listener->carrier;

    LOG_WRN(session->relay->log, session->id, "carrier did not take the bind", "carrier",
            carrier->name, "address", carrier->addresses[session->address].text, "system_id",
            session->system_id, "reason", why);
    stat_add(session->carrier_stats->bind_failures, 1);
    drop_carrier(session);
    session->address++;
    if (session->address < carrier->address_count) {
        session_move(session, SESSION_CONNECTING);
        open_address(session);
    } else {
        refuse(session, ESME_RBINDFAIL);
    }
}

void bind_opened(struct session *session, int error)
{
    struct side *carrier = &session->carrier;
    struct window_entry *entry;
    uint8_t *out;

    if (error != 0) {
        carrier->conn = NULL;
        bind_next_address(session, strerror(-error));
        return;
    }
    entry = window_add(&carrier->window, UINT32_MAX, OWNER_PEER);
    out = entry == NULL ? NULL : conn_reserve(carrier->conn, session->bind_header.length);
    if (out == NULL) {
        refuse(session, ESME_RSYSERR);
        return;
    }
    memcpy(out, session->bind, session->bind_header.length);
    smpp_set_sequence(out, entry->sequence);
    conn_commit(carrier->conn, session->bind_header.length);
    entry->their_sequence = session->bind_header.sequence;
    entry->command_id = session->bind_header.command_id;
    entry->sent_us = relay_now_us(session);
    entry->out_end = conn_queued(carrier->conn);
    session_move(session, SESSION_BINDING);
}

static void bound(struct session *session)
{
    uint32_t command = session->bind_header.command_id;

    session->can_send = command != SMPP_bind_receiver;
    session->can_receive = command != SMPP_bind_transmitter;
    stat_add(session->carrier_stats->binds, 1);
    LOG_INF(session->relay->log, session->id, "bound", "system_id", session->system_id, "as",
            smpp_command_name(command) + strlen("bind_"), "peer", conn_peer(session->sender.conn),
            "carrier", session->listener->carrier->name, "address",
            session->listener->carrier->addresses[session->address].text);
    bind_done(session);
    session_move(session, SESSION_BOUND);
    mailbox_join(session);
    if (session->relay->draining)
        session_drain(session);
}

void bind_answered(struct session *session, const uint8_t *pdu, const struct smpp_header *header,
                   uint32_t their_sequence)
{
    struct side *sender = &session->sender;
    const char *name = smpp_status_name(header->status);
    uint8_t *out;

    if (session->state != SESSION_BINDING)
        return; /* the sender has left; the unbind is on its way behind the bind */
    out = conn_reserve(sender->conn, header->length);
    if (out != NULL) {
        memcpy(out, pdu, header->length);
        smpp_set_sequence(out, their_sequence);
        conn_commit(sender->conn, header->length);
    }
    if (header->status == ESME_ROK && header->command_id != SMPP_generic_nack) {
        bound(session);
    } else {
        LOG_INF(session->relay->log, session->id, "bind refused by the carrier", "system_id",
                session->system_id, "carrier", session->listener->carrier->name, "status",
                name != NULL ? name : LOG_NUM(header->status));
        stat_add(session->carrier_stats->bind_failures, 1);
        bind_done(session);
        drop_carrier(session);
        session_move(session, SESSION_OPEN);
    }
    lane_pump(sender);
}
