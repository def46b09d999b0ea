/*
 * Kept files into lists, as fast as Redis takes them: bucket by bucket, in calls small enough that
 * live traffic hardly waits, many of them under way. Obeys newer removals (SCRIPT_BULK_ADD). And
 * the opposite: a list's buckets cleared.
 */
#ifndef PROXY_STORE_BULK_H
#define PROXY_STORE_BULK_H

#include "proxy/store/kept_file.h"
#include "proxy/store/redis_call.h"

struct bulk {
    const char *dataset; /* "" in a rebuild */
    const char *list;
    uint64_t time_ms; /* of the event */
    const char *chain;
    uint64_t seq;
    void (*progress)(void *arg, uint64_t numbers); /* may be NULL */
    void *arg;
};

/* Adds every number of the file. *added counts those that were not on the list. 0; -EIO with the
 * problem in the call; -EBADMSG: the file is damaged. */
int bulk_add(struct redis_call *call, const struct bulk *bulk, struct kept_reader *file,
             uint64_t *added);

/* Removes what was on the list before the event; *removed counts it. 0 or -EIO. */
int bulk_clear(struct redis_call *call, const struct bulk *bulk, uint64_t *removed);

/* Loads the scripts that are called by their digest. 0 or -EIO. */
int bulk_prepare(struct redis_call *call);

#endif
