#include "proxy/store/applier.h"

#include "proxy/store/command.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/scripts.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH       128u /* events in one script: a millisecond of Redis' time */
#define BATCH_BYTES ((size_t)1 << 20)
#define WINDOW      4u  /* batches on the wire while reading files */
#define LIVE_WINDOW 64u /* and as events come; beyond it they are read from the file later */

struct applier {
    struct applier_options options;
    const struct applier_ops *ops;
    void *arg;
    char dataset[DATASET_MAX + 1];
    char sha[41];
    struct journal_reader *reader; /* NULL: live, or not begun */
    bool live, failed, working;    /* working: a job runs */
    bool behind;                   /* on_end is due */
    uint64_t sent, applied, known;
    struct command batch;
    unsigned batch_events;
    struct ring flights; /* uint64_t: the last line of each batch on the wire */
    struct event *pass;
    /* The event whose job runs, or waits for the batches before it. */
    struct job job;
    char *job_line;
    size_t job_line_len;
};

static void pump(struct applier *applier);
static void on_pass(evutil_socket_t fd, short what, void *arg);

struct applier *applier_new(const struct applier_options *options, const struct applier_ops *ops,
                            void *arg)
{
    struct applier *applier = calloc(1, sizeof *applier);
    if (!applier)
        return NULL;
    applier->options = *options;
    applier->ops = ops;
    applier->arg = arg;
    snprintf(applier->dataset, sizeof applier->dataset, "%s", options->dataset);
    script_sha1(SCRIPT_APPLY, applier->sha);
    ring_init(&applier->flights, sizeof(uint64_t));
    applier->pass = event_new(options->base, -1, 0, on_pass, applier);
    if (!applier->pass) {
        free(applier);
        return NULL;
    }
    return applier;
}

void applier_free(struct applier *applier)
{
    if (!applier)
        return;
    event_free(applier->pass);
    journal_reader_close(applier->reader);
    command_free(&applier->batch);
    ring_free(&applier->flights);
    free(applier->job_line);
    free(applier);
}

static void fail(struct applier *applier, const char *why)
{
    applier->failed = true;
    applier->live = false;
    applier->ops->on_fail(applier->arg, why);
}

/* Batches. */

static void begin_batch(struct applier *applier)
{
    struct command *batch = &applier->batch;
    char length[24];
    snprintf(length, sizeof length, "%lld",
             (long long)(applier->options.stream_length > 0 ? applier->options.stream_length : 0));
    command_begin(batch);
    command_text(batch, "EVALSHA");
    command_text(batch, applier->sha);
    command_text(batch, "0");
    command_text(batch, applier->options.prefix);
    command_text(batch, applier->dataset);
    command_text(batch, applier->options.chain);
    command_text(batch, length);
    command_text(batch, applier->options.later ? "again" : "live");
}

static void on_batch(void *arg, const struct redisReply *reply)
{
    struct applier *applier = arg;
    if (!reply || applier->failed)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        char why[256];
        fail(applier, redis_explain(reply, why, sizeof why));
        return;
    }
    applier->applied = *(uint64_t *)ring_at(&applier->flights, applier->flights.head);
    ring_pop(&applier->flights);
    applier->ops->on_applied(applier->arg, applier->applied);
    if (!applier->live && !applier->failed)
        pump(applier);
}

static bool flush_batch(struct applier *applier)
{
    if (applier->batch_events == 0)
        return true;
    size_t len = 0;
    const char *text = command_end(&applier->batch, &len);
    uint64_t *flight = ring_push(&applier->flights);
    applier->batch_events = 0;
    if (!text || !flight ||
        redis_send_raw(applier->options.redis, text, len, on_batch, applier) < 0) {
        fail(applier, "out of memory");
        return false;
    }
    *flight = applier->sent;
    return true;
}

/* What so many lines follow that the stream would drop it again need not go there. */
static bool kept_by_stream(const struct applier *applier, uint64_t seq)
{
    int64_t length = applier->options.stream_length;
    return applier->known == UINT64_MAX || seq > applier->known ||
           (length > 0 && applier->known - seq <= 2 * (uint64_t)length);
}

