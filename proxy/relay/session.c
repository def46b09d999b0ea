#include "proxy/relay/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MAX_US    (30u * 1000000u) /* a timer is never set further */
#define STALL_US       20000u
#define UNBIND_WAIT_US (5u * 1000000u) /* for an unbind_resp */
#define ANSWER_WAIT_US 500000u         /* for answers a sender that has closed may still read */

static void on_timer(evutil_socket_t fd, short what, void *arg);

/* Callbacks of both conns; arg is the side. */

static void side_opened(void *arg, int error)
{
    struct side *side = arg;

    bind_opened(side->session, error);
}

static void side_data(void *arg)
{
    lane_pump(arg);
}

static void side_closed(void *arg, int error)
{
    struct side *side = arg;

    lane_pump(side);
    session_side_ended(side, error);
}

static void side_drained(void *arg)
{
    struct side *side = arg;

    lane_pump(side);
    if (side->session->state != SESSION_CLOSED)
        lane_pump(side_other(side));
}

static const struct conn_ops side_ops = {
    .on_open = side_opened,
    .on_data = side_data,
    .on_close = side_closed,
    .on_drain = side_drained,
};

struct conn *session_open_carrier(struct session *session, const struct conf_uri *uri,
                                  uint64_t timeout)
{
    return conn_open(session->relay->net, uri, timeout, session->listener->buffer, &side_ops,
                     &session->carrier);
}

struct session *session_new(struct relay *relay, unsigned listener, int fd)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL)
        goto fail;
    session->relay = relay;
    session->sender.session = session->carrier.session = session;
    session->carrier.is_carrier = true;
    session->timer = evtimer_new(net_base(relay->net), on_timer, session);
    if (session->timer == NULL)
        goto fail;
    session->home = conf_ref(relay->conf);
    session->conf = conf_ref(relay->conf);
    session->listener = &session->home->listeners[listener];
    session->sender.conn =
        conn_accept(relay->net, fd, session->listener->buffer, &side_ops, &session->sender);
    fd = -1; /* conn_accept owns it, whatever becomes of it */
    if (session->sender.conn == NULL)
        goto fail;
    session->id = ++relay->last_id;
    session->carrier_stats = measure_carrier(relay, session->listener->carrier->name);
    session->origin =
        (struct flt_origin){.account = session->system_id,
                            .carrier = session->listener->carrier->name,
                            .alphabet = (enum smpp_alphabet)session->listener->carrier->alphabet,
                            .session = session->id};
    session->next = relay->sessions;
    session->prev = &relay->sessions;
    if (session->next != NULL)
        session->next->prev = &session->next;
    relay->sessions = session;
    relay->session_count++;
    session_move(session, SESSION_OPEN);
    return session;
fail:
    if (fd >= 0)
        evutil_closesocket(fd);
    if (session != NULL)
        session_destroy(session);
    return NULL;
}

void session_destroy(struct session *session)
{
    if (session->timer != NULL)
        event_free(session->timer);
    conf_unref(session->conf);
    conf_unref(session->home);
    free(session->bind);
    free(session);
}

/* How long a state may last. */
static uint64_t state_limit_us(const struct session *session)
{
    switch (session->state) {
    case SESSION_OPEN: return session->listener->bind_timeout * 1000;
    case SESSION_BINDING: return session->listener->carrier->bind_timeout * 1000;
    case SESSION_UNBINDING:
    case SESSION_CARRIER_GONE: return UNBIND_WAIT_US;
    case SESSION_LEAVING: return session->conf->store.hold_for * 1000 + UNBIND_WAIT_US;
    case SESSION_CONNECTING:
    case SESSION_BOUND:
    case SESSION_CLOSED: break;
    }
    return 0;
}

void session_move(struct session *session, enum session_state state)
{
    struct relay_stats *measured = session->relay->measured;
    uint64_t limit;

    if ((session->state == SESSION_BOUND) != (state == SESSION_BOUND))
        stat_add(measured->bound, state == SESSION_BOUND ? 1 : -1);
    session->state = state;
    session->since_us = relay_now_us(session);
    limit = state_limit_us(session);
    session->lost_us = limit == 0 ? 0 : session->since_us + limit;
    session_rearm(session);
}

