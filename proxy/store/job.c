#include "proxy/store/job.h"

#include "proxy/store/command.h"
#include "proxy/store/event_op.h"
#include "proxy/store/kept_file.h"
#include "proxy/store/scripts.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP    2048u /* numbers in one script: some milliseconds of Redis' time at the worst */
#define WINDOW  4u    /* scripts on the wire */
#define BUCKETS 8u    /* cleared by one script, of up to ten thousand members each */

struct job_runner {
    struct redis *redis;
    const struct job_ops *ops;
    void *arg;
    char *prefix, *dir;
    struct job job;
    char dataset[DATASET_MAX + 1];
    bool running;
    unsigned flying; /* scripts on the wire */
    struct command command;
    char sha[SCRIPT_COUNT][41];
    /* OP_IMPORT */
    struct kept_reader *file;
    bool file_ended;
    /* OP_DROP */
    enum list_key_kind kind;
    bool scan_ended;
};

static void pump_import(struct job_runner *runner);
static void scan(struct job_runner *runner, const char *cursor);

struct job_runner *job_runner_new(struct redis *redis, const char *prefix, const char *journal_dir,
                                  const struct job_ops *ops, void *arg)
{
    struct job_runner *runner = calloc(1, sizeof *runner);
    if (!runner)
        return NULL;
    runner->redis = redis;
    runner->ops = ops;
    runner->arg = arg;
    runner->prefix = strdup(prefix);
    runner->dir = strdup(journal_dir);
    for (unsigned i = 0; i < SCRIPT_COUNT; i++)
        script_sha1((enum script)i, runner->sha[i]);
    if (!runner->prefix || !runner->dir) {
        job_runner_free(runner);
        return NULL;
    }
    return runner;
}

void job_cancel(struct job_runner *runner)
{
    if (runner->file)
        kept_close(runner->file);
    runner->file = NULL;
    runner->running = false;
    runner->flying = 0;
}

void job_runner_free(struct job_runner *runner)
{
    if (!runner)
        return;
    job_cancel(runner);
    command_free(&runner->command);
    free(runner->prefix);
    free(runner->dir);
    free(runner);
}

static void finish(struct job_runner *runner, const char *why)
{
    job_cancel(runner);
    runner->ops->on_done(runner->arg, why);
}

/* Begins a script's command with the arguments that all have. */
static void begin(struct job_runner *runner, enum script script)
{
    struct command *command = &runner->command;
    command_begin(command);
    command_text(command, "EVALSHA");
    command_text(command, runner->sha[script]);
    command_text(command, "0");
    command_text(command, runner->prefix);
    command_text(command, runner->dataset);
    command_text(command, runner->job.list);
    command_number(command, runner->job.time_ms);
}

static bool send_script(struct job_runner *runner, redis_reply_fn *fn)
{
    size_t len = 0;
    const char *text = command_end(&runner->command, &len);
    return text && redis_send_raw(runner->redis, text, len, fn, runner) == 0;
}

/* Whether a reply is good; else the job has ended, or the connection. */
static bool good(struct job_runner *runner, const struct redisReply *reply)
{
    if (!reply || !runner->running)
        return false;
    if (reply->type != REDIS_REPLY_ERROR)
        return true;
    char why[256];
    finish(runner, redis_explain(reply, why, sizeof why));
    return false;
}

/* Adding a kept file. */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* One bucket's run of sorted numbers; returns how many it took. */
static int add_group(struct command *command, const uint64_t *numbers, int n)
{
    uint64_t bucket = list_bucket(numbers[0]);
    int count = 1;
    while (count < n && count < SCRIPT_GROUP_MAX && list_bucket(numbers[count]) == bucket)
        count++;
    command_number(command, bucket);
    command_number(command, (uint64_t)count);
    for (int i = 0; i < count; i++)
        command_number(command, list_member(numbers[i]));
    return count;
}

static void on_added(void *arg, const struct redisReply *reply)
{
    struct job_runner *runner = arg;
    if (!good(runner, reply))
        return;
    runner->flying--;
    pump_import(runner);
}

static void file_failed(struct job_runner *runner, int error)
{
    char why[LIST_NAME_MAX + 256];
    snprintf(why, sizeof why, "imports/%s.gz of list %s: %s", runner->job.file, runner->job.list,
             error == -EBADMSG ? "the file is damaged" : strerror(-error));
    finish(runner, why);
}