static bool add(struct applier *applier, uint64_t seq, uint64_t time_ms, char op, const char *list,
                const char *subject, const char *line, size_t len)
{
    struct command *batch = &applier->batch;
    if (applier->batch_events == 0)
        begin_batch(applier);
    command_number(batch, seq);
    command_number(batch, time_ms);
    command_add(batch, &op, 1);
    command_text(batch, list);
    command_text(batch, subject);
    command_add(batch, line, kept_by_stream(applier, seq) ? len : 0);
    applier->sent = seq;
    applier->batch_events++;
    if (applier->batch_events < BATCH && batch->len < BATCH_BYTES)
        return true;
    return flush_batch(applier);
}

static bool add_op(struct applier *applier, uint64_t seq, uint64_t time_ms,
                   const struct event_op *op, const char *description, const char *line, size_t len)
{
    char number[24] = "";
    const char *subject = number;
    if (op->op == OP_ADD || op->op == OP_REMOVE)
        snprintf(number, sizeof number, "%llu", (unsigned long long)op->number);
    if (op->op == OP_CREATE)
        subject = description ? description : "{}";
    return add(applier, seq, time_ms, op->op == OP_IMPORT ? (char)OP_NONE : op->op, op->list,
               subject, line, len);
}

/* Jobs. */

static void fill_job(const struct applier *applier, struct job *job, uint64_t seq, uint64_t time_ms,
                     const struct event_op *op)
{
    *job = (struct job){.op = op->op, .time_ms = time_ms, .seq = seq};
    snprintf(job->list, sizeof job->list, "%s", op->list);
    snprintf(job->file, sizeof job->file, "%s", op->file ? op->file : "");
    snprintf(job->chain, sizeof job->chain, "%s", applier->options.chain);
}

/* Keeps an event until its job is done; everything before it is sent first. */
static bool hold_for_job(struct applier *applier, uint64_t seq, uint64_t time_ms,
                         const struct event_op *op, const char *line, size_t len)
{
    applier->job_line = malloc(len + 1);
    if (!applier->job_line) {
        fail(applier, "out of memory");
        return false;
    }
    memcpy(applier->job_line, line, len);
    applier->job_line_len = len;
    fill_job(applier, &applier->job, seq, time_ms, op);
    return flush_batch(applier);
}

static bool put_aside(struct applier *applier, uint64_t seq, uint64_t time_ms,
                      const struct event_op *op)
{
    struct job *job = ring_push(applier->options.later);
    if (!job) {
        fail(applier, "out of memory");
        return false;
    }
    fill_job(applier, job, seq, time_ms, op);
    return true;
}

void applier_job_done(struct applier *applier, const char *why)
{
    if (applier->failed)
        return;
    applier->working = false;
    if (why) {
        fail(applier, why);
        return;
    }
    const struct job *job = &applier->job;
    char *line = applier->job_line;
    applier->job_line = NULL;
    bool added =
        add(applier, job->seq, job->time_ms, job->op == OP_IMPORT ? (char)OP_NONE : job->op,
            job->list, "", line, applier->job_line_len);
    free(line);
    if (added)
        pump(applier);
}

/* Reading. */

static bool take_line(struct applier *applier, uint64_t seq, const char *line, size_t len)
{
    struct event event;
    struct event_line *keep = NULL;
    struct event_op op = {.op = OP_NONE, .list = ""};
    char *description = NULL;
    bool ok = true;
    memset(&event, 0, sizeof event);
    if (event_line_parse(line, len, &event, NULL, NULL, &keep) == 0)
        event_op(&event, &op);
    else
        LOG_ERR(applier->options.log, 0, "a line of the journal cannot be read", "chain",
                applier->options.chain, "seq", LOG_NUM(seq));
    bool job = op.op == OP_IMPORT || op.op == OP_DROP;
    if (op.op == OP_CREATE)
        description = event_op_description(&event);
    if (job && applier->options.later)
        ok = put_aside(applier, seq, event.time_ms, &op);
    if (ok && job && !applier->options.later)
        ok = hold_for_job(applier, seq, event.time_ms, &op, line, len);
    else if (ok)
        ok = add_op(applier, seq, event.time_ms, &op, description, line, len);
    free(description);
    if (keep)
        event_line_free(keep);
    return ok;
}

