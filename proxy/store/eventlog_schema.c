#include "proxy/store/eventlog_db.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define APPLICATION_ID 0x73676c67 /* "sglg" */
#define VERSION        1

/*
 * Columns are what is asked for; the rest is read from the line. Numbers are integers; chains are
 * named once. Partial indexes keep what most events lack from costing anything.
 */
static const char tables[] =
    "CREATE TABLE chains(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " position INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE cursors(source TEXT PRIMARY KEY, cursor TEXT NOT NULL);"
    "CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " chain INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL, type TEXT NOT NULL,"
    " source TEXT, number INTEGER, reading INTEGER, sender TEXT, program TEXT, list TEXT,"
    " status TEXT, error TEXT, carrier TEXT, actor TEXT, count INTEGER, text TEXT,"
    " line TEXT NOT NULL, UNIQUE(chain, seq));"
    "CREATE INDEX events_time ON events(time);"
    "CREATE INDEX events_type ON events(type, time);"
    "CREATE INDEX events_number ON events(number, time) WHERE number IS NOT NULL;"
    "CREATE INDEX events_reading ON events(reading, time) WHERE reading IS NOT NULL;"
    "CREATE INDEX events_sender ON events(sender, time) WHERE sender IS NOT NULL;"
    "CREATE INDEX events_program ON events(program, time) WHERE program IS NOT NULL;"
    "CREATE INDEX events_source ON events(source, time) WHERE source IS NOT NULL;"
    "CREATE INDEX events_actor ON events(actor, time) WHERE actor IS NOT NULL;";

static const char text_table[] =
    "CREATE VIRTUAL TABLE event_text USING fts5(text, content='events', content_rowid='id',"
    " tokenize='unicode61 remove_diacritics 2');";

static int64_t pragma(struct eventlog *log, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;

    int rc = sqlite3_prepare_v2(log->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        value = sqlite3_column_int64(stmt, 0);
    } else {
        eventlog_fail(log, rc);
    }
    sqlite3_finalize(stmt);
    return value;
}

static int execute(struct eventlog *log, const char *sql)
{
    int rc = sqlite3_exec(log->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : eventlog_fail(log, rc);
}

static int create(struct eventlog *log)
{
    char sql[256];
    struct timespec now;

    if (execute(log, tables) != 0 || (log->full_text && execute(log, text_table) != 0)) {
        return -1;
    }
    /* Ids go on from the clock, so that they are greater than those of any log before this one. */
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t first = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    snprintf(sql, sizeof(sql),
             "INSERT INTO sqlite_sequence(name, seq) VALUES('events', %lld);"
             "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             (long long)first, APPLICATION_ID, VERSION);
    return execute(log, sql);
}

static int check(struct eventlog *log)
{
    int64_t application = pragma(log, "PRAGMA application_id");
    int64_t version = pragma(log, "PRAGMA user_version");
    int64_t objects = pragma(log, "SELECT count(*) FROM sqlite_master");

    if (application < 0 || version < 0 || objects < 0) {
        return -1;
    }
    if (objects == 0 && application == 0) {
        return create(log);
    }
    if (application != APPLICATION_ID) {
        snprintf(log->problem, sizeof(log->problem),
                 "%s is a SQLite database of another program; set store.log to a file of its own",
                 log->path);
        return -1;
    }
    if (version != VERSION) {
        snprintf(log->problem, sizeof(log->problem),
                 "%s was made by another version of stopgate (its tables are version %lld, this "
                 "program's %d); where it may be rebuilt from the journals, move it away",
                 log->path, (long long)version, VERSION);
        return -1;
    }
    return 0;
}

int eventlog_schema(struct eventlog *log)
{
    log->full_text = sqlite3_compileoption_used("ENABLE_FTS5") != 0;
    if (execute(log, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                     "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;") != 0) {
        return -1;
    }
    /* One process makes the tables; another that opens the file meanwhile waits here. */
    if (execute(log, "BEGIN IMMEDIATE") != 0) {
        return -1;
    }
    if (check(log) != 0) {
        sqlite3_exec(log->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return execute(log, "COMMIT");
}
