#include "proxy/store/trouble.h"

#include <string.h>

#define QUIET_US UINT64_C(60000000)

static uint64_t hash_add(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ^ 0xff;
}

void trouble_log(struct trouble *trouble, struct log *log, enum log_level level, uint64_t now_us,
                 const char *message, const char *key, const char *value)
{
    uint64_t hash = hash_add(hash_add(UINT64_C(0xcbf29ce484222325), message), value);
    unsigned slot = trouble->next;
    for (unsigned i = 0; i < TROUBLE_KINDS; i++) {
        if (trouble->known[i].hash != hash)
            continue;
        if (now_us < trouble->known[i].until_us)
            return;
        slot = i;
    }
    trouble->known[slot].hash = hash;
    trouble->known[slot].until_us = now_us + QUIET_US;
    if (slot == trouble->next)
        trouble->next = (slot + 1) % TROUBLE_KINDS;
    log_line(log, level, 0, message, key, value, (char *)0);
}

void trouble_over(struct trouble *trouble)
{
    memset(trouble, 0, sizeof *trouble);
}
