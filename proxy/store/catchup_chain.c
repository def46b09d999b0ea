#include "proxy/store/catchup_chain.h"

#include "proxy/store/bulk.h"
#include "proxy/store/event_op.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/lookup.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_EVENTS 100u
#define BATCH_OCTETS ((size_t)1 << 20)

static void batch_begin(struct catchup *catchup)
{
    catchup->events = 0;
    command_begin(&catchup->command);
    command_text(&catchup->command, "EVALSHA");
    command_text(&catchup->command, catchup->sha);
    command_text(&catchup->command, "0");
    command_text(&catchup->command, redis_call_prefix(catchup->call));
    command_text(&catchup->command, catchup->dataset);
    command_text(&catchup->command, catchup->chain);
    command_number(&catchup->command, (uint64_t)catchup->options->stream_length);
    command_text(&catchup->command, catchup->again ? "again" : "live");
}

static int batch_end(struct catchup *catchup)
{
    if (catchup->events == 0) {
        return 0;
    }
    redisReply *reply = redis_call(catchup->call, &catchup->command);
    if (reply == NULL) {
        return -EIO;
    }
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        const redisReply *one = reply->element[i];
        catchup->result->changed += one->type == REDIS_REPLY_INTEGER && one->integer == 1;
    }
    freeReplyObject(reply);
    catchup->result->events += catchup->events;
    batch_begin(catchup);
    return 0;
}

struct part {
    struct catchup *catchup;
    const char *list;
};

static void bulk_progress(void *arg, uint64_t numbers)
{
    const struct part *part = arg;
    const struct catchup_options *options = part->catchup->options;

    options->progress(options->arg, part->list, numbers);
}

static int import_kept(struct catchup *catchup, const struct bulk *what, const char *sha)
{
    struct part part = {catchup, what->list};
    struct bulk bulk = *what;
    uint64_t n = 0;
    int err;

    bulk.progress = catchup->options->progress != NULL ? bulk_progress : NULL;
    bulk.arg = &part;
    struct kept_reader *file = kept_open(catchup->options->dir, sha, &err);
    if (file != NULL) {
        err = bulk_add(catchup->call, &bulk, file, &n);
        kept_close(file);
        catchup->result->added += n;
    }
    if (err != 0 && err != -EIO) {
        return redis_call_fail(
            catchup->call, "the numbers of an import into '%s' are lost: %s/imports/%s.gz: %s",
            bulk.list, catchup->options->dir, sha, err == -EBADMSG ? "damaged" : strerror(-err));
    }
    return err;
}

/* Where chains are applied whole, imports come last: then it does not matter which of them has the
 * import and which the removal of the list. */
static int put_aside(struct catchup *catchup, const struct event *event, const struct event_op *op,
                     uint64_t seq)
{
    struct put_aside *aside =
        reallocarray(catchup->aside, catchup->aside_count + 1, sizeof(*catchup->aside));

    if (aside == NULL) {
        return redis_call_fail(catchup->call, "out of memory");
    }
    catchup->aside = aside;
    aside += catchup->aside_count++;
    *aside = (struct put_aside){.chain = strdup(catchup->chain),
                                .list = strdup(op->list),
                                .time_ms = event->time_ms,
                                .seq = seq};
    snprintf(aside->file, sizeof(aside->file), "%s", op->file);
    if (aside->chain == NULL || aside->list == NULL) {
        return redis_call_fail(catchup->call, "out of memory");
    }
    return 0;
}

int catchup_imports(struct catchup *catchup)
{
    int err = 0;

    for (size_t i = 0; i < catchup->aside_count && err == 0; i++) {
        const struct put_aside *aside = &catchup->aside[i];
        struct bulk bulk = {.dataset = catchup->dataset,
                            .list = aside->list,
                            .time_ms = aside->time_ms,
                            .chain = aside->chain,
                            .seq = aside->seq};
        err = import_kept(catchup, &bulk, aside->file);
    }
    return err;
}

void catchup_end(struct catchup *catchup)
{
    for (size_t i = 0; i < catchup->aside_count; i++) {
        free(catchup->aside[i].chain);
        free(catchup->aside[i].list);
    }
    free(catchup->aside);
    command_free(&catchup->command);
}

/* What an event does besides its line: a kept file is added, a list is cleared. */
static int large_part(struct catchup *catchup, const struct event *event, const struct event_op *op,
                      uint64_t seq)
{
    struct bulk bulk = {.dataset = catchup->dataset,
                        .list = op->list,
                        .time_ms = event->time_ms,
                        .chain = catchup->chain,
                        .seq = seq};
    uint64_t n = 0;

    if (op->op == OP_IMPORT) {
        return catchup->again ? put_aside(catchup, event, op, seq)
                              : import_kept(catchup, &bulk, op->file);
    }
    int err = bulk_clear(catchup->call, &bulk, &n);
    catchup->result->removed += n;
    return err;
}

static int add_event(struct catchup *catchup, const struct event *event, uint64_t seq,
                     const char *line, size_t len)
{
    struct event_op op;
    char *description = NULL;
    int err = 0;

    event_op(event, &op);
    if (op.op == OP_DROP || op.op == OP_IMPORT) { /* in the order of the chain */
        err = batch_end(catchup);
        err = err == 0 ? large_part(catchup, event, &op, seq) : err;
    }
    if (op.op == OP_CREATE && (description = event_op_description(event)) == NULL) {
        return redis_call_fail(catchup->call, "out of memory");
    }
    char what = op.op == OP_IMPORT ? OP_NONE : op.op;
    command_number(&catchup->command, seq);
    command_number(&catchup->command, event->time_ms);
    command_add(&catchup->command, &what, 1);
    command_text(&catchup->command, op.list);
    if (description != NULL) {
        command_text(&catchup->command, description);
    } else {
        command_number(&catchup->command, op.number);
    }
    command_add(&catchup->command, line, len);
    catchup->events++;
    free(description);
    if (err == 0 && (catchup->events >= BATCH_EVENTS || catchup->command.len >= BATCH_OCTETS)) {
        err = batch_end(catchup);
    }
    return err;
}

static int read_lines(struct catchup *catchup, struct journal_reader *reader)
{
    const char *line;
    uint64_t seq;
    size_t len;
    int more, err = 0;

    batch_begin(catchup);
    while (err == 0 && (more = journal_reader_next(reader, &seq, &line, &len)) == 1) {
        struct event event;
        struct event_line *keep;
        more = event_line_parse(line, len, &event, NULL, NULL, &keep);
        if (more != 0) {
            break;
        }
        err = add_event(catchup, &event, seq, line, len);
        event_line_free(keep);
    }
    if (err == 0 && more < 0) {
        redis_call_fail(catchup->call,
                        "the journal %s/%s cannot be read: %s; see stopgatectl verify",
                        catchup->options->dir, catchup->chain, strerror(-more));
        err = -EIO;
    }
    return err == 0 ? batch_end(catchup) : err;
}

int catchup_chain(struct catchup *catchup)
{
    uint64_t applied = 0;
    int err = 0;

    if (!catchup->again) {
        err = lookup_applied(catchup->call, catchup->chain, &applied);
    }
    if (err != 0) {
        return err;
    }
    struct journal_reader *reader =
        journal_reader_open(catchup->options->dir, catchup->chain, applied, &err);
    if (reader == NULL) {
        return redis_call_fail(catchup->call, "cannot read the journal %s/%s: %s",
                               catchup->options->dir, catchup->chain, strerror(-err));
    }
    err = read_lines(catchup, reader);
    journal_reader_close(reader);
    return err;
}