static void pump_import(struct job_runner *runner)
{
    uint64_t numbers[STEP];
    while (!runner->file_ended && runner->flying < WINDOW) {
        int n = kept_next(runner->file, numbers, STEP);
        if (n < 0) {
            file_failed(runner, n);
            return;
        }
        runner->file_ended = n == 0;
        if (n == 0)
            break;
        qsort(numbers, (size_t)n, sizeof *numbers, by_value);
        begin(runner, SCRIPT_BULK_ADD);
        command_text(&runner->command, runner->job.chain);
        command_number(&runner->command, runner->job.seq);
        for (int at = 0; at < n;)
            at += add_group(&runner->command, numbers + at, n - at);
        if (!send_script(runner, on_added)) {
            finish(runner, "out of memory");
            return;
        }
        runner->flying++;
    }
    if (runner->file_ended && runner->flying == 0)
        finish(runner, NULL);
}

/* A list that was removed after the import needs its file no more. */
static void on_gone(void *arg, const struct redisReply *reply)
{
    struct job_runner *runner = arg;
    if (!good(runner, reply))
        return;
    if (reply->type == REDIS_REPLY_STRING && strtoull(reply->str, NULL, 10) > runner->job.time_ms) {
        finish(runner, NULL);
        return;
    }
    int error = 0;
    runner->file_ended = false;
    runner->file = kept_open(runner->dir, runner->job.file, &error);
    if (runner->file)
        pump_import(runner);
    else
        file_failed(runner, error);
}

/* Clearing a list: its buckets are found by SCAN, first the sets and then what marks are left. */

static void next_scan(struct job_runner *runner, const char *cursor)
{
    if (strcmp(cursor, "0") != 0) {
        scan(runner, cursor);
    } else if (runner->kind == LIST_KEY_LIST) {
        runner->kind = LIST_KEY_MARK;
        scan(runner, "0");
    } else {
        runner->scan_ended = true;
        if (runner->flying == 0)
            finish(runner, NULL);
    }
}

static void on_cleared(void *arg, const struct redisReply *reply)
{
    struct job_runner *runner = arg;
    if (!good(runner, reply))
        return;
    if (--runner->flying == 0 && runner->scan_ended)
        finish(runner, NULL);
}

/* Sends the buckets that were collected, if any. False: the job has ended. */
static bool clear_buckets(struct job_runner *runner, unsigned found)
{
    if (found == 0)
        return true;
    if (!send_script(runner, on_cleared)) {
        finish(runner, "out of memory");
        return false;
    }
    runner->flying++;
    return true;
}

static void on_scanned(void *arg, const struct redisReply *reply)
{
    struct job_runner *runner = arg;
    if (!good(runner, reply))
        return;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY) {
        finish(runner, "SCAN was answered strangely");
        return;
    }
    const struct redisReply *keys = reply->element[1];
    unsigned found = 0;
    for (size_t i = 0; i < keys->elements; i++) {
        uint64_t bucket;
        if (keys->element[i]->type != REDIS_REPLY_STRING ||
            list_key_parse(keys->element[i]->str, keys->element[i]->len, runner->prefix,
                           runner->kind, runner->job.list, &bucket) < 0)
            continue;
        if (found == 0)
            begin(runner, SCRIPT_CLEAR);
        command_number(&runner->command, bucket);
        if (++found < BUCKETS)
            continue;
        if (!clear_buckets(runner, found))
            return;
        found = 0;
    }
    if (clear_buckets(runner, found))
        next_scan(runner, reply->element[0]->str);
}

static void scan(struct job_runner *runner, const char *cursor)
{
    char pattern[2 * LIST_KEY_MAX];
    if (list_key_pattern(pattern, sizeof pattern, runner->prefix, runner->kind, runner->job.list) <
            0 ||
        redis_send(runner->redis, on_scanned, runner, "SCAN %s MATCH %s COUNT 500", cursor,
                   pattern) < 0)
        redis_drop(runner->redis, "out of memory");
}

void job_start(struct job_runner *runner, const struct job *job, const char *dataset)
{
    runner->job = *job;
    snprintf(runner->dataset, sizeof runner->dataset, "%s", dataset);
    runner->running = true;
    runner->flying = 0;
    int error;
    if (job->op == OP_IMPORT) {
        error =
            redis_send(runner->redis, on_gone, runner, "HGET %sgone %s", runner->prefix, job->list);
    } else {
        /* Even a list without a bucket is gone from this time on. */
        runner->kind = LIST_KEY_LIST;
        runner->scan_ended = false;
        runner->flying = 1;
        begin(runner, SCRIPT_CLEAR);
        error = send_script(runner, on_cleared) ? 0 : -ENOMEM;
        if (error == 0)
            scan(runner, "0");
    }
    if (error < 0)
        redis_drop(runner->redis, "out of memory");
}
