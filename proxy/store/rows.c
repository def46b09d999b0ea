#include "proxy/store/rows.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER ((size_t)1 << 20)
_Static_assert(BUFFER >= 2 * ROWS_LENGTH_MAX, "a row and the beginning of the next fit");

struct rows {
    struct rows_source source;
    char delimiter;
    bool end;          /* the source has no more */
    size_t start, len; /* what is in the buffer and not taken */
    uint64_t line;     /* at `start` */
    uint64_t taken;
    char scratch[ROWS_LENGTH_MAX]; /* fields without their quotes */
    char buffer[BUFFER];
};

struct rows *rows_new(const struct rows_source *source)
{
    struct rows *rows = malloc(sizeof(*rows));

    if (rows != NULL) {
        rows->source = *source;
        rows->delimiter = 0;
        rows->end = false;
        rows->start = rows->len = 0;
        rows->line = 1;
        rows->taken = 0;
    }
    return rows;
}

void rows_free(struct rows *rows)
{
    free(rows);
}

uint64_t rows_done(const struct rows *rows)
{
    return rows->taken;
}

void rows_set_delimiter(struct rows *rows, char delimiter)
{
    rows->delimiter = delimiter;
}

/* Reads on until a whole row of the longest kind must be there. */
static int fill(struct rows *rows)
{
    if (rows->len >= ROWS_LENGTH_MAX || rows->end) {
        return 0;
    }
    if (rows->start > BUFFER - ROWS_LENGTH_MAX - rows->len) {
        memmove(rows->buffer, rows->buffer + rows->start, rows->len);
        rows->start = 0;
    }
    while (rows->len < ROWS_LENGTH_MAX && !rows->end) {
        size_t used = rows->start + rows->len;
        ssize_t n = rows->source.read(rows->source.arg, rows->buffer + used, BUFFER - used);
        if (n < 0) {
            return (int)n;
        }
        assert((size_t)n <= BUFFER - used);
        rows->end = n == 0;
        rows->len += (size_t)n;
    }
    return 0;
}

static void take(struct rows *rows, size_t n)
{
    rows->start += n;
    rows->len -= n;
    rows->taken += n;
}

int rows_peek(struct rows *rows, const char **p, size_t *len)
{
    int err = fill(rows);

    if (err != 0) {
        return err;
    }
    if (rows->taken == 0 && rows->len >= 3 && memcmp(rows->buffer, "\xEF\xBB\xBF", 3) == 0) {
        take(rows, 3);
    }
    *p = rows->buffer + rows->start;
    *len = rows->len < ROWS_LENGTH_MAX ? rows->len : ROWS_LENGTH_MAX;
    return 0;
}

/* Drops what is left of a line that is too long. */
static int skip_line(struct rows *rows)
{
    for (;;) {
        const char *p = rows->buffer + rows->start;
        const char *newline = memchr(p, '\n', rows->len);
        if (newline != NULL) {
            take(rows, (size_t)(newline - p) + 1);
            rows->line++;
            return 0;
        }
        take(rows, rows->len);
        int err = fill(rows);
        if (err != 0 || rows->len == 0) {
            return err;
        }
    }
}

static void add_field(struct rows_row *row, const char *p, size_t len)
{
    if (row->n < ROWS_FIELDS_MAX) {
        row->field[row->n++] = (struct rows_field){.p = p, .len = len};
    }
}

/* Cuts the spaces around a field; a quoted one has kept its own. */
static size_t trim(const char **p, size_t len)
{
    while (len > 0 && (**p == ' ' || **p == '\t')) {
        (*p)++;
        len--;
    }
    while (len > 0 && ((*p)[len - 1] == ' ' || (*p)[len - 1] == '\t' || (*p)[len - 1] == '\r')) {
        len--;
    }
    return len;
}

