/*
 * Asks a server whether it is fit to hold opt-outs: INFO, and CONFIG GET as far as it is allowed.
 * Says once in the log what it does not like. Needs a connection that is up.
 */
#ifndef PROXY_STORE_PROBE_H
#define PROXY_STORE_PROBE_H

#include "proxy/log.h"
#include "proxy/stats.h"
#include "proxy/store/redis.h"
#include "proxy/store/server_facts.h"
#include "proxy/store/trouble.h"

struct probe {
    struct redis *redis;
    struct net *net;
    struct log *log;
    struct stat *persistence;
    bool allow_eviction;
    /* `refusal` is NULL, or why this server cannot be used. Not called when the connection is lost.
     */
    void (*done)(void *arg, const char *refusal);
    void *arg;
    /* The rest is the probe's own. */
    struct server_facts facts;
    struct trouble trouble;
};

void probe_start(struct probe *probe);

#endif
