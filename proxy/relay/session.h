/*
 * A session: one sender's connection and the carrier's bind behind it. Shared by the files of the
 * relay only.
 *
 *   session.c   its life: states, timers, who closes when
 *   bind.c      from the sender's bind to the carrier's answer
 *   lane.c      the way of a PDU: read, judge, hold in order, forward or answer
 *   multi.c     a submit_multi without some of its destinations
 *   answer.c    responses: back to whoever asked
 *   link.c      enquire_link on idle ends, requests that are never answered
 *   drain.c     leaving in good order when the process is to end
 *   mailbox.c   receipts of ours, to a bind of the same account
 *   ports.c     what filters may ask, tied to the store
 *
 * The state is moved by session_move() only:
 *
 *   OPEN ──bind──▶ CONNECTING ──▶ BINDING ──ok──▶ BOUND ──┬─▶ UNBINDING      the sender's unbind is
 * on its way ▲                │              │                   ├─▶ LEAVING        sender gone:
 * what it sent goes on, └────refused─────┴──────────────┘                   │                  then
 * the carrier is unbound └─▶ CARRIER_GONE   the sender is told and unbound any ──▶ CLOSED, freed
 * after the loop pass
 */
#ifndef PROXY_RELAY_SESSION_H
#define PROXY_RELAY_SESSION_H

#include "proxy/relay/held.h"
#include "proxy/relay/relay.h"
#include "proxy/relay/window.h"
#include "smpp/build.h"

enum session_state {
    SESSION_OPEN,
    SESSION_CONNECTING,
    SESSION_BINDING,
    SESSION_BOUND,
    SESSION_UNBINDING,
    SESSION_LEAVING,
    SESSION_CARRIER_GONE,
    SESSION_CLOSED
};

/* One end. What is read from it travels in its lane to the other end. */
struct side {
    struct session *session;
    struct conn *conn; /* NULL: none */
    struct window window;
    struct held *first, *last; /* requests read from this end that have not left, in order */
    unsigned held_count;
    uint64_t consumed; /* octets of the stream that are done with */
    size_t parsed;     /* octets behind those that were looked at */
    bool is_carrier;
    bool ended;       /* its end of the stream is closed */
    bool unbind_sent; /* an unbind of ours, or the other end's, is on its way to it */
    bool in_pump, pump_again;
    uint64_t asked_us; /* our enquire_link is unanswered since; 0: none is out */
};

struct carrier_stats {
    struct carrier_stats *next;
    char *name;
    struct stat *requests, *responses_ok, *responses_error, *binds, *bind_failures, *lost;
    struct histogram *response_time;
};

struct session {
    struct relay *relay;
    struct session *next, **prev;                 /* all sessions of the relay */
    struct session *account_next, **account_prev; /* mailbox: binds of one account */
    uint32_t id;
    enum session_state state;
    struct side sender, carrier;
    struct conf *conf; /* of the next message */
    struct conf *home; /* in force when it was accepted: listener and carrier */
    const struct conf_listener *listener;
    struct carrier_stats *carrier_stats;
    struct event *timer;
    uint64_t since_us; /* of the state */
    uint64_t lost_us;  /* when this state must end; 0: no limit */
    unsigned address;  /* of the carrier, that is tried */
    uint8_t *bind;     /* the sender's bind while it is not answered */
    size_t bind_len;
    struct smpp_header bind_header;
    char system_id[64];
    struct flt_origin origin;
    bool can_send, can_receive;
    bool draining; /* unbinds as soon as nothing is under way */
    bool heard;    /* it sent a PDU, so its end is worth a line */
    bool stalled;
};

struct relay {
    struct net *net;
    struct conf *conf;
    struct phone *phone;
    struct parts *parts;
    struct log *log;
    struct stats *stats;
    struct store *store;
    struct flt_ports ports;
    struct held_pool *held;
    struct mailbox *mailbox;
    struct session *sessions, *closed;
    unsigned session_count;
    uint32_t last_id;
    struct chain_counts *counts[2]; /* outbound, inbound: by registry */
    struct net_hook counts_hook, free_hook;
    struct carrier_stats *carriers;
    struct relay_stats *measured;
    struct event *drain_timer, *publish_timer;
    void (*drained)(void *arg);
    void *drained_arg;
    bool draining, cutting;
    uint64_t cut_ms;        /* between the last unbind and the end */
    uint64_t drain_wait_us; /* for answers before an unbind of ours, and then for its answer */
};

