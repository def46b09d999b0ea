/*
 * The lines of one segment, streamed. What a writer has not finished yet is read again when it is
 * asked for again, so that a writer that takes it back does no harm. Bounded by the longest line.
 */
#ifndef PROXY_STORE_JOURNAL_LINES_H
#define PROXY_STORE_JOURNAL_LINES_H

#include <stddef.h>
#include <stdint.h>

struct journal_lines {
    int fd;          /* ours; -1 for none */
    uint64_t offset; /* in the file, of the byte behind those in `buf` */
    char *buf;
    size_t start, end, cap;
    size_t partial; /* after 0: bytes at the end that are no whole line */
};

/* Begins with another file (or none), which it closes in the end; `lines` was all zero with fd -1,
 * or is in use. */
void journal_lines_begin(struct journal_lines *lines, int fd);
void journal_lines_free(struct journal_lines *lines);

/* 1: a line without its newline, valid until the next call; 0: no more whole lines for now;
 * -EBADMSG where a line is longer than any that we write; -errno. */
int journal_lines_next(struct journal_lines *lines, const char **line, size_t *len);

/* Gives the last line (of `len`) back: the next call reads it from the file again. */
void journal_lines_unread(struct journal_lines *lines, size_t len);

#endif
