/*
 * The name of the data set that Redis must hold, and what each chain remembers of it on disk
 * (<journal>/<chain>/dataset). Decides how much of the journals a Redis needs that says it holds
 * this or that, or nothing. Knows files, no Redis.
 */
#ifndef PROXY_STORE_DATASET_H
#define PROXY_STORE_DATASET_H

#include <stdbool.h>
#include <stddef.h>

#define DATASET_MAX 64 /* octets of a name, at most */

/* 16 to DATASET_MAX hex digits. */
bool dataset_name_ok(const char *name, size_t len);
int dataset_name_new(char out[DATASET_MAX + 1]); /* 0 or -errno */

/* What a chain remembers; "" for nothing. 0, or -errno where it cannot be read. */
int dataset_recall(const char *dir, const char *chain, char out[DATASET_MAX + 1]);
int dataset_remember(const char *dir, const char *chain, const char *name); /* 0 or -errno */

enum dataset_plan {
    DATASET_BEGIN,   /* nothing is anywhere: the first start */
    DATASET_REBUILD, /* Redis has none, the journals have: they are applied whole */
    DATASET_FOLLOW   /* Redis has one: each chain is applied as far as it needs */
};

struct dataset_chain {
    char *name;
    bool lines; /* it has at least one */
    bool again; /* it is to be applied whole, not from where it was left */
    char remembered[DATASET_MAX + 1];
};

struct dataset_chains {
    struct dataset_chain *v;
    size_t n;
};

/* The chains under `dir`, and what `found` (the name in Redis, "" for none) means for them. 0 or
 * -errno. */
int dataset_decide(const char *dir, const char *found, struct dataset_chains *chains,
                   enum dataset_plan *plan);
void dataset_chains_free(struct dataset_chains *chains);

#endif
