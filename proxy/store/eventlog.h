/*
 * The event log: every event once, in one SQLite file, so that questions have quick answers (design
 * section 7). It proves nothing and decides nothing: it is fed from the journals and from the
 * stream in Redis, and may be thrown away and rebuilt. Several processes may hold the same file
 * open.
 *
 * An event's id is its place in the order of arrival, and the cursor of whoever reads on. Ids of a
 * log that was rebuilt are greater than those of the log before it, so that a reader with an old
 * cursor sees events again rather than miss one. SQLite stays behind this header.
 */
#ifndef PROXY_STORE_EVENTLOG_H
#define PROXY_STORE_EVENTLOG_H

#include "filters/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTLOG_CURSOR_MAX  64
#define EVENTLOG_NUMBERS_MAX 16

struct eventlog;

/* Opens the file, making it where it is missing. NULL and *error, a malloc'd sentence naming the
 * path, where it cannot be used: not a database, another program's, a newer version's, read-only.
 */
__attribute__((nonnull)) struct eventlog *eventlog_open(const char *path, char **error);
void eventlog_close(struct eventlog *log);

/* What went wrong in the call that failed last, as a sentence naming the file. */
const char *eventlog_problem(const struct eventlog *log);

/* Events are put in batches, all or none. A batch is also where positions are read and kept, so
 * that two processes feeding at once do not tread on each other. */
int eventlog_begin(struct eventlog *log);
int eventlog_commit(struct eventlog *log);
void eventlog_abort(struct eventlog *log);

/* Takes a line of a journal. 1: it is new, 0: it was there, -EBADMSG: it is no event, -EIO. */
int eventlog_put(struct eventlog *log, const char *line, size_t len);

/* How far a chain of the local journals has been taken. */
int eventlog_position(struct eventlog *log, const char *chain, uint64_t *seq);
int eventlog_set_position(struct eventlog *log, const char *chain, uint64_t seq);

/* How far a source outside the journals (the stream) has been read; "" where it never was. */
int eventlog_cursor(struct eventlog *log, const char *source, char out[EVENTLOG_CURSOR_MAX]);
int eventlog_set_cursor(struct eventlog *log, const char *source, const char *cursor);

/* Takes what is new in the journals under `dir`. `progress` may be NULL. 0 or -errno (the problem
 * names the chain). *added counts the new events. */
int eventlog_feed(struct eventlog *log, const char *dir, void (*progress)(void *arg, uint64_t done),
                  void *arg, uint64_t *added);

/* What to look for. Zero and NULL mean: any. */
struct eventlog_query {
    uint64_t numbers[EVENTLOG_NUMBERS_MAX]; /* any of these, as number or as the reading blocked */
    unsigned number_count;
    const char *type, *source, *program, *sender, *list, *actor;
    bool changes;            /* only what puts a number on a list or takes it off */
    const char *text;        /* words of a reply; the last one may be a beginning */
    uint64_t from_ms, to_ms; /* from <= time < to */
    uint64_t after;          /* an id: events that arrived behind it, in their order of arrival */
    uint64_t limit;          /* with `after` the first ones, else the latest ones */
    bool newest_first;       /* else by time, oldest first; not with `after` */
    const char *chain;       /* with seq: this one line of a journal */
    uint64_t seq;
};

struct eventlog_row {
    uint64_t id, time_ms;
    const char *line; /* the journal's line, valid during the call */
    size_t len;
};

/* Calls `row` for each event found, until it returns something else than 0, which is returned. 0,
 * or -EIO. */
int eventlog_query(struct eventlog *log, const struct eventlog_query *query,
                   int (*row)(void *arg, const struct eventlog_row *row), void *arg);

/* The number of events in the log, and the id of the last one. */
int eventlog_size(struct eventlog *log, uint64_t *events, uint64_t *last_id);

#endif
