/*
 * What a Redis server says of itself, as far as opt-outs may be lost by it: read from INFO, and
 * from CONFIG GET where that is allowed. Pure text in, a judgement out.
 */
#ifndef PROXY_STORE_SERVER_FACTS_H
#define PROXY_STORE_SERVER_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server_facts {
    char version[32];
    char policy[32]; /* maxmemory-policy; "" where it does not say */
    bool replica, loading, cluster;
    bool append_only;
    bool save_known, saves;  /* snapshots, where CONFIG says */
    uint64_t intset_entries; /* 0: unknown */
};

/* The text of INFO. False: this is no answer to INFO. */
bool server_facts_info(struct server_facts *facts, const char *text, size_t len);

/* One setting from CONFIG GET. */
void server_facts_config(struct server_facts *facts, const char *name, const char *value);

/* Why this server must not hold opt-outs, as a sentence; NULL: it may. */
const char *server_facts_refusal(const struct server_facts *facts, bool allow_eviction);

/* 1: what is written survives a restart of the server, 0: it does not, -1: it does not say. */
int server_facts_persistent(const struct server_facts *facts);

#endif