/* A row without quotes. */
static void split(struct rows_row *row, const char *p, size_t len, char delimiter)
{
    const char *end = p + len;

    for (;;) {
        const char *stop = delimiter == 0 ? NULL : memchr(p, delimiter, (size_t)(end - p));
        const char *field = p;
        size_t n = trim(&field, (size_t)((stop == NULL ? end : stop) - p));
        add_field(row, field, n);
        if (stop == NULL) {
            return;
        }
        p = stop + 1;
    }
}

/* The length of the quoted field at p (with its quotes), its content unquoted into `to`. 0: it is
 * not closed before the end. */
static size_t unquote(const char *p, size_t len, char *to, size_t *content)
{
    size_t n = 0;

    for (size_t i = 1; i < len; i++) {
        if (p[i] != '"') {
            to[n++] = p[i];
        } else if (i + 1 < len && p[i + 1] == '"') {
            to[n++] = p[i++];
        } else {
            *content = n;
            return i + 1;
        }
    }
    return 0;
}

/* A row in which there are quotes: returns its length with its line end, 0 when a quote is never
 * closed. `len` is all that there is, at most ROWS_LENGTH_MAX. */
static size_t split_quoted(struct rows *rows, struct rows_row *row, const char *p, size_t len)
{
    size_t at = 0, used = 0;

    for (;;) {
        while (at < len && (p[at] == ' ' || (p[at] == '\t' && rows->delimiter != '\t'))) {
            at++;
        }
        const char *field = p + at;
        size_t n = 0;
        bool quoted = at < len && p[at] == '"';
        if (quoted) {
            size_t span = unquote(p + at, len - at, rows->scratch + used, &n);
            if (span == 0) {
                return 0;
            }
            field = rows->scratch + used;
            used += n;
            at += span;
        }
        size_t stop = at;
        while (stop < len && p[stop] != '\n' &&
               (rows->delimiter == 0 || p[stop] != rows->delimiter)) {
            stop++;
        }
        if (!quoted) {
            n = trim(&field, stop - at);
        }
        bool more = stop < len && p[stop] != '\n';
        add_field(row, field, n);
        if (!more) {
            return stop < len ? stop + 1 : stop;
        }
        at = stop + 1;
    }
}

static unsigned count_lines(const char *p, size_t len)
{
    unsigned n = 0;
    const char *end = p + len;

    while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        n++;
        p++;
    }
    return n;
}

/* The row at the start of the buffer, whose first line ends after `len` octets. */
static size_t read_row(struct rows *rows, struct rows_row *row, const char *p, size_t len,
                       size_t line_len)
{
    if (memchr(p, '"', len) == NULL) {
        split(row, p, len, rows->delimiter);
        return line_len;
    }
    size_t all = rows->len < ROWS_LENGTH_MAX ? rows->len : ROWS_LENGTH_MAX;
    size_t row_len = split_quoted(rows, row, p, all);
    if (row_len == 0) {
        row->problem = "a quotation mark is not closed";
        row->n = 0;
        return line_len;
    }
    return row_len;
}

int rows_next(struct rows *rows, struct rows_row *row)
{
    for (;;) {
        row->n = 0;
        row->problem = NULL;
        int err = fill(rows);
        if (err != 0 || rows->len == 0) {
            return err;
        }
        const char *p = rows->buffer + rows->start;
        row->line = rows->line;
        const char *newline = memchr(p, '\n', rows->len);
        size_t len = newline == NULL ? rows->len : (size_t)(newline - p);
        if (len >= ROWS_LENGTH_MAX) {
            row->problem = "longer than 64 KiB";
            return (err = skip_line(rows)) != 0 ? err : 1;
        }
        size_t line_len = newline == NULL ? len : len + 1;
        const char *text = p;
        if (trim(&text, len) > 0) {
            size_t row_len = line_len;
            if (memchr(p, '\0', len) != NULL) {
                row->problem = "not text: it holds a NUL";
            } else {
                row_len = read_row(rows, row, p, len, line_len);
            }
            rows->line += count_lines(p, row_len);
            take(rows, row_len);
            return 1;
        }
        rows->line += newline != NULL;
        take(rows, line_len);
    }
}
