#include "proxy/store/eventlog.h"

#include "proxy/store/eventlog_db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 10000 /* another process is in the middle of a batch */

static const char add_event[] =
    "INSERT INTO events(chain, seq, time, type, source, number, reading, sender,"
    " program, list, status, error, carrier, actor, count, text, line)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
    " ?16, ?17) ON CONFLICT(chain, seq) DO NOTHING";

static const char *const statements[LOG_STATEMENTS] = {
    [LOG_BEGIN] = "BEGIN IMMEDIATE",
    [LOG_COMMIT] = "COMMIT",
    [LOG_ROLLBACK] = "ROLLBACK",
    [LOG_CHAIN_FIND] = "SELECT id, position FROM chains WHERE name = ?1",
    [LOG_CHAIN_ADD] = "INSERT INTO chains(name) VALUES(?1)",
    [LOG_CHAIN_MOVE] = "UPDATE chains SET position = ?2 WHERE id = ?1 AND position < ?2",
    [LOG_CURSOR_FIND] = "SELECT cursor FROM cursors WHERE source = ?1",
    [LOG_CURSOR_MOVE] = "INSERT OR REPLACE INTO cursors(source, cursor) VALUES(?1, ?2)",
    [LOG_EVENT_ADD] = add_event,
    [LOG_TEXT_ADD] = "INSERT INTO event_text(rowid, text) VALUES(?1, ?2)",
};

int eventlog_fail(struct eventlog *log, int rc)
{
    const char *why = log->db != NULL ? sqlite3_errmsg(log->db) : sqlite3_errstr(rc);

    switch (rc & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        snprintf(log->problem, sizeof(log->problem),
                 "%s is damaged or not an event log (%s); move it away and it is rebuilt from the "
                 "journals",
                 log->path, why);
        break;
    case SQLITE_READONLY:
        snprintf(log->problem, sizeof(log->problem), "cannot write %s: it is read-only", log->path);
        break;
    case SQLITE_BUSY:
        snprintf(log->problem, sizeof(log->problem),
                 "%s is in use: another process has held it for too long", log->path);
        break;
    default: snprintf(log->problem, sizeof(log->problem), "event log %s: %s", log->path, why);
    }
    return -EIO;
}

const char *eventlog_problem(const struct eventlog *log)
{
    return log->problem;
}

static int open_file(struct eventlog *log)
{
    /* It holds numbers and texts: not for everybody. SQLite's own files beside it inherit this. */
    int fd = open(log->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        snprintf(log->problem, sizeof(log->problem), "cannot open the event log %s: %s", log->path,
                 strerror(errno));
        return -1;
    }
    close(fd);
    int rc =
        sqlite3_open_v2(log->path, &log->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        eventlog_fail(log, rc);
        return -1;
    }
    sqlite3_busy_timeout(log->db, BUSY_MS);
    return eventlog_schema(log);
}

struct eventlog *eventlog_open(const char *path, char **error)
{
    struct eventlog *log = calloc(1, sizeof(*log));

    *error = NULL;
    if (log == NULL) {
        return NULL;
    }
    log->path = strdup(path);
    if (log->path == NULL || open_file(log) != 0) {
        *error = strdup(log->path == NULL ? "out of memory" : log->problem);
        eventlog_close(log);
        return NULL;
    }
    return log;
}

void eventlog_close(struct eventlog *log)
{
    if (log == NULL) {
        return;
    }
    for (unsigned i = 0; i < LOG_STATEMENTS; i++) {
        sqlite3_finalize(log->statements[i]);
    }
    sqlite3_close(log->db);
    free(log->chain_name);
    free(log->path);
    free(log);
}

/* A statement ready to be bound. NULL: the problem is set. */
sqlite3_stmt *eventlog_statement(struct eventlog *log, enum eventlog_statement which)
{
    sqlite3_stmt **stmt = &log->statements[which];

    if (*stmt == NULL) {
        int rc = sqlite3_prepare_v3(log->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, stmt,
                                    NULL);
        if (rc != SQLITE_OK) {
            eventlog_fail(log, rc);
            return NULL;
        }
    }
    return *stmt;
}

/* Runs a statement to its end. */
int eventlog_run(struct eventlog *log, sqlite3_stmt *stmt)
{
    if (stmt == NULL) {
        return -EIO;
    }
    int rc = sqlite3_step(stmt);
    int result = rc == SQLITE_DONE ? 0 : eventlog_fail(log, rc);
    sqlite3_reset(stmt);
    return result;
}

int eventlog_begin(struct eventlog *log)
{
    return eventlog_run(log, eventlog_statement(log, LOG_BEGIN));
}

