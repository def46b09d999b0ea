#include "proxy/store/catchup.h"

#include "proxy/store/bulk.h"
#include "proxy/store/catchup_chain.h"
#include "proxy/store/dataset.h"
#include "proxy/store/journal_dir.h"
#include "proxy/store/list_key.h"
#include "proxy/store/lookup.h"
#include "proxy/store/scripts.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <string.h>
#include <unistd.h>

/* Whether a process is there that applies the chain itself. */
static bool is_looked_after(const struct catchup *catchup)
{
    if (catchup->options->own_chain != NULL &&
        strcmp(catchup->chain, catchup->options->own_chain) == 0) {
        return false;
    }
    int fd = chain_open(catchup->options->dir, catchup->chain);
    if (fd < 0) {
        return false;
    }
    bool live = chain_is_live(fd);
    close(fd);
    return live;
}

static int remember(struct catchup *catchup, const struct dataset_chain *chain)
{
    if (strcmp(chain->remembered, catchup->dataset) == 0) {
        return 0;
    }
    int err = dataset_remember(catchup->options->dir, chain->name, catchup->dataset);
    if (err != 0) {
        return redis_call_fail(catchup->call, "cannot write %s/%s/dataset: %s",
                               catchup->options->dir, chain->name, strerror(-err));
    }
    return 0;
}

static int read_chains(struct catchup *catchup, const struct dataset_chains *chains)
{
    bool rebuild = catchup->dataset[0] == '\0';
    int err = 0;

    for (size_t i = 0; i < chains->n && err == 0; i++) {
        catchup->chain = chains->v[i].name;
        catchup->again = rebuild || chains->v[i].again;
        if (!rebuild && is_looked_after(catchup)) {
            continue;
        }
        err = catchup_chain(catchup);
    }
    err = err == 0 ? catchup_imports(catchup) : err;
    for (size_t i = 0; i < chains->n && err == 0 && !rebuild; i++) {
        catchup->chain = chains->v[i].name;
        err = is_looked_after(catchup) ? 0 : remember(catchup, &chains->v[i]);
    }
    return err;
}

/* Marks the rebuild as under way: Redis being emptied once more takes the mark away too. */
static int mark_rebuild(struct catchup *catchup, const char *token)
{
    struct command command = {0};
    char key[LIST_KEY_MAX];

    if (list_key_plain(key, sizeof(key), redis_call_prefix(catchup->call), "rebuild") < 0) {
        return redis_call_fail(catchup->call, "store.prefix is too long");
    }
    command_begin(&command);
    command_text(&command, "HSET");
    command_text(&command, key);
    command_text(&command, catchup->options->own_chain);
    command_text(&command, token);
    redisReply *reply = redis_call(catchup->call, &command);
    command_free(&command);
    freeReplyObject(reply);
    return reply == NULL ? -EIO : 0;
}

static int begin_dataset(struct catchup *catchup, const char *token)
{
    struct command command = {0};
    char sha[41], name[DATASET_MAX + 1];
    int err = 0;

    if (dataset_name_new(name) != 0) {
        return redis_call_fail(catchup->call, "the system gives no random octets");
    }
    script_sha1(SCRIPT_BEGIN, sha);
    command_begin(&command);
    command_text(&command, "EVALSHA");
    command_text(&command, sha);
    command_text(&command, "0");
    command_text(&command, redis_call_prefix(catchup->call));
    command_text(&command, name);
    command_text(&command, catchup->options->own_chain);
    command_text(&command, token);
    redisReply *reply = redis_call(catchup->call, &command);
    command_free(&command);
    if (reply == NULL) {
        return -EIO;
    }
    if (reply->type == REDIS_REPLY_STRING && dataset_name_ok(reply->str, reply->len)) {
        memcpy(catchup->dataset, reply->str, reply->len + 1);
    } else {
        err = redis_call_fail(catchup->call, "Redis at %s gave no name for its data set",
                              redis_call_address(catchup->call));
    }
    freeReplyObject(reply);
    return err;
}

/* Everything that the journals here know, then the mark that Redis may be believed. */
static int rebuild(struct catchup *catchup, const struct dataset_chains *chains)
{
    char token[DATASET_MAX + 1];

    if (dataset_name_new(token) != 0) {
        return redis_call_fail(catchup->call, "the system gives no random octets");
    }
    int err = mark_rebuild(catchup, token);
    err = err == 0 ? read_chains(catchup, chains) : err;
    err = err == 0 ? begin_dataset(catchup, token) : err;
    for (size_t i = 0; i < chains->n && err == 0; i++) {
        catchup->chain = chains->v[i].name;
        err = is_looked_after(catchup) ? 0 : remember(catchup, &chains->v[i]);
    }
    catchup->result->began = err == 0;
    return err;
}

int catchup_run(struct redis_call *call, const struct catchup_options *options,
                struct catchup_result *result)
{
    struct catchup catchup = {.call = call, .options = options, .result = result};
    struct dataset_chains chains = {0};
    enum dataset_plan plan;

    memset(result, 0, sizeof(*result));
    int err = redis_call_may_write(call);
    err = err == 0 ? bulk_prepare(call) : err;
    err = err == 0 ? lookup_dataset(call, catchup.dataset) : err;
    if (err != 0) {
        return err;
    }
    err = dataset_decide(options->dir, catchup.dataset, &chains, &plan);
    if (err != 0) {
        return redis_call_fail(call, "cannot read the journals in %s: %s", options->dir,
                               strerror(-err));
    }
    script_sha1(SCRIPT_APPLY, catchup.sha);
    if (plan == DATASET_FOLLOW) {
        err = read_chains(&catchup, &chains);
    } else if (options->own_chain != NULL) {
        err = rebuild(&catchup, &chains);
    }
    dataset_chains_free(&chains);
    catchup_end(&catchup);
    return err;
}
