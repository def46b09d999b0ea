/* The values that the store shows to Prometheus. Registered once; set by store.c. */
#ifndef PROXY_STORE_STORE_METRICS_H
#define PROXY_STORE_STORE_METRICS_H

#include "filters/event.h"
#include "proxy/stats.h"

struct store_metrics {
    struct stat *redis_up, *checks, *held, *unchecked, *refused;
    struct stat *journal_lag, *journal_healthy, *pending, *notes_lost, *health_dropped;
    struct stat *health_waiting;
    struct stat *events[EVENT_TYPE_COUNT];
    struct histogram *latency;
};

void store_metrics_init(struct store_metrics *metrics, struct stats *stats);

#endif
