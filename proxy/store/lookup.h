/*
 * Reading lists in Redis, for programs that may wait. What Redis answers is not trusted to be of
 * the right kind. Changes nothing; catchup.h does. All return 0, or -EIO with the problem in the
 * call (redis_call_problem), or what a callback returned that was not 0.
 */
#ifndef PROXY_STORE_LOOKUP_H
#define PROXY_STORE_LOOKUP_H

#include "proxy/store/health.h"
#include "proxy/store/list_key.h"
#include "proxy/store/redis_call.h"

#define LOOKUP_NAME_MAX 128

/* The data set's name; "" where Redis holds none: then it must not be believed about any number. */
int lookup_dataset(struct redis_call *call, char out[LOOKUP_NAME_MAX]);

/* The lists that Redis knows, with their description as JSON, sorted by name. */
int lookup_lists(struct redis_call *call,
                 int (*list)(void *arg, const char *name, const char *description), void *arg);

/* When a list was last imported into, and last removed, in ms; 0: never. */
int lookup_list_times(struct redis_call *call, const char *list, uint64_t *imported,
                      uint64_t *gone);

struct lookup_hit {
    bool on_list;
    bool marked;           /* a single event was the last to speak of it: */
    struct list_mark mark; /* this one */
};

/* Whether the number is on each of the `n` lists. */
int lookup_number(struct redis_call *call, const char *const *lists, unsigned n, uint64_t number,
                  struct lookup_hit *hits);

/* What is known of the number; all zero where nothing is. */
int lookup_health(struct redis_call *call, uint64_t number, struct health *health);

/* How far a chain is applied. */
int lookup_applied(struct redis_call *call, const char *chain, uint64_t *seq);

/* Buckets and numbers of all lists, in one walk over the keys: `count` is called for each bucket.
 */
int lookup_counts(struct redis_call *call,
                  int (*count)(void *arg, const char *list, size_t len, uint64_t numbers),
                  void *arg);

/* The numbers of a list, sorted, in portions. */
int lookup_members(struct redis_call *call, const char *list,
                   int (*portion)(void *arg, const uint64_t *numbers, size_t n, size_t left),
                   void *arg);

/* The buckets of a list that have members or marks, sorted; *buckets is malloc'd. */
int lookup_buckets(struct redis_call *call, const char *list, uint64_t **buckets, size_t *n);

/* Events in the stream behind the entry `after` ("" or "0": from its beginning), oldest first. */
int lookup_stream(struct redis_call *call, const char *after,
                  int (*entry)(void *arg, const char *id, const char *line, size_t len), void *arg);

#endif