void session_close(struct session *session, const char *why)
{
    struct relay *relay = session->relay;
    struct side *sides[] = {&session->sender, &session->carrier};

    if (session->state == SESSION_CLOSED)
        return;
    if (session->heard)
        LOG_INF(relay->log, session->id, "session ended", "system_id", session->system_id, "reason",
                why);
    mailbox_leave(session);
    session_move(session, SESSION_CLOSED);
    evtimer_del(session->timer);
    for (unsigned i = 0; i < 2; i++) {
        lane_clear(sides[i], 0);
        answer_forget(sides[i]);
        if (sides[i]->conn != NULL)
            conn_close(sides[i]->conn);
        sides[i]->conn = NULL;
    }
    *session->prev = session->next;
    if (session->next != NULL)
        session->next->prev = session->prev;
    relay->session_count--;
    session->next = relay->closed;
    relay->closed = session;
    net_hook_arm(relay->net, &relay->free_hook);
}

/* The sender is told what did not leave, then asked to go. */
static void carrier_gone(struct session *session, const char *why)
{
    struct side *carrier = &session->carrier;
    enum session_state was = session->state;

    LOG_WRN(session->relay->log, session->id, "carrier lost", "carrier",
            session->listener->carrier->name, "system_id", session->system_id, "reason", why);
    stat_add(session->carrier_stats->lost, 1);
    answer_carrier_lost(session);
    lane_clear(carrier, 0);
    lane_clear(&session->sender, ESME_RSYSERR);
    if (carrier->conn != NULL)
        conn_close(carrier->conn);
    carrier->conn = NULL;
    if (was == SESSION_UNBINDING && !session->sender.unbind_sent) {
        session_close(session, why);
        return;
    }
    session_move(session, SESSION_CARRIER_GONE);
    mailbox_leave(session);
    if (!session->sender.unbind_sent)
        session->sender.unbind_sent = lane_ask(&session->sender, SMPP_unbind, OWNER_UNBIND);
    /* What waits in the input buffer starts where the lane ended. */
    lane_pump(&session->sender);
}

static void sender_ended(struct session *session, const char *why)
{
    switch (session->state) {
    case SESSION_OPEN:
    case SESSION_CONNECTING:
    case SESSION_CARRIER_GONE: session_close(session, why); break;
    case SESSION_BINDING:
    case SESSION_BOUND:
    case SESSION_UNBINDING:
        mailbox_leave(session);
        session_move(session, SESSION_LEAVING);
        session_settle(session);
        break;
    case SESSION_LEAVING:
    case SESSION_CLOSED: break;
    }
}

static void carrier_ended(struct session *session, const char *why)
{
    switch (session->state) {
    case SESSION_BINDING: bind_next_address(session, why); break;
    case SESSION_BOUND:
    case SESSION_UNBINDING: carrier_gone(session, why); break;
    case SESSION_LEAVING: session_close(session, "sender left"); break;
    case SESSION_OPEN:
    case SESSION_CONNECTING:
    case SESSION_CARRIER_GONE:
    case SESSION_CLOSED: break;
    }
}

void session_side_ended(struct side *side, int error)
{
    struct session *session = side->session;
    const char *why = error != 0 ? strerror(-error) : "closed by the peer";

    if (session->state == SESSION_CLOSED || side->ended)
        return;
    side->ended = true;
    if (side->is_carrier)
        carrier_ended(session, why);
    else
        sender_ended(session, why);
}

void session_garbage(struct side *side, const char *what, uint32_t status, uint32_t sequence)
{
    struct session *session = side->session;
    struct conn *conn = side->conn;

    LOG_WRN(session->relay->log, session->id, "not SMPP", "peer", conn_peer(conn), "from",
            side->is_carrier ? "carrier" : "sender", "problem", what);
    stat_add(session->relay->measured->garbage, 1);
    lane_clear(side, ESME_RSYSERR);
    lane_send_header(side, SMPP_generic_nack, status, sequence);
    if (!side->is_carrier) {
        side->conn = NULL;
        conn_close(conn);
    }
    session_side_ended(side, -EPROTO);
}

