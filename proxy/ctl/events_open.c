/* The event log, brought up to date before it is asked. */
#include "proxy/ctl/ctl.h"
#include "proxy/store/lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000

struct stream {
    struct eventlog *log;
    char last[EVENTLOG_CURSOR_MAX];
    unsigned pending; /* in the batch */
    int error;
};

static int stream_commit(struct stream *stream)
{
    if (stream->pending == 0) {
        return 0;
    }
    stream->pending = 0;
    int err = eventlog_set_cursor(stream->log, "stream", stream->last);
    return err == 0 ? eventlog_commit(stream->log) : err;
}

/* A line that is no event is passed over: somebody else writes to that key too. */
static int stream_entry(void *arg, const char *id, const char *line, size_t len)
{
    struct stream *stream = arg;
    int err = stream->pending == 0 ? eventlog_begin(stream->log) : 0;

    if (err == 0) {
        stream->pending++;
        snprintf(stream->last, sizeof(stream->last), "%s", id);
        int put = eventlog_put(stream->log, line, len);
        err = put == -EIO || put == -ENOMEM ? put : 0;
    }
    if (err == 0 && stream->pending == BATCH) {
        err = stream_commit(stream);
    }
    stream->error = err;
    return err;
}

/* Events of other machines come by the stream. */
static void feed_from_stream(struct ctl *ctl)
{
    struct stream stream = {.log = ctl->events};
    char after[EVENTLOG_CURSOR_MAX];

    int err = eventlog_cursor(ctl->events, "stream", after);
    if (err == 0) {
        err = lookup_stream(ctl->redis, after, stream_entry, &stream);
        if (err == 0) {
            stream.error = stream_commit(&stream);
        }
    } else {
        stream.error = err;
    }
    if (err != 0 || stream.error != 0) {
        eventlog_abort(ctl->events);
        ctl_warn(ctl, "events of other machines may be missing: %s",
                 stream.error != 0 ? eventlog_problem(ctl->events)
                                   : redis_call_problem(ctl->redis));
    }
}

static void on_feed(void *arg, uint64_t done)
{
    struct ctl *ctl = arg;

    if (done >= 20000) {
        output_progress(&ctl->progress, "reading the journals", done, 0, "events");
    }
}

int ctl_open_events(struct ctl *ctl)
{
    const struct conf_store *store = &ctl->conf->store;
    uint64_t added;
    char *error = NULL;

    if (ctl->events != NULL) {
        return 0;
    }
    if (ctl_become_owner(ctl) != 0) {
        return CTL_REFUSED;
    }
    ctl->events = eventlog_open(store->log, &error);
    if (ctl->events == NULL) {
        ctl_refuse(ctl, "%s", error != NULL ? error : "out of memory");
        free(error);
        return CTL_REFUSED;
    }
    if (eventlog_feed(ctl->events, store->journal, on_feed, ctl, &added) != 0) {
        ctl_warn(ctl, "events may be missing: %s", eventlog_problem(ctl->events));
    }
    output_progress_end(&ctl->progress);
    if (ctl->redis != NULL) {
        feed_from_stream(ctl);
    }
    return 0;
}
