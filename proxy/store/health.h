/*
 * What receipts and replies taught of one number, and the form in which Redis keeps it: a few
 * octets in the hash `<prefix>health:<number / 1000>`, field number % 1000, so that a hundred
 * million numbers stay near twenty octets each; the last message's id and sender, separated by a
 * NUL, in
 * `<prefix>last:<number / 1000>`. Pure; SCRIPT_HEALTH adds two such values up by the same layout.
 *
 * Layout: an octet of flags (1 sent, 2 delivered, 4 failed, 8 reply, 16 status, 32 error), then in
 * this order, where flagged: for sent, delivered and failed a count (seven bits an octet, lowest
 * first, the eighth bit: more follow) and the time of the last; the time of the last reply; the
 * status of the last receipt, 128 + its place in a table of usual ones, or its length and octets;
 * the error of the last failure, length and octets. Times are seconds since 2020, four octets,
 * highest first.
 */
#ifndef PROXY_STORE_HEALTH_H
#define PROXY_STORE_HEALTH_H

#include "filters/ports.h"

#include <stddef.h>
#include <stdint.h>

#define HEALTH_BUCKET     UINT64_C(1000)
#define HEALTH_STATUS_MAX 15
#define HEALTH_ERROR_MAX  15
#define HEALTH_ID_MAX     64
#define HEALTH_SENDER_MAX 20
#define HEALTH_VALUE_MAX  (1 + 3 * (10 + 4) + 4 + 1 + HEALTH_STATUS_MAX + 1 + HEALTH_ERROR_MAX)
#define HEALTH_NAMES_MAX  (HEALTH_ID_MAX + 1 + HEALTH_SENDER_MAX)

/* Times are Unix time in milliseconds, 0 where unknown; strings "" where unknown. */
struct health {
    uint64_t sent, delivered, failed;
    uint64_t last_sent, last_delivered, last_failed, last_reply;
    char last_status[HEALTH_STATUS_MAX + 1], last_error[HEALTH_ERROR_MAX + 1];
    char last_message_id[HEALTH_ID_MAX + 1], last_sender[HEALTH_SENDER_MAX + 1];
};

/* Adds something that was learned. */
void health_learn(struct health *health, const struct port_health *learned);

size_t health_encode(const struct health *health, uint8_t out[HEALTH_VALUE_MAX]);
/* "" (length 0) where neither id nor sender is known. */
size_t health_encode_names(const struct health *health, char out[HEALTH_NAMES_MAX]);

/* From Redis; the first sets all but the names, the second only these. 0, or -EBADMSG. */
int health_decode(const void *value, size_t len, struct health *health);
int health_decode_names(const void *value, size_t len, struct health *health);

/* Keys of a number, NUL-terminated: their length, or -ENAMETOOLONG. */
int health_key(char *out, size_t cap, const char *prefix, uint64_t number);
int health_names_key(char *out, size_t cap, const char *prefix, uint64_t number);

#endif
