/* Keeping links: idle ends are asked whether they are there, and what is never answered is given
 * up. */
#include "proxy/relay/session.h"

#include <errno.h>

static uint64_t interval_us(const struct side *side)
{
    const struct conf_listener *listener = side->session->listener;

    return 1000 * (side->is_carrier ? listener->carrier->enquire_link : listener->enquire_link);
}

static uint64_t patience_us(const struct side *side)
{
    const struct conf_listener *listener = side->session->listener;

    return 1000 *
           (side->is_carrier ? listener->carrier->enquire_timeout : listener->enquire_timeout);
}

/* When this end is to be asked, or given up: 0 for never. */
uint64_t link_due(const struct side *side)
{
    if (side->conn == NULL || side->ended || interval_us(side) == 0)
        return 0;
    if (side->asked_us != 0)
        return side->asked_us + patience_us(side);
    return conn_last_read_us(side->conn) + interval_us(side);
}

/* Any octet proves an end alive. One whose octets we do not read for lack of room cannot prove
 * anything and is not asked. */
static void check_alive(struct side *side)
{
    struct session *session = side->session;
    uint64_t due = link_due(side), now = relay_now_us(session);
    size_t len;

    if (due == 0)
        return;
    conn_in(side->conn, &len);
    if (side->asked_us != 0 && (conn_last_read_us(side->conn) > side->asked_us || len > 0))
        side->asked_us = 0;
    else if (side->asked_us != 0 && now >= due) {
        LOG_WRN(session->relay->log, session->id, "enquire_link not answered", "from",
                side->is_carrier ? "carrier" : "sender", "peer", conn_peer(side->conn));
        stat_add(session->relay->measured->dropped_links, 1);
        session_side_ended(side, -ETIMEDOUT);
    } else if (side->asked_us == 0 && now >= due && len == 0) {
        if (lane_ask(side, SMPP_enquire_link, OWNER_ENQUIRE))
            side->asked_us = now;
    }
}

void link_check(struct session *session)
{
    struct side *sides[] = {&session->sender, &session->carrier};
    uint64_t now = relay_now_us(session);

    for (unsigned i = 0; i < 2 && session->state == SESSION_BOUND; i++) {
        const struct conf_listener *listener = session->listener;
        uint64_t limit = 1000 * (sides[i]->is_carrier ? listener->carrier->response_timeout
                                                      : listener->response_timeout);

        if (now > limit)
            answer_expire(sides[i], now - limit);
        window_shrink(&sides[i]->window);
        check_alive(sides[i]);
    }
}
