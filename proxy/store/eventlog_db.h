/*
 * What the parts of the event log share: the open database and how its failures become sentences.
 * Only eventlog*.c include this.
 */
#ifndef PROXY_STORE_EVENTLOG_DB_H
#define PROXY_STORE_EVENTLOG_DB_H

#include "proxy/store/eventlog.h"

#include <sqlite3.h>

enum eventlog_statement {
    LOG_BEGIN,
    LOG_COMMIT,
    LOG_ROLLBACK,
    LOG_CHAIN_FIND,
    LOG_CHAIN_ADD,
    LOG_CHAIN_MOVE,
    LOG_CURSOR_FIND,
    LOG_CURSOR_MOVE,
    LOG_EVENT_ADD,
    LOG_TEXT_ADD,
    LOG_STATEMENTS
};

struct eventlog {
    sqlite3 *db;
    char *path;
    bool full_text;   /* this SQLite has FTS5 */
    int64_t chain_id; /* the chain seen last, and its row */
    char *chain_name;
    char problem[512];
    sqlite3_stmt *statements[LOG_STATEMENTS]; /* prepared when first needed */
};

/* Makes or checks the tables. 0, or -1 with the problem set. */
int eventlog_schema(struct eventlog *log);

/* A statement ready to be bound. NULL: the problem is set. */
sqlite3_stmt *eventlog_statement(struct eventlog *log, enum eventlog_statement which);

/* Runs a bound statement to its end and resets it. NULL fails, as its problem is set. */
int eventlog_run(struct eventlog *log, sqlite3_stmt *stmt);

/* The row of a chain, made where it is missing. */
int eventlog_chain(struct eventlog *log, const char *name, int64_t *id);

/* Remembers what SQLite says went wrong; returns -EIO. */
int eventlog_fail(struct eventlog *log, int rc);

#endif
