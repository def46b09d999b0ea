/* What the relay counts, and under which names operators find it. */
#include "filters/registry.h"
#include "proxy/relay/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const directions[] = {"outbound", "inbound"};
static const char *const verdicts[] = {"pass", "reject", "absorb", "pending"};

struct relay_stats *measure_new(struct relay *relay)
{
    struct relay_stats *m = calloc(1, sizeof *m);
    struct stats *stats = relay->stats;
    char labels[128];

    if (m == NULL)
        return NULL;
    m->sessions = stats_gauge(stats, "stopgate_sessions", "Connections from senders.", "");
    m->bound = stats_gauge(stats, "stopgate_sessions_bound", "Sessions bound on both sides.", "");
    m->accepted = stats_counter(stats, "stopgate_sessions_total", "Connections accepted.", "");
    m->garbage = stats_counter(stats, "stopgate_garbage_total",
                               "Connections closed because they did not speak SMPP.", "");
    m->unmatched =
        stats_counter(stats, "stopgate_responses_unmatched_total",
                      "Responses to nothing that was asked: late, doubled or invented.", "");
    m->expired = stats_counter(stats, "stopgate_requests_expired_total",
                               "Requests that were not answered within response_timeout.", "");
    m->dropped_links = stats_counter(stats, "stopgate_links_dropped_total",
                                     "Peers dropped because they did not answer enquire_link.", "");
    m->held = stats_gauge(stats, "stopgate_messages_held",
                          "Messages that wait for a verdict, their turn or an answer.", "");
    m->receipts_posted =
        stats_counter(stats, "stopgate_receipts_posted_total", "Delivery receipts of our own.", "");
    m->receipts_lost = stats_counter(stats, "stopgate_receipts_lost_total",
                                     "Delivery receipts of our own that found no receiver.", "");
    for (unsigned d = 0; d < 2; d++) {
        snprintf(labels, sizeof labels, "direction=\"%s\"", directions[d]);
        m->pdus[d] = stats_counter(stats, "stopgate_requests_total",
                                   "Requests read, link keeping aside.", labels);
        m->hold_time[d] = stats_histogram(stats, "stopgate_hold_seconds",
                                          "Time from arrival to departure of a message.", labels);
        for (unsigned v = 0; v < FLT_VERDICTS; v++) {
            snprintf(labels, sizeof labels, "direction=\"%s\",verdict=\"%s\"", directions[d],
                     verdicts[v]);
            m->verdicts[d][v] = stats_counter(stats, "stopgate_verdicts_total",
                                              "Verdicts of the chains of filters.", labels);
        }
    }
    return m;
}

static struct carrier_stats *carrier_new(struct relay *relay, const char *name)
{
    struct stats *stats = relay->stats;
    struct carrier_stats *c = calloc(1, sizeof *c);
    char label[96], labels[128];

    if (c == NULL || (c->name = strdup(name)) == NULL)
        abort();
    stats_label(label, sizeof label, "carrier", name);
    c->requests = stats_counter(stats, "stopgate_carrier_requests_total",
                                "Requests forwarded to the carrier.", label);
    snprintf(labels, sizeof labels, "%s,result=\"ok\"", label);
    c->responses_ok = stats_counter(stats, "stopgate_carrier_responses_total",
                                    "The carrier's responses.", labels);
    snprintf(labels, sizeof labels, "%s,result=\"error\"", label);
    c->responses_error = stats_counter(stats, "stopgate_carrier_responses_total",
                                       "The carrier's responses.", labels);
    c->binds = stats_counter(stats, "stopgate_carrier_binds_total", "Binds that worked.", label);
    c->bind_failures =
        stats_counter(stats, "stopgate_carrier_bind_failures_total",
                      "Binds that were refused, or addresses that did not answer.", label);
    c->lost =
        stats_counter(stats, "stopgate_carrier_lost_total", "Binds that the carrier ended.", label);
    c->response_time = stats_histogram(stats, "stopgate_carrier_response_seconds",
                                       "Time from a request to the carrier's response.", label);
    return c;
}

struct carrier_stats *measure_carrier(struct relay *relay, const char *name)
{
    struct carrier_stats *c = relay->carriers;

    while (c != NULL && strcmp(c->name, name) != 0)
        c = c->next;
    if (c == NULL) {
        c = carrier_new(relay, name);
        c->next = relay->carriers;
        relay->carriers = c;
    }
    return c;
}

/* Filters name their events with literals, so a pair of pointers is found quickly. */
struct stat *measure_filter_event(struct relay *relay, const char *filter, const char *event)
{
    struct relay_stats *m = relay->measured;
    char labels[160];
    unsigned i = 0;

    while (i < m->event_count && (m->events[i].filter != filter || m->events[i].event != event))
        i++;
    if (i < m->event_count)
        return m->events[i].stat;
    snprintf(labels, sizeof labels, "filter=\"%s\",event=\"%s\"", filter, event);
    struct stat *stat = stats_counter(relay->stats, "stopgate_filter_events_total",
                                      "What filters met beside their verdicts.", labels);

    if (m->event_count < FILTER_EVENTS_MAX)
        m->events[m->event_count++] = (struct filter_event){filter, event, stat};
    return stat;
}

void measure_free(struct relay *relay)
{
    while (relay->carriers != NULL) {
        struct carrier_stats *c = relay->carriers;

        relay->carriers = c->next;
        free(c->name);
        free(c);
    }
    free(relay->measured);
}

static void publish_filter(struct relay *relay, unsigned direction, unsigned i)
{
    const struct chain_counts *counts = &relay->counts[direction][i];
    const char *name = registry_at(i)->name;
    char labels[160];

    for (unsigned v = 0; v < FLT_VERDICTS; v++) {
        if (counts->verdict[v] == 0)
            continue;
        snprintf(labels, sizeof labels, "filter=\"%s\",direction=\"%s\",verdict=\"%s\"", name,
                 directions[direction], verdicts[v]);
        stat_set(stats_counter(relay->stats, "stopgate_filter_verdicts_total",
                               "Verdicts of each filter.", labels),
                 (int64_t)counts->verdict[v]);
    }
    if (counts->monitored > 0) {
        snprintf(labels, sizeof labels, "filter=\"%s\",direction=\"%s\"", name,
                 directions[direction]);
        stat_set(stats_counter(relay->stats, "stopgate_filter_monitored_total",
                               "Messages that a monitoring filter would have refused.", labels),
                 (int64_t)counts->monitored);
    }
}

/* Filters count into plain numbers; this shows them, ten times a second at the most. */
void measure_publish(void *arg)
{
    struct relay *relay = arg;
    uint64_t now = net_now_us(relay->net);

    if (now - relay->measured->published_us < 100000) {
        relay->measured->publish_again = true;
        return;
    }
    relay->measured->published_us = now;
    relay->measured->publish_again = false;
    for (unsigned d = 0; d < 2; d++) {
        for (unsigned i = 0; i < registry_count(); i++)
            publish_filter(relay, d, i);
    }
}
