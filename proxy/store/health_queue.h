/*
 * What is learned of numbers, gathered in this process and handed to Redis in batches. None of it
 * is evidence: while Redis is away a bounded amount waits, and the oldest is dropped and counted.
 */
#ifndef PROXY_STORE_HEALTH_QUEUE_H
#define PROXY_STORE_HEALTH_QUEUE_H

#include "proxy/stats.h"
#include "proxy/store/health.h"
#include "proxy/store/redis.h"

#define HEALTH_QUEUE_MAX 65536u /* numbers that wait, at most */

struct health_queue;

struct health_queue *health_queue_new(struct redis *redis, const char *prefix,
                                      struct stat *dropped);
void health_queue_free(struct health_queue *queue);

/* Sends at once when a batch is full and `ready`. */
void health_queue_add(struct health_queue *queue, const struct port_health *learned, bool ready);

/* Sends what waits, as far as the bound for one pass goes; to be called every 200 ms. */
void health_queue_flush(struct health_queue *queue);

uint64_t health_queue_waiting(const struct health_queue *queue);

#endif