/* A whole PDU of the sender's is still to be read. */
static bool unread(const struct side *side)
{
    struct smpp_header header;
    size_t len;
    const uint8_t *in;

    if (side->first != NULL)
        return true;
    if (side->conn == NULL)
        return false;
    in = conn_in(side->conn, &len);
    return len > side->parsed &&
           smpp_frame_next(in + side->parsed, len - side->parsed,
                           (uint32_t)side->session->listener->max_pdu, &header) == SMPP_FRAME_PDU;
}

/* All that the sender sent before it left has gone on: the carrier is told, once. */
static void settle_leaving(struct session *session)
{
    struct side *carrier = &session->carrier;
    uint64_t waited = relay_now_us(session) - session->since_us;
    uint64_t patience = session->draining ? session->relay->drain_wait_us : ANSWER_WAIT_US;
    bool answers = session->sender.conn != NULL && carrier->window.foreign > 0;

    if (carrier->unbind_sent || unread(&session->sender))
        return;
    if (answers && session->bind == NULL && waited < patience) {
        session->lost_us = session->since_us + patience + UNBIND_WAIT_US;
        return;
    }
    carrier->unbind_sent = lane_ask(carrier, SMPP_unbind, OWNER_UNBIND);
    session->lost_us = relay_now_us(session) + UNBIND_WAIT_US;
    if (!carrier->unbind_sent)
        session_close(session, "sender left");
}

void session_settle(struct session *session)
{
    if (session->state == SESSION_LEAVING)
        settle_leaving(session);
    else if (session->draining && session->state == SESSION_BOUND)
        drain_settle(session);
}

void session_stall(struct session *session)
{
    session->stalled = true;
    session_rearm(session);
}

static void earlier(uint64_t *due, uint64_t other)
{
    if (other != 0 && other < *due)
        *due = other;
}

void session_rearm(struct session *session)
{
    uint64_t now = relay_now_us(session), due = now + TICK_MAX_US;
    struct timeval wait;

    if (session->state == SESSION_CLOSED)
        return;
    earlier(&due, session->lost_us);
    if (session->state == SESSION_BOUND) {
        earlier(&due, link_due(&session->sender));
        earlier(&due, link_due(&session->carrier));
        if (session->sender.window.count + session->carrier.window.count > 0)
            earlier(&due, now + session->listener->response_timeout * 250);
    }
    if (session->stalled || session->draining || session->state == SESSION_LEAVING)
        earlier(&due, now + STALL_US);
    due = due > now ? due - now : 0;
    wait = (struct timeval){.tv_sec = (time_t)(due / 1000000),
                            .tv_usec = (suseconds_t)(due % 1000000)};
    evtimer_add(session->timer, &wait);
}

static void state_overdue(struct session *session)
{
    switch (session->state) {
    case SESSION_OPEN: session_close(session, "no bind in time"); break;
    case SESSION_BINDING: bind_next_address(session, "no bind_resp in time"); break;
    case SESSION_UNBINDING:
    case SESSION_CARRIER_GONE:
        answer_carrier_lost(session);
        session_close(session, "no unbind_resp in time");
        break;
    case SESSION_LEAVING: session_close(session, "sender left"); break;
    case SESSION_BOUND: /* draining */ sender_ended(session, "shutting down"); break;
    case SESSION_CONNECTING:
    case SESSION_CLOSED: break;
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct session *session = arg;

    (void)fd;
    (void)what;
    if (session->state == SESSION_BOUND)
        link_check(session);
    if (session->stalled) {
        session->stalled = false;
        lane_pump(&session->sender);
        if (session->state != SESSION_CLOSED)
            lane_pump(&session->carrier);
    }
    session_settle(session);
    if (session->state != SESSION_CLOSED && session->lost_us != 0 &&
        relay_now_us(session) >= session->lost_us) {
        session->lost_us = 0;
        state_overdue(session);
    }
    session_rearm(session);
}
