#include "proxy/store/health.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define EPOCH_S UINT64_C(1577836800) /* 2020-01-01 */

enum {
    HAS_SENT = 1,
    HAS_DELIVERED = 2,
    HAS_FAILED = 4,
    HAS_REPLY = 8,
    HAS_STATUS = 16,
    HAS_ERROR = 32
};

/* Places in this table are stored: it only grows at its end. */
static const char *const statuses[] = {"DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "DELETED",
                                       "UNKNOWN", "ACCEPTD", "FAILED",  "SKIPPED", "ENROUTE"};
#define STATUSES (sizeof statuses / sizeof *statuses)

static void copy(char *out, size_t cap, const char *text)
{
    if (text)
        snprintf(out, cap, "%s", text);
}

void health_learn(struct health *health, const struct port_health *learned)
{
    switch (learned->kind) {
    case HEALTH_SENT:
        health->sent++;
        health->last_sent = learned->time_ms;
        copy(health->last_message_id, sizeof health->last_message_id, learned->message_id);
        copy(health->last_sender, sizeof health->last_sender, learned->sender);
        break;
    case HEALTH_FINAL_OK:
        health->delivered++;
        health->last_delivered = learned->time_ms;
        copy(health->last_status, sizeof health->last_status, learned->status);
        break;
    case HEALTH_FINAL_FAIL:
        health->failed++;
        health->last_failed = learned->time_ms;
        copy(health->last_status, sizeof health->last_status, learned->status);
        copy(health->last_error, sizeof health->last_error, learned->error);
        break;
    case HEALTH_REPLY: health->last_reply = learned->time_ms; break;
    }
}

/* Encoding. */

static uint8_t *put_time(uint8_t *at, uint64_t ms)
{
    uint64_t s = ms / 1000 > EPOCH_S ? ms / 1000 - EPOCH_S : 0;
    if (s > UINT32_MAX)
        s = UINT32_MAX;
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(s >> shift);
    return at;
}

static uint8_t *put_count(uint8_t *at, uint64_t count, uint64_t last_ms)
{
    for (; count >= 128; count >>= 7)
        *at++ = (uint8_t)(count | 128);
    *at++ = (uint8_t)count;
    return put_time(at, last_ms);
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    size_t len = strlen(text);
    *at++ = (uint8_t)len;
    memcpy(at, text, len);
    return at + len;
}

static uint8_t *put_status(uint8_t *at, const char *status)
{
    for (size_t i = 0; i < STATUSES; i++) {
        if (strcmp(status, statuses[i]) == 0) {
            *at++ = (uint8_t)(128 + i);
            return at;
        }
    }
    return put_text(at, status);
}

size_t health_encode(const struct health *health, uint8_t out[HEALTH_VALUE_MAX])
{
    uint8_t *at = out + 1;
    out[0] = 0;
    if (health->sent) {
        out[0] |= HAS_SENT;
        at = put_count(at, health->sent, health->last_sent);
    }
    if (health->delivered) {
        out[0] |= HAS_DELIVERED;
        at = put_count(at, health->delivered, health->last_delivered);
    }
    if (health->failed) {
        out[0] |= HAS_FAILED;
        at = put_count(at, health->failed, health->last_failed);
    }
    if (health->last_reply) {
        out[0] |= HAS_REPLY;
        at = put_time(at, health->last_reply);
    }
    if (health->last_status[0]) {
        out[0] |= HAS_STATUS;
        at = put_status(at, health->last_status);
    }
    if (health->last_error[0]) {
        out[0] |= HAS_ERROR;
        at = put_text(at, health->last_error);
    }
    return (size_t)(at - out);
}

size_t health_encode_names(const struct health *health, char out[HEALTH_NAMES_MAX])
{
    size_t id = strlen(health->last_message_id), sender = strlen(health->last_sender);
    if (id + sender == 0)
        return 0;
    memcpy(out, health->last_message_id, id);
    out[id] = '\0';
    memcpy(out + id + 1, health->last_sender, sender);
    return id + 1 + sender;
}

/* Decoding: `at` moves; false where the value ends too early. */

