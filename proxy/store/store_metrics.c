#include "proxy/store/store_metrics.h"

void store_metrics_init(struct store_metrics *metrics, struct stats *stats)
{
    *metrics = (struct store_metrics){
        .redis_up = stats_gauge(stats, "stopgate_redis_up",
                                "Redis is there, of our data set and up to date", ""),
        .checks = stats_counter(stats, "stopgate_checks_total",
                                "Questions whether a number is on a list", ""),
        .held = stats_gauge(stats, "stopgate_checks_held",
                            "Messages whose questions wait for an answer", ""),
        .unchecked =
            stats_counter(stats, "stopgate_unchecked_total",
                          "Messages that passed unchecked because of store.outage: pass", ""),
        .refused = stats_counter(stats, "stopgate_checks_failed_total",
                                 "Messages whose questions Redis did not answer in time", ""),
        .journal_lag = stats_gauge(stats, "stopgate_journal_lag",
                                   "Events that are journaled and not yet applied to Redis", ""),
        .journal_healthy = stats_gauge(stats, "stopgate_journal_healthy",
                                       "The last write to the journal worked", ""),
        .pending = stats_gauge(stats, "stopgate_overlay_numbers",
                               "Numbers whose list in Redis waits for a journaled event", ""),
        .notes_lost = stats_counter(stats, "stopgate_events_lost_total",
                                    "Events nobody waits for that could not be journaled", ""),
        .health_dropped = stats_counter(stats, "stopgate_health_dropped_total",
                                        "Health of numbers dropped while Redis was away", ""),
        .health_waiting = stats_gauge(stats, "stopgate_health_waiting",
                                      "Numbers whose health waits to be written to Redis", ""),
        .latency = stats_histogram(stats, "stopgate_check_seconds",
                                   "Time from a message's questions to their answer", ""),
    };
    for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
        char label[64];
        stats_label(label, sizeof label, "type", event_type_name((enum event_type)i));
        metrics->events[i] =
            stats_counter(stats, "stopgate_events_total", "Events handed to the journal", label);
    }
}