int eventlog_commit(struct eventlog *log)
{
    return eventlog_run(log, eventlog_statement(log, LOG_COMMIT));
}

void eventlog_abort(struct eventlog *log)
{
    char problem[sizeof(log->problem)];

    memcpy(problem, log->problem, sizeof(problem));
    if (!sqlite3_get_autocommit(log->db)) {
        (void)eventlog_run(log, eventlog_statement(log, LOG_ROLLBACK));
    }
    memcpy(log->problem, problem, sizeof(problem));
    /* A chain that was named in the batch is unknown again. */
    free(log->chain_name);
    log->chain_name = NULL;
}

static int chain_find(struct eventlog *log, const char *name, int64_t *id, uint64_t *position)
{
    sqlite3_stmt *stmt = eventlog_statement(log, LOG_CHAIN_FIND);
    int found = 0;

    if (stmt == NULL) {
        return -EIO;
    }
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        *id = sqlite3_column_int64(stmt, 0);
        *position = (uint64_t)sqlite3_column_int64(stmt, 1);
        found = 1;
    } else if (rc != SQLITE_DONE) {
        found = eventlog_fail(log, rc);
    }
    sqlite3_reset(stmt);
    return found;
}

/* The row of a chain, made where it is missing. Consecutive events are mostly of one chain. */
int eventlog_chain(struct eventlog *log, const char *name, int64_t *id)
{
    uint64_t position;

    if (log->chain_name != NULL && strcmp(log->chain_name, name) == 0) {
        *id = log->chain_id;
        return 0;
    }
    int found = chain_find(log, name, id, &position);
    if (found == 0) {
        sqlite3_stmt *stmt = eventlog_statement(log, LOG_CHAIN_ADD);
        if (stmt == NULL) {
            return -EIO;
        }
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        found = eventlog_run(log, stmt);
        *id = sqlite3_last_insert_rowid(log->db);
    }
    if (found < 0) {
        return found;
    }
    char *copy = strdup(name);
    if (copy == NULL) {
        return -ENOMEM;
    }
    free(log->chain_name);
    log->chain_name = copy;
    log->chain_id = *id;
    return 0;
}

int eventlog_position(struct eventlog *log, const char *chain, uint64_t *seq)
{
    int64_t id;

    *seq = 0;
    int found = chain_find(log, chain, &id, seq);
    return found < 0 ? found : 0;
}

int eventlog_set_position(struct eventlog *log, const char *chain, uint64_t seq)
{
    int64_t id;
    sqlite3_stmt *stmt = eventlog_statement(log, LOG_CHAIN_MOVE);

    int err = stmt == NULL ? -EIO : eventlog_chain(log, chain, &id);
    if (err != 0) {
        return err;
    }
    sqlite3_bind_int64(stmt, 1, id);
    sqlite3_bind_int64(stmt, 2, (int64_t)seq);
    return eventlog_run(log, stmt);
}

int eventlog_cursor(struct eventlog *log, const char *source, char out[EVENTLOG_CURSOR_MAX])
{
    sqlite3_stmt *stmt = eventlog_statement(log, LOG_CURSOR_FIND);
    int result = 0;

    out[0] = '\0';
    if (stmt == NULL) {
        return -EIO;
    }
    sqlite3_bind_text(stmt, 1, source, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        snprintf(out, EVENTLOG_CURSOR_MAX, "%s", (const char *)sqlite3_column_text(stmt, 0));
    } else if (rc != SQLITE_DONE) {
        result = eventlog_fail(log, rc);
    }
    sqlite3_reset(stmt);
    return result;
}

int eventlog_set_cursor(struct eventlog *log, const char *source, const char *cursor)
{
    sqlite3_stmt *stmt = eventlog_statement(log, LOG_CURSOR_MOVE);

    assert(strlen(cursor) < EVENTLOG_CURSOR_MAX);
    if (stmt == NULL) {
        return -EIO;
    }
    sqlite3_bind_text(stmt, 1, source, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, cursor, -1, SQLITE_STATIC);
    return eventlog_run(log, stmt);
}

int eventlog_size(struct eventlog *log, uint64_t *events, uint64_t *last_id)
{
    static const char sql[] = "SELECT count(*), coalesce(max(id), 0) FROM events";
    sqlite3_stmt *stmt = NULL;
    int result = 0;

    int rc = sqlite3_prepare_v2(log->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        *events = (uint64_t)sqlite3_column_int64(stmt, 0);
        *last_id = (uint64_t)sqlite3_column_int64(stmt, 1);
    } else {
        result = eventlog_fail(log, rc);
    }
    sqlite3_finalize(stmt);
    return result;
}
