#include "proxy/store/eventlog_db.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SQL_MAX   2048
#define BINDS_MAX 64
#define WORDS_MAX 512

/* A statement being put together. Values are bound, never written into it. */
struct builder {
    char sql[SQL_MAX];
    size_t len;
    unsigned binds;
    struct {
        const char *text; /* NULL: number */
        int64_t number;
    } bind[BINDS_MAX];
    bool has_condition;
    bool indexed; /* a condition before this one picks the rows; the rest only thins them out */
    char words[WORDS_MAX];
};

static void append(struct builder *b, const char *text)
{
    size_t len = strlen(text);

    assert(b->len + len < sizeof(b->sql));
    memcpy(b->sql + b->len, text, len + 1);
    b->len += len;
}

static void bind_text(struct builder *b, const char *value)
{
    assert(b->binds < BINDS_MAX);
    b->bind[b->binds++].text = value;
}

static void bind_number(struct builder *b, int64_t value)
{
    assert(b->binds < BINDS_MAX);
    b->bind[b->binds].text = NULL;
    b->bind[b->binds++].number = value;
}

static void condition(struct builder *b)
{
    append(b, b->has_condition ? " AND " : " WHERE ");
    b->has_condition = true;
}

/* column = value. The first such condition uses its index; a '+' keeps SQLite, which has no
 * statistics here, from choosing a wider one for those that follow. */
static void equals(struct builder *b, const char *column, const char *value)
{
    if (value == NULL) {
        return;
    }
    condition(b);
    append(b, b->indexed ? "+" : "");
    append(b, column);
    append(b, " = ?");
    bind_text(b, value);
    b->indexed = true;
}

