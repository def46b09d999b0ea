/*
 * Reading journals: for rebuilding Redis, for the event log, for proof. Needs no writer and no
 * Redis; may run while a writer appends (a line that is not whole and synced yet is not there yet).
 */
#ifndef PROXY_STORE_JOURNAL_READ_H
#define PROXY_STORE_JOURNAL_READ_H

#include "filters/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of the chains under `dir`, malloc'd, NULL-terminated, sorted; NULL and errno if out of
 * memory or where the directory cannot be read. One that is missing has none. */
char **journal_chains(const char *dir);
void journal_chains_free(char **chains);

struct journal_reader;

/* Starts behind line `after` of a chain (0: at its beginning). NULL and -errno in *error. */
struct journal_reader *journal_reader_open(const char *dir, const char *chain, uint64_t after,
                                           int *error);
void journal_reader_close(struct journal_reader *reader);

/* 1: one more line (valid until the next call), 0: the end for now, -errno; -EBADMSG where lines do
 * not follow each other: nothing behind a gap is given out. Digests are for journal_verify. */
int journal_reader_next(struct journal_reader *reader, uint64_t *seq, const char **line,
                        size_t *len);

/* A line as an event. Strings point into *keep, which the caller frees with event_line_free. 0,
 * -EBADMSG or -ENOMEM (then *keep is NULL). Members that are not known are passed over. `instance`
 * and `seq` may be NULL. */
struct event_line;
int event_line_parse(const char *line, size_t len, struct event *event, const char **instance,
                     uint64_t *seq, struct event_line **keep);
void event_line_free(struct event_line *keep);

/* What is wrong with a chain, or that it is whole. */
struct verify_result {
    const char *chain;
    uint64_t lines; /* verified */
    bool whole;
    char file[64];     /* of the first bad line: segment name */
    uint64_t line;     /* in that file, from 1 */
    char problem[160]; /* a sentence */
};

/* Verifies every chain under `dir`: sequence, prev, hash, text_hash, canonical form, segments
 * without gaps. A line that a live writer is at is not there yet. That lines are missing at the
 * very end of a chain cannot be seen from the chain alone. Calls `report` for each chain. Returns
 * the number of chains that are not whole, or -errno. */
int journal_verify(const char *dir, void (*report)(void *arg, const struct verify_result *),
                   void *arg);

#endif
