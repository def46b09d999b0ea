#include "proxy/store/sync.h"

#include "proxy/store/bulk.h"
#include "proxy/store/dataset.h"
#include "proxy/store/event_op.h"
#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/lookup.h"
#include "proxy/store/scripts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_EVENTS 100u
#define BATCH_OCTETS ((size_t)1 << 20)

/* One chain on its way into Redis. */
struct sync {
    struct redis_call *call;
    const struct sync_options *options;
    struct sync_result *result;
    char dataset[LOOKUP_NAME_MAX]; /* "" in a rebuild */
    const char *chain;
    bool again; /* the chain is applied whole, by the times of its events */
    struct command command;
    char sha[41]; /* of SCRIPT_APPLY */
    unsigned events;
};

static void batch_begin(struct sync *sync)
{
    sync->events = 0;
    command_begin(&sync->command);
    command_text(&sync->command, "EVALSHA");
    command_text(&sync->command, sync->sha);
    command_text(&sync->command, "0");
    command_text(&sync->command, redis_call_prefix(sync->call));
    command_text(&sync->command, sync->dataset);
    command_text(&sync->command, sync->chain);
    command_number(&sync->command, (uint64_t)sync->options->stream_length);
    command_text(&sync->command, sync->again ? "again" : "live");
}

static int batch_end(struct sync *sync)
{
    if (sync->events == 0) {
        return 0;
    }
    redisReply *reply = redis_call(sync->call, &sync->command);
    if (reply == NULL) {
        return -EIO;
    }
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        const redisReply *one = reply->element[i];
        sync->result->changed += one->type == REDIS_REPLY_INTEGER && one->integer == 1;
    }
    freeReplyObject(reply);
    sync->result->events += sync->events;
    batch_begin(sync);
    return 0;
}

struct part {
    struct sync *sync;
    const char *list;
};

static void bulk_progress(void *arg, uint64_t numbers)
{
    const struct part *part = arg;
    const struct sync_options *options = part->sync->options;

    options->progress(options->arg, part->list, numbers);
}

/* What an event does besides its line: a kept file is added, a list is cleared. */
static int large_part(struct sync *sync, const struct event *event, const struct event_op *op,
                      uint64_t seq)
{
    struct part part = {sync, op->list};
    struct bulk bulk = {.dataset = sync->dataset,
                        .list = op->list,
                        .time_ms = event->time_ms,
                        .chain = sync->chain,
                        .seq = seq,
                        .progress = sync->options->progress != NULL ? bulk_progress : NULL,
                        .arg = &part};
    uint64_t n = 0;

    if (op->op == OP_DROP) {
        int err = bulk_clear(sync->call, &bulk, &n);
        sync->result->removed += n;
        return err;
    }
    int err;
    struct kept_reader *file = kept_open(sync->options->dir, op->file, &err);
    if (file != NULL) {
        err = bulk_add(sync->call, &bulk, file, &n);
        kept_close(file);
        sync->result->added += n;
    }
    if (err != 0 && err != -EIO) {
        return redis_call_fail(sync->call,
                               "the numbers of an import into '%s' are lost: %s/imports/"
                               "%s.gz: %s",
                               op->list, sync->options->dir, op->file,
                               err == -EBADMSG ? "damaged" : strerror(-err));
    }
    return err;
}

static int add_event(struct sync *sync, const struct event *event, uint64_t seq, const char *line,
                     size_t len)
{
    struct event_op op;
    char *description = NULL;
    int err = 0;

    event_op(event, &op);
    if (op.op == OP_DROP || op.op == OP_IMPORT) { /* in the order of the chain */
        err = batch_end(sync);
        err = err == 0 ? large_part(sync, event, &op, seq) : err;
    }
    if (op.op == OP_CREATE && (description = event_op_description(event)) == NULL) {
        return redis_call_fail(sync->call, "out of memory");
    }
    char what = op.op == OP_IMPORT ? OP_NONE : op.op;
    command_number(&sync->command, seq);
    command_number(&sync->command, event->time_ms);
    command_add(&sync->command, &what, 1);
    command_text(&sync->command, op.list);
    if (description != NULL) {
        command_text(&sync->command, description);
    } else {
        command_number(&sync->command, op.number);
    }
    command_add(&sync->command, line, len);
    sync->events++;
    free(description);
    if (err == 0 && (sync->events >= BATCH_EVENTS || sync->command.len >= BATCH_OCTETS)) {
        err = batch_end(sync);
    }
    return err;
}

static int sync_lines(struct sync *sync, struct journal_reader *reader)
{
    const char *line;
    uint64_t seq;
    size_t len;
    int more, err = 0;

    batch_begin(sync);
    while (err == 0 && (more = journal_reader_next(reader, &seq, &line, &len)) == 1) {
        struct event event;
        struct event_line *keep;
        more = event_line_parse(line, len, &event, NULL, NULL, &keep);
        if (more != 0) {
            break;
        }
        err = add_event(sync, &event, seq, line, len);
        event_line_free(keep);
    }
    if (err == 0 && more < 0) {
        redis_call_fail(sync->call, "the journal %s/%s cannot be read: %s; see stopgatectl verify",
                        sync->options->dir, sync->chain, strerror(-more));
        err = -EIO;
    }
    return err == 0 ? batch_end(sync) : err;
}

