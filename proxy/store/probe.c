#include "proxy/store/probe.h"

#include "proxy/store/list_key.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

static const char *const settings[] = {"maxmemory-policy", "appendonly", "save",
                                       "set-max-intset-entries"};
#define SETTINGS (sizeof settings / sizeof *settings)

static void warn(struct probe *probe, const char *message, const char *key, const char *value)
{
    trouble_log(&probe->trouble, probe->log, LOG_WARN, net_now_us(probe->net), message, key, value);
}

static void judge(struct probe *probe)
{
    const struct server_facts *facts = &probe->facts;
    const char *refusal = server_facts_refusal(facts, probe->allow_eviction);
    if (refusal) {
        probe->done(probe->arg, refusal);
        return;
    }
    int persistent = server_facts_persistent(facts);
    stat_set(probe->persistence, persistent != 0);
    if (persistent == 0)
        warn(probe, "Redis keeps nothing on disk: after its restart the journals are applied anew",
             "set", "appendonly yes");
    if (strncmp(facts->policy, "allkeys-", 8) == 0)
        warn(probe, "Redis may drop opt-outs when its memory is full", "maxmemory-policy",
             facts->policy);
    if (facts->intset_entries && facts->intset_entries < LIST_BUCKET) {
        char value[24];
        snprintf(value, sizeof value, "%llu", (unsigned long long)facts->intset_entries);
        warn(probe, "Redis will need far more memory for lists; 10000 is wanted",
             "set-max-intset-entries", value);
    }
    probe->done(probe->arg, NULL);
}

/* Where CONFIG is forbidden, INFO must do. */
static void on_setting(void *arg, const struct redisReply *reply)
{
    struct probe *probe = arg;
    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[0]->type == REDIS_REPLY_STRING &&
        reply->element[1]->type == REDIS_REPLY_STRING)
        server_facts_config(&probe->facts, reply->element[0]->str, reply->element[1]->str);
}

static void on_last_setting(void *arg, const struct redisReply *reply)
{
    on_setting(arg, reply);
    if (reply)
        judge(arg);
}

static void on_info(void *arg, const struct redisReply *reply)
{
    struct probe *probe = arg;
    char why[256];
    if (!reply)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        probe->done(probe->arg, redis_explain(reply, why, sizeof why));
        return;
    }
    if (reply->type != REDIS_REPLY_STRING ||
        !server_facts_info(&probe->facts, reply->str, reply->len)) {
        probe->done(probe->arg, "what answers there is no Redis (wrong port?)");
        return;
    }
    int error = 0;
    for (unsigned i = 0; i < SETTINGS && error == 0; i++)
        error = redis_send(probe->redis, i + 1 < SETTINGS ? on_setting : on_last_setting, probe,
                           "CONFIG GET %s", settings[i]);
    if (error)
        redis_drop(probe->redis, "out of memory");
}

void probe_start(struct probe *probe)
{
    memset(&probe->facts, 0, sizeof probe->facts);
    if (redis_send(probe->redis, on_info, probe, "INFO") < 0)
        redis_drop(probe->redis, "out of memory");
}