struct cursor {
    const uint8_t *at, *end;
};

static bool take_time(struct cursor *cursor, uint64_t *ms)
{
    if (cursor->end - cursor->at < 4)
        return false;
    uint64_t s = 0;
    for (int i = 0; i < 4; i++)
        s = s << 8 | *cursor->at++;
    *ms = s ? (s + EPOCH_S) * 1000 : 0;
    return true;
}

static bool take_count(struct cursor *cursor, uint64_t *count, uint64_t *last_ms)
{
    *count = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        if (cursor->at == cursor->end)
            return false;
        uint8_t octet = *cursor->at++;
        *count |= (uint64_t)(octet & 127) << shift;
        if (octet < 128)
            return take_time(cursor, last_ms);
    }
    return false;
}

static bool take_text(struct cursor *cursor, char *out, size_t max)
{
    if (cursor->at == cursor->end)
        return false;
    size_t len = *cursor->at++;
    if (len > max || len > (size_t)(cursor->end - cursor->at))
        return false;
    memcpy(out, cursor->at, len);
    out[len] = '\0';
    cursor->at += len;
    return true;
}

static bool take_status(struct cursor *cursor, char out[HEALTH_STATUS_MAX + 1])
{
    if (cursor->at == cursor->end)
        return false;
    if (*cursor->at < 128)
        return take_text(cursor, out, HEALTH_STATUS_MAX);
    unsigned place = *cursor->at++ - 128u;
    copy(out, HEALTH_STATUS_MAX + 1, place < STATUSES ? statuses[place] : "UNKNOWN");
    return true;
}

int health_decode(const void *value, size_t len, struct health *health)
{
    struct cursor cursor = {value, (const uint8_t *)value + len};
    struct health got = {0};
    if (len == 0)
        return -EBADMSG;
    unsigned flags = *cursor.at++;
    bool ok = flags < 64;
    if (ok && flags & HAS_SENT)
        ok = take_count(&cursor, &got.sent, &got.last_sent);
    if (ok && flags & HAS_DELIVERED)
        ok = take_count(&cursor, &got.delivered, &got.last_delivered);
    if (ok && flags & HAS_FAILED)
        ok = take_count(&cursor, &got.failed, &got.last_failed);
    if (ok && flags & HAS_REPLY)
        ok = take_time(&cursor, &got.last_reply);
    if (ok && flags & HAS_STATUS)
        ok = take_status(&cursor, got.last_status);
    if (ok && flags & HAS_ERROR)
        ok = take_text(&cursor, got.last_error, HEALTH_ERROR_MAX);
    if (!ok || cursor.at != cursor.end)
        return -EBADMSG;
    memcpy(got.last_message_id, health->last_message_id, sizeof got.last_message_id);
    memcpy(got.last_sender, health->last_sender, sizeof got.last_sender);
    *health = got;
    return 0;
}

int health_decode_names(const void *value, size_t len, struct health *health)
{
    const char *text = value;
    const char *nul = len ? memchr(text, '\0', len) : NULL;
    if (!nul)
        return -EBADMSG;
    size_t id = (size_t)(nul - text), sender = len - id - 1;
    if (id > HEALTH_ID_MAX || sender > HEALTH_SENDER_MAX || memchr(nul + 1, '\0', sender))
        return -EBADMSG;
    memcpy(health->last_message_id, text, id + 1);
    memcpy(health->last_sender, nul + 1, sender);
    health->last_sender[sender] = '\0';
    return 0;
}

static int key(char *out, size_t cap, const char *prefix, const char *name, uint64_t number)
{
    int len = snprintf(out, cap, "%s%s:%" PRIu64, prefix, name, number / HEALTH_BUCKET);
    return len < 0 || (size_t)len >= cap ? -ENAMETOOLONG : len;
}

int health_key(char *out, size_t cap, const char *prefix, uint64_t number)
{
    return key(out, cap, prefix, "health", number);
}

int health_names_key(char *out, size_t cap, const char *prefix, uint64_t number)
{
    return key(out, cap, prefix, "last", number);
}
