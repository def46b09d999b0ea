#include "proxy/relay/relay.h"
#include "filters/parts.h"
#include "filters/registry.h"
#include "proxy/relay/session.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define HELD_MAX   131072u /* messages between arrival and end, in all sessions together */
#define PUBLISH_US 100000

/* Draining: for answers before an unbind of ours; and between the last unbind and the end. */
#define DRAIN_WAIT_US 5000000u
#define CUT_MS        2000u

static void free_closed(void *arg)
{
    struct relay *relay = arg;

    while (relay->closed != NULL) {
        struct session *session = relay->closed;

        relay->closed = session->next;
        session_destroy(session);
    }
    stat_set(relay->measured->sessions, relay->session_count);
    if (relay->draining && relay->session_count == 0 && relay->drained != NULL) {
        void (*drained)(void *) = relay->drained;

        relay->drained = NULL;
        drained(relay->drained_arg);
    }
}

static void on_publish(evutil_socket_t fd, short what, void *arg)
{
    struct relay *relay = arg;

    (void)fd;
    (void)what;
    stat_set(relay->measured->held, held_count(relay->held));
    if (relay->measured->publish_again)
        measure_publish(relay);
}

struct relay *relay_new(struct net *net, struct conf *conf, struct phone *phone, struct log *log,
                        struct stats *stats)
{
    struct timeval interval = {.tv_usec = PUBLISH_US};
    struct relay *relay = calloc(1, sizeof *relay);

    if (relay == NULL)
        return NULL;
    relay->net = net;
    relay->phone = phone;
    relay->log = log;
    relay->stats = stats;
    relay->conf = conf_ref(conf);
    relay->parts = parts_new();
    relay->held = held_pool_new(HELD_MAX);
    relay->mailbox = mailbox_new(relay);
    relay->measured = measure_new(relay);
    for (unsigned d = 0; d < 2; d++)
        relay->counts[d] = calloc(registry_count(), sizeof *relay->counts[d]);
    relay->publish_timer = event_new(net_base(net), -1, EV_PERSIST, on_publish, relay);
    if (relay->parts == NULL || relay->held == NULL || relay->mailbox == NULL ||
        relay->measured == NULL || relay->counts[0] == NULL || relay->counts[1] == NULL ||
        relay->publish_timer == NULL) {
        relay_free(relay);
        return NULL;
    }
    relay->counts_hook = (struct net_hook){.run = measure_publish, .arg = relay};
    relay->free_hook = (struct net_hook){.run = free_closed, .arg = relay};
    event_add(relay->publish_timer, &interval);
    ports_init(relay);
    return relay;
}

void relay_free(struct relay *relay)
{
    if (relay == NULL)
        return;
    relay->drained = NULL;
    while (relay->sessions != NULL)
        session_close(relay->sessions, "shutting down");
    if (relay->closed != NULL)
        free_closed(relay);
    mailbox_free(relay->mailbox);
    held_pool_free(relay->held);
    parts_free(relay->parts);
    free(relay->counts[0]);
    free(relay->counts[1]);
    measure_free(relay);
    if (relay->drain_timer != NULL)
        event_free(relay->drain_timer);
    if (relay->publish_timer != NULL)
        event_free(relay->publish_timer);
    conf_unref(relay->conf);
    free(relay);
}

void relay_set_store(struct relay *relay, struct store *store)
{
    relay->store = store;
}

void relay_accept(struct relay *relay, unsigned listener, int fd)
{
    assert(listener < relay->conf->listener_count);
    stat_add(relay->measured->accepted, 1);
    if (relay->session_count >= (unsigned)relay->conf->listeners[listener].max_sessions) {
        LOG_WRN(relay->log, 0, "too many connections", "listener",
                relay->conf->listeners[listener].name);
        close(fd);
        return;
    }
    if (session_new(relay, listener, fd) == NULL)
        LOG_ERR(relay->log, 0, "out of memory for a session");
    stat_set(relay->measured->sessions, relay->session_count);
}

void relay_reconfigure(struct relay *relay, struct conf *conf)
{
    conf_unref(relay->conf);
    relay->conf = conf_ref(conf);
    for (struct session *s = relay->sessions; s != NULL; s = s->next) {
        conf_unref(s->conf);
        s->conf = conf_ref(conf);
    }
}

static void drain_timer(struct relay *relay, uint64_t ms)
{
    struct timeval wait = {.tv_sec = (time_t)(ms / 1000),
                           .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

    evtimer_add(relay->drain_timer, &wait);
}

/* Near the end of the time both ends of what is left are asked to go, at its end the rest is cut: a
 * bind that ends without an unbind may block the account at the carrier for minutes. */
static void drain_limit(evutil_socket_t fd, short what, void *arg)
{
    struct relay *relay = arg;
    struct session *next;

    (void)fd;
    (void)what;
    if (relay->session_count > 0 && !relay->cutting)
        LOG_WRN(relay->log, 0, "sessions that did not end in time are unbound", "sessions",
                LOG_NUM(relay->session_count));
    for (struct session *s = relay->sessions; s != NULL; s = next) {
        next = s->next;
        if (relay->cutting)
            session_close(s, "shutting down");
        else
            session_cut(s);
    }
    if (!relay->cutting)
        drain_timer(relay, relay->cut_ms);
    relay->cutting = true;
    net_hook_arm(relay->net, &relay->free_hook);
}

void relay_drain(struct relay *relay, uint64_t limit_ms, void (*done)(void *arg), void *arg)
{
    struct session *next;

    relay->draining = true;
    relay->drained = done;
    relay->drained_arg = arg;
    relay->cut_ms = limit_ms / 2 < CUT_MS ? limit_ms / 2 : CUT_MS;
    relay->drain_wait_us = (limit_ms - relay->cut_ms) * 500;
    if (relay->drain_wait_us > DRAIN_WAIT_US)
        relay->drain_wait_us = DRAIN_WAIT_US;
    relay->drain_timer = evtimer_new(net_base(relay->net), drain_limit, relay);
    if (relay->drain_timer != NULL)
        drain_timer(relay, limit_ms - relay->cut_ms);
    for (struct session *s = relay->sessions; s != NULL; s = next) {
        next = s->next;
        session_drain(s);
    }
    net_hook_arm(relay->net, &relay->free_hook);
}

unsigned relay_sessions(const struct relay *relay)
{
    return relay->session_count;
}
