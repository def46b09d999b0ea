/*
 * Complaints to the log that may repeat with every attempt: each text is written once, and again
 * only after a minute or after things were well in between. Belongs to one thread.
 */
#ifndef PROXY_STORE_TROUBLE_H
#define PROXY_STORE_TROUBLE_H

#include "proxy/log.h"

#include <stdint.h>

#define TROUBLE_KINDS 8

struct trouble {
    struct {
        uint64_t hash, until_us;
    } known[TROUBLE_KINDS];
    unsigned next;
};

/* Logs `message` with `key`=`value` unless the same was logged within the last minute. */
void trouble_log(struct trouble *trouble, struct log *log, enum log_level level, uint64_t now_us,
                 const char *message, const char *key, const char *value);
void trouble_over(struct trouble *trouble); /* the next complaint is news again */

#endif
