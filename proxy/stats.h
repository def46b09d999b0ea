/*
 * Counters, gauges and latency histograms, rendered in the Prometheus text format. The thread that
 * owns a value adds to it without a lock; any thread may render. Values are registered once, at
 * start or when something new appears (a carrier, a status), and live as long as the registry:
 * a reload never resets them. Knows nothing of what it counts.
 */
#ifndef PROXY_STATS_H
#define PROXY_STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats;
struct stat;      /* a counter or gauge */
struct histogram; /* buckets of powers of two from 16 µs to 16 s, sum and count */

struct stats *stats_new(void);
void stats_free(struct stats *stats);

/* Returns the value with this name and labels, made at the first call. `labels` is as it will be
 * printed between the braces, `carrier="main"`, or "" (see stats_label for values from outside).
 * name and help are copied. Aborts when out of memory: values are few and made early. At most 4096
 * per registry; beyond that a shared value labelled `overflow="true"` is returned. */
struct stat *stats_counter(struct stats *stats, const char *name, const char *help,
                           const char *labels);
struct stat *stats_gauge(struct stats *stats, const char *name, const char *help,
                         const char *labels);
struct histogram *stats_histogram(struct stats *stats, const char *name, const char *help,
                                  const char *labels);

void stat_add(struct stat *stat, int64_t n);
void stat_set(struct stat *stat, int64_t value);
int64_t stat_get(const struct stat *stat);
void histogram_add(struct histogram *histogram, uint64_t microseconds);

/* `key="value"` with the value escaped as the format demands; returns buf. */
const char *stats_label(char *buf, size_t cap, const char *key, const char *value);

/* The whole registry, grouped by name, as malloc'd text; *len without the NUL. NULL: no memory. */
char *stats_render(const struct stats *stats, size_t *len);

#endif
