/* What filters may ask, tied to the store, the log and the metrics of this relay. */
#include "proxy/relay/session.h"

#include <stdio.h>
#include <string.h>

static uint64_t now_ms(void *ctx)
{
    const struct relay *relay = ctx;

    return net_unix_ms(relay->net);
}

static int check(void *ctx, const struct port_check *checks, unsigned n, struct flt_ticket ticket)
{
    struct relay *relay = ctx;

    return store_check(relay->store, checks, n, ticket);
}

static int record(void *ctx, const struct event *events, unsigned n, struct flt_ticket ticket)
{
    struct relay *relay = ctx;

    return store_record(relay->store, events, n, ticket);
}

static void note(void *ctx, const struct event *event)
{
    struct relay *relay = ctx;

    store_note(relay->store, event);
}

static void health(void *ctx, const struct port_health *learned)
{
    struct relay *relay = ctx;

    store_health(relay->store, learned);
}

static void deliver(void *ctx, const char *account, const struct smpp_msg *msg)
{
    mailbox_post(ctx, account, msg);
}

static void count(void *ctx, const char *filter, const char *event)
{
    struct relay *relay = ctx;

    stat_add(measure_filter_event(relay, filter, event), 1);
}

static void log_filter(void *ctx, uint32_t session, const char *filter, const char *what)
{
    struct relay *relay = ctx;

    LOG_WRN(relay->log, session, what, "filter", filter);
}

void ports_init(struct relay *relay)
{
    relay->ports = (struct flt_ports){
        .ctx = relay,
        .now_ms = now_ms,
        .check = check,
        .record = record,
        .note = note,
        .health = health,
        .deliver = deliver,
        .count = count,
        .log = log_filter,
    };
}

void relay_on_store_reply(void *arg, struct flt_ticket ticket, const struct port_reply *reply)
{
    struct relay *relay = arg;
    struct held *held = held_find(relay->held, ticket);
    struct smpp_msg msg;
    const uint8_t *pdu;

    if (held == NULL || held->state != HELD_PENDING)
        return;
    pdu = lane_octets(held);
    if (smpp_view_msg(pdu, held->header.length, &msg) == ESME_ROK)
        lane_verdict(held, chain_resume(held->run, &msg, reply));
}