/* One more line from the files. 1, 0: there is none now, -1: failed. */
static int read_line(struct applier *applier)
{
    uint64_t seq = 0;
    const char *line = NULL;
    size_t len = 0;
    if (applier->sent >= applier->known)
        return 0;
    int got = journal_reader_next(applier->reader, &seq, &line, &len);
    if (got < 0) {
        char why[160];
        snprintf(why, sizeof why, "the journal of %s cannot be read behind line %llu: %s",
                 applier->options.chain, (unsigned long long)applier->sent, strerror(-got));
        fail(applier, why);
        return -1;
    }
    return got == 0 ? 0 : take_line(applier, seq, line, len) ? 1 : -1;
}

static void caught_up(struct applier *applier)
{
    applier->live = applier->options.live;
    if (applier->live) {
        journal_reader_close(applier->reader);
        applier->reader = NULL;
    }
    if (applier->behind) {
        applier->behind = false;
        applier->ops->on_end(applier->arg);
    }
}

static void pump(struct applier *applier)
{
    int got = 1;
    while (!applier->job_line && !applier->working && got > 0 &&
           ring_count(&applier->flights) < WINDOW)
        got = read_line(applier);
    if (applier->failed || got < 0)
        return;
    if ((got == 0 || applier->job_line) && !flush_batch(applier))
        return;
    if (ring_count(&applier->flights) > 0 || applier->working)
        return;
    if (applier->job_line) {
        applier->working = true;
        job_start(applier->options.jobs, &applier->job, applier->dataset);
    } else if (got == 0) {
        caught_up(applier);
    }
}

/* Leaves live mode: what has come and was not sent is read from the file. */
static void fall_back(struct applier *applier)
{
    int error = 0;
    applier->live = false;
    applier->behind = true;
    journal_reader_close(applier->reader);
    applier->reader = journal_reader_open(applier->options.journal_dir, applier->options.chain,
                                          applier->sent, &error);
    if (!applier->reader) {
        char why[160];
        snprintf(why, sizeof why, "the journal of %s cannot be read: %s", applier->options.chain,
                 strerror(-error));
        fail(applier, why);
    }
}

void applier_start(struct applier *applier, uint64_t after, uint64_t known)
{
    applier->sent = applier->applied = after;
    applier->known = known;
    fall_back(applier);
    if (!applier->failed)
        event_active(applier->pass, EV_TIMEOUT, 0);
}

static void on_pass(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct applier *applier = arg;
    if (applier->failed)
        return;
    if (applier->live)
        flush_batch(applier);
    else
        pump(applier);
}

void applier_offer(struct applier *applier, uint64_t seq, uint64_t time_ms,
                   const struct event_op *op, const char *description, const char *line, size_t len)
{
    if (seq > applier->known)
        applier->known = seq;
    if (applier->failed || seq <= applier->sent)
        return;
    if (applier->live && (seq != applier->sent + 1 || op->op == OP_IMPORT || op->op == OP_DROP ||
                          ring_count(&applier->flights) >= LIVE_WINDOW)) {
        if (flush_batch(applier))
            fall_back(applier);
    }
    if (applier->failed)
        return;
    if (applier->live)
        add_op(applier, seq, time_ms, op, description, line, len);
    event_active(applier->pass, EV_TIMEOUT, 0);
}

uint64_t applier_applied(const struct applier *applier)
{
    return applier->applied;
}

bool applier_caught_up(const struct applier *applier)
{
    return applier->live && !applier->failed;
}
