#include "proxy/store/server_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of a line "name:value\r\n", or NULL. */
static const char *value_of(const char *text, size_t len, const char *name, size_t *value_len)
{
    size_t name_len = strlen(name);
    const char *end = text + len;
    while (text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((line_end ? line_end : end) - text);
        if (line > name_len && memcmp(text, name, name_len) == 0 && text[name_len] == ':') {
            size_t n = line - name_len - 1;
            if (n > 0 && text[name_len + n] == '\r')
                n--;
            *value_len = n;
            return text + name_len + 1;
        }
        text += line + 1;
    }
    return NULL;
}

static void copy_value(const char *text, size_t len, const char *name, char *out, size_t cap)
{
    size_t n = 0;
    const char *value = value_of(text, len, name, &n);
    snprintf(out, cap, "%.*s", value ? (int)(n < cap ? n : cap - 1) : 0, value ? value : "");
}

static bool is_one(const char *text, size_t len, const char *name)
{
    size_t n = 0;
    const char *value = value_of(text, len, name, &n);
    return value && n == 1 && *value == '1';
}

bool server_facts_info(struct server_facts *facts, const char *text, size_t len)
{
    char role[16];
    copy_value(text, len, "redis_version", facts->version, sizeof facts->version);
    copy_value(text, len, "maxmemory_policy", facts->policy, sizeof facts->policy);
    copy_value(text, len, "role", role, sizeof role);
    facts->replica = strcmp(role, "slave") == 0 || strcmp(role, "replica") == 0;
    facts->loading = is_one(text, len, "loading");
    facts->cluster = is_one(text, len, "cluster_enabled");
    facts->append_only = is_one(text, len, "aof_enabled");
    return role[0] != '\0';
}

void server_facts_config(struct server_facts *facts, const char *name, const char *value)
{
    if (strcmp(name, "maxmemory-policy") == 0) {
        snprintf(facts->policy, sizeof facts->policy, "%s", value);
    } else if (strcmp(name, "appendonly") == 0) {
        facts->append_only = strcmp(value, "yes") == 0;
    } else if (strcmp(name, "save") == 0) {
        facts->save_known = true;
        facts->saves = value[0] != '\0';
    } else if (strcmp(name, "set-max-intset-entries") == 0) {
        facts->intset_entries = strtoull(value, NULL, 10);
    }
}

const char *server_facts_refusal(const struct server_facts *facts, bool allow_eviction)
{
    if (facts->loading)
        return "it is still loading its data";
    if (facts->replica)
        return "it is a replica, which cannot be written to";
    if (facts->cluster)
        return "it is a cluster; a single server or a sentinel's master is needed";
    if (strncmp(facts->policy, "allkeys-", 8) == 0 && !allow_eviction)
        return "its maxmemory-policy may drop opt-outs when memory is short; set noeviction (or "
               "store.allow_eviction)";
    return NULL;
}

int server_facts_persistent(const struct server_facts *facts)
{
    if (facts->append_only)
        return 1;
    if (!facts->save_known)
        return -1;
    return facts->saves;
}
