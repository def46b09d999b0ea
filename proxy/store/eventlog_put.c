#include "proxy/store/eventlog.h"

#include "filters/phone.h"
#include "proxy/store/eventlog_db.h"
#include "proxy/store/journal_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bind_string(sqlite3_stmt *stmt, int at, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        sqlite3_bind_null(stmt, at);
    } else {
        sqlite3_bind_text(stmt, at, value, -1, SQLITE_STATIC);
    }
}

/* Canonical numbers are digits; anything else is found in the line only. */
static void bind_number(sqlite3_stmt *stmt, int at, const char *value)
{
    size_t len = value == NULL ? 0 : strlen(value);

    if (len == 0 || len > PHONE_DIGITS_MAX || strspn(value, "0123456789") != len) {
        sqlite3_bind_null(stmt, at);
    } else {
        sqlite3_bind_int64(stmt, at, (int64_t)strtoll(value, NULL, 10));
    }
}

static int text_add(struct eventlog *log, const char *text)
{
    sqlite3_stmt *stmt = eventlog_statement(log, LOG_TEXT_ADD);

    if (stmt == NULL) {
        return -EIO;
    }
    sqlite3_bind_int64(stmt, 1, sqlite3_last_insert_rowid(log->db));
    sqlite3_bind_text(stmt, 2, text, -1, SQLITE_STATIC);
    return eventlog_run(log, stmt);
}

static int event_add(struct eventlog *log, const struct event *event, int64_t chain, uint64_t seq,
                     const char *line, size_t len)
{
    sqlite3_stmt *stmt = eventlog_statement(log, LOG_EVENT_ADD);

    if (stmt == NULL) {
        return -EIO;
    }
    sqlite3_bind_int64(stmt, 1, chain);
    sqlite3_bind_int64(stmt, 2, (int64_t)seq);
    sqlite3_bind_int64(stmt, 3, (int64_t)event->time_ms);
    sqlite3_bind_text(stmt, 4, event_type_name(event->type), -1, SQLITE_STATIC);
    bind_string(stmt, 5, event_source_name(event->source));
    bind_number(stmt, 6, event->number);
    bind_number(stmt, 7, event->reading);
    bind_string(stmt, 8, event->sender);
    bind_string(stmt, 9, event->program);
    bind_string(stmt, 10, event->list);
    bind_string(stmt, 11, event->status);
    bind_string(stmt, 12, event->error);
    bind_string(stmt, 13, event->carrier);
    bind_string(stmt, 14, event->actor);
    if (event->count == 0) {
        sqlite3_bind_null(stmt, 15);
    } else {
        sqlite3_bind_int64(stmt, 15, (int64_t)event->count);
    }
    bind_string(stmt, 16, event->text);
    sqlite3_bind_text64(stmt, 17, line, len, SQLITE_STATIC, SQLITE_UTF8);
    int err = eventlog_run(log, stmt);
    sqlite3_clear_bindings(stmt); /* they point to what the caller is about to free */
    if (err != 0 || sqlite3_changes(log->db) == 0) {
        return err;
    }
    if (log->full_text && event->text != NULL && event->text[0] != '\0') {
        err = text_add(log, event->text);
    }
    return err == 0 ? 1 : err;
}

int eventlog_put(struct eventlog *log, const char *line, size_t len)
{
    struct event event;
    struct event_line *keep;
    const char *instance;
    uint64_t seq;
    int64_t chain;

    int err = event_line_parse(line, len, &event, &instance, &seq, &keep);
    if (err != 0) {
        snprintf(log->problem, sizeof(log->problem), "this line is not an event: %.*s",
                 (int)(len < 80 ? len : 80), line);
        return err;
    }
    if (instance == NULL || instance[0] == '\0' || seq == 0 || seq > INT64_MAX) {
        snprintf(log->problem, sizeof(log->problem), "an event does not say whose it is: %.*s",
                 (int)(len < 80 ? len : 80), line);
        err = -EBADMSG;
    } else {
        err = eventlog_chain(log, instance, &chain);
    }
    if (err == 0) {
        err = event_add(log, &event, chain, seq, line, len);
    }
    event_line_free(keep);
    return err;
}
