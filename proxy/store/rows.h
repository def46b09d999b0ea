/*
 * Rows of a text file of any size, read as a stream: whole lines, or fields between delimiters with
 * the quotes of CSV (a quoted field may hold delimiters, doubled quotes and line ends). Holds one
 * row and a buffer, whatever the file is. What cannot be a row (too long, a NUL, a quote that is
 * never closed) is told with its line and skipped. Knows nothing of numbers or lists.
 */
#ifndef PROXY_STORE_ROWS_H
#define PROXY_STORE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ROWS_FIELDS_MAX 256
#define ROWS_LENGTH_MAX ((size_t)64 << 10) /* octets of one row */

/* Reads like read(2): octets, 0 at the end, or -errno. */
struct rows_source {
    ssize_t (*read)(void *arg, char *buf, size_t cap);
    void *arg;
};

struct rows_field {
    const char *p; /* not terminated */
    size_t len;
};

struct rows_row {
    uint64_t line;       /* of its first octet, from 1 */
    const char *problem; /* not NULL: there is no row here, and this is why */
    unsigned n;          /* fields; what is beyond ROWS_FIELDS_MAX is left out */
    struct rows_field field[ROWS_FIELDS_MAX];
};

struct rows;

struct rows *rows_new(const struct rows_source *source); /* NULL if out of memory */
void rows_free(struct rows *rows);

/* The beginning of the file as it is, without a byte order mark, for guessing its form: all of it
 * or the first ROWS_LENGTH_MAX octets. Only before the first rows_next. 0 or -errno. */
int rows_peek(struct rows *rows, const char **p, size_t *len);

/* 0: every line is one field (quotes around it are taken off). */
void rows_set_delimiter(struct rows *rows, char delimiter);

/* 1: a row or a problem, valid until the next call; 0: the end; -errno. Empty lines are skipped. */
int rows_next(struct rows *rows, struct rows_row *row);

/* Octets of the file that have been taken, for a progress bar. */
uint64_t rows_done(const struct rows *rows);

#endif