static inline struct side *side_other(struct side *side)
{
    return side->is_carrier ? &side->session->sender : &side->session->carrier;
}

static inline uint64_t relay_now_us(const struct session *session)
{
    return net_now_us(session->relay->net);
}

/* session.c */
struct session *session_new(struct relay *relay, unsigned listener, int fd);
struct conn *session_open_carrier(struct session *session, const struct conf_uri *uri,
                                  uint64_t timeout);
void session_move(struct session *session, enum session_state state);
void session_close(struct session *session, const char *why);
void session_destroy(struct session *session);
void session_side_ended(struct side *side, int error);
void session_garbage(struct side *side, const char *what, uint32_t status, uint32_t sequence);
/* After anything that may have been the last thing that was waited for. */
void session_settle(struct session *session);
/* The relay holds all the messages it may: looks again in a moment. */
void session_stall(struct session *session);
void session_rearm(struct session *session);

/* bind.c: the bind PDU has been read from the sender. */
void bind_begin(struct session *session, const uint8_t *pdu, const struct smpp_header *header);
void bind_answered(struct session *session, const uint8_t *pdu, const struct smpp_header *header,
                   uint32_t their_sequence);
void bind_opened(struct session *session, int error);
void bind_next_address(struct session *session, const char *why);

/* lane.c */
void lane_pump(struct side *from);
void lane_verdict(struct held *held, enum flt_verdict verdict);
void lane_clear(struct side *from, uint32_t status); /* refuses what has not left; 0: silently */
void lane_refuse(struct side *to, const struct smpp_header *request, uint32_t status);
void lane_send_header(struct side *to, uint32_t command_id, uint32_t status, uint32_t sequence);
/* The octets of a message that is in its lane. */
const uint8_t *lane_octets(const struct held *held);
/* A request of ours, of a header only. */
bool lane_ask(struct side *to, uint32_t command_id, enum window_owner owner);

/* multi.c: after the verdict on a submit_multi; its octets without what was dropped, 0 where that
 * cannot be; the answer to one of which nothing is left, false where that cannot be. */
void multi_prepare(struct held *held);
size_t multi_copy(uint8_t *out, const struct held *held, const uint8_t *pdu);
bool multi_answer_dropped(struct held *held);

/* answer.c */
void answer_read(struct side *from, const uint8_t *pdu, const struct smpp_header *header);
void answer_expire(struct side *from, uint64_t before_us);
void answer_carrier_lost(struct session *session);
void answer_forget(struct side *from); /* releases all that wait for this side's answers */

/* link.c: when an end is next to be looked after (0: never), and looking after both. */
uint64_t link_due(const struct side *side);
void link_check(struct session *session);

/* drain.c: begins to leave; goes on after whatever was waited for; when the time is over asks both
 * ends to go, and a moment later the session is closed. */
void session_drain(struct session *session);
void drain_settle(struct session *session);
void session_cut(struct session *session);

/* mailbox.c */
struct mailbox *mailbox_new(struct relay *relay);
void mailbox_free(struct mailbox *mailbox);
void mailbox_join(struct session *session);
void mailbox_leave(struct session *session);
void mailbox_post(struct relay *relay, const char *account, const struct smpp_msg *msg);

/* ports.c */
void ports_init(struct relay *relay);

/* measure.c */
#define FILTER_EVENTS_MAX 64

struct filter_event {
    const char *filter, *event;
    struct stat *stat;
};

struct relay_stats {
    struct stat *sessions, *bound, *accepted, *garbage, *unmatched, *expired, *dropped_links;
    struct stat *pdus[2], *verdicts[2][FLT_VERDICTS];
    struct stat *held, *receipts_posted, *receipts_lost;
    struct histogram *hold_time[2];
    struct filter_event events[FILTER_EVENTS_MAX];
    unsigned event_count;
    uint64_t published_us;
    bool publish_again; /* something was counted since */
};
struct relay_stats *measure_new(struct relay *relay);
struct carrier_stats *measure_carrier(struct relay *relay, const char *name);
struct stat *measure_filter_event(struct relay *relay, const char *filter, const char *event);
void measure_free(struct relay *relay);
void measure_publish(void *relay);

#endif