/* Whether a process is there that applies the chain itself. */
static bool is_looked_after(const struct sync *sync)
{
    if (sync->options->own_chain != NULL && strcmp(sync->chain, sync->options->own_chain) == 0) {
        return false;
    }
    int fd = chain_open(sync->options->dir, sync->chain);
    if (fd < 0) {
        return false;
    }
    bool live = chain_is_live(fd);
    close(fd);
    return live;
}

static int sync_chain(struct sync *sync)
{
    uint64_t applied = 0;
    int err = 0;

    if (!sync->again) {
        err = lookup_applied(sync->call, sync->chain, &applied);
    }
    if (err != 0) {
        return err;
    }
    struct journal_reader *reader =
        journal_reader_open(sync->options->dir, sync->chain, applied, &err);
    if (reader == NULL) {
        return redis_call_fail(sync->call, "cannot read the journal %s/%s: %s", sync->options->dir,
                               sync->chain, strerror(-err));
    }
    err = sync_lines(sync, reader);
    journal_reader_close(reader);
    return err;
}

static int remember(struct sync *sync, const struct dataset_chain *chain)
{
    if (strcmp(chain->remembered, sync->dataset) == 0) {
        return 0;
    }
    int err = dataset_remember(sync->options->dir, chain->name, sync->dataset);
    if (err != 0) {
        return redis_call_fail(sync->call, "cannot write %s/%s/dataset: %s", sync->options->dir,
                               chain->name, strerror(-err));
    }
    return 0;
}

static int sync_chains(struct sync *sync, const struct dataset_chains *chains)
{
    bool rebuild = sync->dataset[0] == '\0';
    int err = 0;

    for (size_t i = 0; i < chains->n && err == 0; i++) {
        sync->chain = chains->v[i].name;
        sync->again = rebuild || chains->v[i].again;
        if (!rebuild && is_looked_after(sync)) {
            continue;
        }
        err = sync_chain(sync);
        if (err == 0 && !rebuild) {
            err = remember(sync, &chains->v[i]);
        }
    }
    return err;
}

/* Marks the rebuild as under way: Redis being emptied once more takes the mark away too. */
static int mark_rebuild(struct sync *sync, const char *token)
{
    struct command command = {0};
    char key[LIST_KEY_MAX];

    if (list_key_plain(key, sizeof(key), redis_call_prefix(sync->call), "rebuild") < 0) {
        return redis_call_fail(sync->call, "store.prefix is too long");
    }
    command_begin(&command);
    command_text(&command, "HSET");
    command_text(&command, key);
    command_text(&command, sync->options->own_chain);
    command_text(&command, token);
    redisReply *reply = redis_call(sync->call, &command);
    command_free(&command);
    freeReplyObject(reply);
    return reply == NULL ? -EIO : 0;
}

static int begin_dataset(struct sync *sync, const char *token)
{
    struct command command = {0};
    char sha[41], name[DATASET_MAX + 1];
    int err = 0;

    if (dataset_name_new(name) != 0) {
        return redis_call_fail(sync->call, "the system gives no random octets");
    }
    script_sha1(SCRIPT_BEGIN, sha);
    command_begin(&command);
    command_text(&command, "EVALSHA");
    command_text(&command, sha);
    command_text(&command, "0");
    command_text(&command, redis_call_prefix(sync->call));
    command_text(&command, name);
    command_text(&command, sync->options->own_chain);
    command_text(&command, token);
    redisReply *reply = redis_call(sync->call, &command);
    command_free(&command);
    if (reply == NULL) {
        return -EIO;
    }
    if (reply->type == REDIS_REPLY_STRING && dataset_name_ok(reply->str, reply->len)) {
        memcpy(sync->dataset, reply->str, reply->len + 1);
    } else {
        err = redis_call_fail(sync->call, "Redis at %s gave no name for its data set",
                              redis_call_address(sync->call));
    }
    freeReplyObject(reply);
    return err;
}

/* Everything that the journals here know, then the mark that Redis may be believed. */
static int rebuild(struct sync *sync, const struct dataset_chains *chains)
{
    char token[DATASET_MAX + 1];

    if (dataset_name_new(token) != 0) {
        return redis_call_fail(sync->call, "the system gives no random octets");
    }
    int err = mark_rebuild(sync, token);
    err = err == 0 ? sync_chains(sync, chains) : err;
    err = err == 0 ? begin_dataset(sync, token) : err;
    for (size_t i = 0; i < chains->n && err == 0; i++) {
        sync->chain = chains->v[i].name;
        err = is_looked_after(sync) ? 0 : remember(sync, &chains->v[i]);
    }
    sync->result->began = err == 0;
    return err;
}

int sync_journals(struct redis_call *call, const struct sync_options *options,
                  struct sync_result *result)
{
    struct sync sync = {.call = call, .options = options, .result = result};
    struct dataset_chains chains = {0};
    enum dataset_plan plan;

    memset(result, 0, sizeof(*result));
    int err = redis_call_may_write(call);
    err = err == 0 ? bulk_prepare(call) : err;
    err = err == 0 ? lookup_dataset(call, sync.dataset) : err;
    if (err != 0) {
        return err;
    }
    err = dataset_decide(options->dir, sync.dataset, &chains, &plan);
    if (err != 0) {
        return redis_call_fail(call, "cannot read the journals in %s: %s", options->dir,
                               strerror(-err));
    }
    script_sha1(SCRIPT_APPLY, sync.sha);
    err = plan == DATASET_FOLLOW ? sync_chains(&sync, &chains) : rebuild(&sync, &chains);
    dataset_chains_free(&chains);
    command_free(&sync.command);
    return err;
}