static void compare(struct builder *b, const char *column, const char *operator, uint64_t value)
{
    condition(b);
    append(b, column);
    append(b, operator);
    bind_number(b, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void number_set(struct builder *b, const struct eventlog_query *query)
{
    append(b, " IN (");
    for (unsigned i = 0; i < query->number_count; i++) {
        append(b, i == 0 ? "?" : ", ?");
        bind_number(b, (int64_t)query->numbers[i]);
    }
    append(b, ")");
}

/* Each word of a search in quotes, so that nothing in it is an operator; the last may go on. */
static void quote_words(struct builder *b, const char *text)
{
    size_t len = 0;

    for (const char *p = text; *p != '\0' && len + 8 < WORDS_MAX;) {
        p += strspn(p, " \t\r\n");
        size_t word = strcspn(p, " \t\r\n");
        if (word == 0) {
            break;
        }
        len += (size_t)snprintf(b->words + len, WORDS_MAX - len, "%s\"", len == 0 ? "" : " ");
        for (; word > 0 && len + 6 < WORDS_MAX; word--, p++) {
            if (*p != '"') {
                b->words[len++] = *p;
            }
        }
        p += word;
        len += (size_t)snprintf(b->words + len, WORDS_MAX - len, "\"");
    }
    snprintf(b->words + len, WORDS_MAX - len, "%s", len == 0 ? "\"\"" : "*");
}

static void text_condition(struct builder *b, const struct eventlog *log, const char *text)
{
    condition(b);
    if (log->full_text) {
        quote_words(b, text);
        append(b, "event_text MATCH ?");
        bind_text(b, b->words);
    } else {
        append(b, "instr(lower(text), lower(?)) > 0");
        bind_text(b, text);
    }
    b->indexed = true;
}

static void conditions(struct builder *b, const struct eventlog *log,
                       const struct eventlog_query *query)
{
    /* From the condition that leaves the fewest rows to the one that leaves the most. */
    if (query->number_count > 0) {
        condition(b);
        append(b, "id IN (SELECT id FROM events WHERE number");
        number_set(b, query);
        append(b, " UNION SELECT id FROM events WHERE reading");
        number_set(b, query);
        append(b, ")");
        b->indexed = true;
    }
    if (query->chain != NULL) {
        condition(b);
        append(b, "chain = (SELECT id FROM chains WHERE name = ?) AND seq = ?");
        bind_text(b, query->chain);
        bind_number(b, (int64_t)query->seq);
        b->indexed = true;
    }
    if (query->text != NULL) {
        text_condition(b, log, query->text);
    }
    bool by_id = b->indexed;
    equals(b, "actor", query->actor);
    equals(b, "sender", query->sender);
    equals(b, "program", query->program);
    equals(b, "source", query->source);
    equals(b, "type", query->type);
    if (query->changes) {
        condition(b);
        append(b, "+type IN ('optout', 'optin', 'bounce')");
    }
    if (query->list != NULL) { /* no index: hardly any event lacks one of the others */
        condition(b);
        append(b, "+list = ?");
        bind_text(b, query->list);
    }
    if (query->from_ms != 0) {
        compare(b, by_id ? "+time" : "time", " >= ?", query->from_ms);
    }
    if (query->to_ms != 0) {
        compare(b, by_id ? "+time" : "time", " < ?", query->to_ms);
    }
    if (query->after != 0) {
        compare(b,
                query->text != NULL && log->full_text ? "event_text.rowid"
                : by_id                               ? "+id"
                                                      : "id",
                " > ?", query->after);
    }
}

/* The order of rows. Words in texts may be common: then the latest are taken from the end of the
 * full-text index, which knows the order of arrival only, and put in order of time afterwards. */
static const char *order(const struct eventlog_query *query, bool by_text, bool backwards)
{
    if (by_text && query->limit != 0) {
        return backwards ? " ORDER BY event_text.rowid DESC" : " ORDER BY event_text.rowid";
    }
    if (query->after != 0) {
        return " ORDER BY id";
    }
    return backwards ? " ORDER BY time DESC, id DESC" : " ORDER BY time, id";
}

static void build(struct builder *b, const struct eventlog *log, const struct eventlog_query *query)
{
    bool by_text = query->text != NULL && log->full_text;
    bool backwards = query->newest_first || (query->limit != 0 && query->after == 0);
    bool again = query->limit != 0 && query->after == 0 && (by_text || !query->newest_first);

    append(b, again ? "SELECT id, time, line FROM (" : "");
    append(b, by_text ? "SELECT id, time, line FROM event_text JOIN events ON id = event_text.rowid"
                      : "SELECT id, time, line FROM events");
    conditions(b, log, query);
    append(b, order(query, by_text, backwards && query->after == 0));
    if (query->limit != 0) {
        append(b, " LIMIT ?");
        bind_number(b, query->limit > INT64_MAX ? INT64_MAX : (int64_t)query->limit);
    }
    if (again) {
        append(b, query->newest_first ? ") ORDER BY time DESC, id DESC" : ") ORDER BY time, id");
    }
}

int eventlog_query(struct eventlog *log, const struct eventlog_query *query,
                   int (*row)(void *arg, const struct eventlog_row *row), void *arg)
{
    struct builder b = {.len = 0};
    sqlite3_stmt *stmt = NULL;
    int result = 0;

    assert(query->number_count <= EVENTLOG_NUMBERS_MAX);
    build(&b, log, query);
    int rc = sqlite3_prepare_v2(log->db, b.sql, -1, &stmt, NULL);
    if (rc != SQLITE_OK) {
        return eventlog_fail(log, rc);
    }
    for (unsigned i = 0; i < b.binds; i++) {
        if (b.bind[i].text != NULL) {
            sqlite3_bind_text(stmt, (int)i + 1, b.bind[i].text, -1, SQLITE_STATIC);
        } else {
            sqlite3_bind_int64(stmt, (int)i + 1, b.bind[i].number);
        }
    }
    while (result == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct eventlog_row found = {
            .id = (uint64_t)sqlite3_column_int64(stmt, 0),
            .time_ms = (uint64_t)sqlite3_column_int64(stmt, 1),
            .line = (const char *)sqlite3_column_text(stmt, 2),
            .len = (size_t)sqlite3_column_bytes(stmt, 2),
        };
        result = row(arg, &found);
    }
    if (result == 0 && rc != SQLITE_DONE) {
        result = eventlog_fail(log, rc);
    }
    sqlite3_finalize(stmt);
    return result;
}
