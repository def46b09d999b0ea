/*
 * What the commands print: text that a terminal may show (what came in a message is not trusted to
 * be harmless), numbers with separators, times, a progress bar on standard error, JSON lines.
 */
#ifndef PROXY_CTL_OUTPUT_H
#define PROXY_CTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Prints at most `width` columns of `text` (0: all of it) without control characters and what turns
 * the direction of writing, padded with spaces where `pad`. NULL prints as "". */
void output_text(FILE *out, const char *text, unsigned width, bool pad);

/* Columns of the terminal that standard output is; 80 where it is none. */
unsigned output_width(void);

/* 1,234,567 */
const char *output_count(uint64_t n, char buf[32]);
const char *output_octets(uint64_t n, char buf[32]); /* 1.2 MiB */

/* 2025-01-31 08:00:00, in UTC. */
const char *output_time(uint64_t ms, char buf[32]);

/* +14155550100; short codes as they are. */
const char *output_number(uint64_t number, char buf[32]);

/* A line on a terminal that is written over; all zero at first. */
struct output_progress {
    bool shown;
    uint64_t next_ms;
};

/* `total` 0: unknown; `unit` names what is counted. Nothing where standard error is no terminal. */
void output_progress(struct output_progress *progress, const char *label, uint64_t done,
                     uint64_t total, const char *unit);
void output_progress_end(struct output_progress *progress); /* takes the line away */

/* One object on a line. Frees it. */
void output_json(json_t *json);
/* Adds a string unless it is NULL or "". */
void output_json_text(json_t *json, const char *key, const char *value);
void output_json_time(json_t *json, const char *key, uint64_t ms); /* RFC 3339; 0: left out */

/* One field of CSV. What a spreadsheet would take for a formula gets a quote in front. */
void output_csv(FILE *out, const char *text, bool first);

/* Flushes standard output; false where it could not be written. */
bool output_flush(void);

#endif
