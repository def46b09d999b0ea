/*
 * Leaving in good order: nobody's message is lost or doubled by the end of the process, and no bind
 * is left behind at the carrier, however silent the other ends are.
 */
#include "proxy/relay/session.h"

/* Draining: with nothing under way the sender is asked to go. What it has sent by then is read and
 * served as ever, until it answers. */
void drain_settle(struct session *session)
{
    struct side *sender = &session->sender;
    bool quiet = sender->first == NULL && session->carrier.window.foreign == 0 &&
                 sender->window.foreign == 0 && session->carrier.first == NULL;

    if (sender->unbind_sent)
        return;
    if (!quiet && relay_now_us(session) - session->since_us < session->relay->drain_wait_us)
        return;
    sender->unbind_sent = lane_ask(sender, SMPP_unbind, OWNER_UNBIND);
    session->since_us = relay_now_us(session);
    session->lost_us = session->since_us + session->relay->drain_wait_us;
    if (sender->conn != NULL)
        conn_read_resume(sender->conn);
}

void session_drain(struct session *session)
{
    if (session->draining)
        return;
    switch (session->state) {
    case SESSION_OPEN: session_close(session, "shutting down"); break;
    case SESSION_BOUND:
        session->draining = true;
        session->since_us = relay_now_us(session);
        conn_read_pause(session->sender.conn);
        session_settle(session);
        session_rearm(session);
        break;
    default: /* binding: drained once it is bound; the others are on their way out */ break;
    }
}

/* Asks an end to go, where nobody has yet. */
static void ask_to_go(struct side *side)
{
    if (side->conn != NULL && !side->ended && !side->unbind_sent)
        side->unbind_sent = lane_ask(side, SMPP_unbind, OWNER_UNBIND);
}

void session_cut(struct session *session)
{
    switch (session->state) {
    case SESSION_BOUND:
    case SESSION_UNBINDING:
    case SESSION_LEAVING:
    case SESSION_CARRIER_GONE:
        ask_to_go(&session->carrier);
        ask_to_go(&session->sender);
        break;
    case SESSION_BINDING: /* behind the bind that may yet succeed */
        ask_to_go(&session->carrier);
        break;
    default: session_close(session, "shutting down"); return;
    }
    mailbox_leave(session);
    if (session->state != SESSION_CARRIER_GONE)
        session_move(session, SESSION_LEAVING);
}
