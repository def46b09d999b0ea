#include "proxy/store/health_queue.h"

#include "proxy/store/command.h"
#include "proxy/store/ring.h"
#include "proxy/store/scripts.h"

#include <hiredis/hiredis.h>
#include <stdio.h>

#define BATCH       256u /* numbers in one script */
#define FULL        512u /* so many waiting are sent before their time */
#define FLIGHTS_MAX 8u   /* scripts on the wire */
#define SLOTS       (2 * HEALTH_QUEUE_MAX)

struct entry {
    uint64_t number;
    struct health health;
};

struct health_queue {
    struct redis *redis;
    char *prefix;
    struct stat *dropped;
    struct ring entries;   /* by age */
    uint64_t slots[SLOTS]; /* position in entries + 1, by number; 0: free */
    unsigned flights;
    struct command command;
    char sha[41];
};

struct health_queue *health_queue_new(struct redis *redis, const char *prefix, struct stat *dropped)
{
    struct health_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return NULL;
    queue->redis = redis;
    queue->dropped = dropped;
    queue->prefix = strdup(prefix);
    script_sha1(SCRIPT_HEALTH, queue->sha);
    ring_init(&queue->entries, sizeof(struct entry));
    if (!queue->prefix) {
        free(queue);
        return NULL;
    }
    return queue;
}

void health_queue_free(struct health_queue *queue)
{
    if (!queue)
        return;
    ring_free(&queue->entries);
    command_free(&queue->command);
    free(queue->prefix);
    free(queue);
}

static uint32_t home(uint64_t number)
{
    return (uint32_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (SLOTS - 1);
}

static struct entry *entry_in(const struct health_queue *queue, uint32_t slot)
{
    return ring_at(&queue->entries, queue->slots[slot] - 1);
}

/* The slot of a number, or the free one where it would go. */
static uint32_t find(const struct health_queue *queue, uint64_t number)
{
    uint32_t slot = home(number);
    while (queue->slots[slot] && entry_in(queue, slot)->number != number)
        slot = (slot + 1) & (SLOTS - 1);
    return slot;
}

/* Frees a slot and closes the gap that this leaves for those behind it. */
static void release(struct health_queue *queue, uint32_t hole)
{
    queue->slots[hole] = 0;
    for (uint32_t at = (hole + 1) & (SLOTS - 1); queue->slots[at]; at = (at + 1) & (SLOTS - 1)) {
        uint32_t from = home(entry_in(queue, at)->number);
        if (((at - from) & (SLOTS - 1)) < ((at - hole) & (SLOTS - 1)))
            continue;
        queue->slots[hole] = queue->slots[at];
        queue->slots[at] = 0;
        hole = at;
    }
}

static void pop_oldest(struct health_queue *queue)
{
    const struct entry *entry = ring_at(&queue->entries, queue->entries.head);
    release(queue, find(queue, entry->number));
    ring_pop(&queue->entries);
}

static void on_batch(void *arg, const struct redisReply *reply)
{
    struct health_queue *queue = arg;
    queue->flights--;
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        char why[256];
        redis_drop(queue->redis, redis_explain(reply, why, sizeof why));
    }
}

static bool send_batch(struct health_queue *queue)
{
    struct command *command = &queue->command;
    uint64_t n = ring_count(&queue->entries);
    command_begin(command);
    command_text(command, "EVALSHA");
    command_text(command, queue->sha);
    command_text(command, "0");
    command_text(command, queue->prefix);
    for (uint64_t i = 0; i < n && i < BATCH; i++) {
        const struct entry *entry = ring_at(&queue->entries, queue->entries.head);
        uint8_t value[HEALTH_VALUE_MAX];
        char names[HEALTH_NAMES_MAX];
        command_number(command, entry->number);
        command_add(command, value, health_encode(&entry->health, value));
        command_add(command, names, health_encode_names(&entry->health, names));
        pop_oldest(queue);
    }
    size_t len = 0;
    const char *text = command_end(command, &len);
    if (!text || redis_send_raw(queue->redis, text, len, on_batch, queue) < 0)
        return false;
    queue->flights++;
    return true;
}

void health_queue_flush(struct health_queue *queue)
{
    while (ring_count(&queue->entries) > 0 && queue->flights < FLIGHTS_MAX && send_batch(queue))
        ;
    ring_trim(&queue->entries);
}

void health_queue_add(struct health_queue *queue, const struct port_health *learned, bool ready)
{
    uint32_t slot = find(queue, learned->number);
    if (!queue->slots[slot]) {
        if (ring_count(&queue->entries) >= HEALTH_QUEUE_MAX) {
            pop_oldest(queue);
            stat_add(queue->dropped, 1);
            slot = find(queue, learned->number);
        }
        struct entry *entry = ring_push(&queue->entries);
        if (!entry) {
            stat_add(queue->dropped, 1);
            return;
        }
        *entry = (struct entry){.number = learned->number};
        queue->slots[slot] = queue->entries.tail;
    }
    health_learn(&entry_in(queue, slot)->health, learned);
    if (ready && ring_count(&queue->entries) >= FULL)
        health_queue_flush(queue);
}

uint64_t health_queue_waiting(const struct health_queue *queue)
{
    return ring_count(&queue->entries);
}
