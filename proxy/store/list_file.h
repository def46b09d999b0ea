/*
 * Files of numbers, as people have them: one number a line, CSV with or without a header, national
 * do-not-call registers (AAA,NNNNNNN), exports of messaging services. Guesses the form from the
 * header and the first rows, then gives the numbers row by row. Knows no lists and no Redis.
 */
#ifndef PROXY_STORE_LIST_FILE_H
#define PROXY_STORE_LIST_FILE_H

#include "filters/phone.h"
#include "proxy/store/rows.h"

struct list_file;

struct list_file_options {
    const char *region; /* of numbers without a country code; "" for none */
    const char *column; /* a header's name, or a number from 1; NULL: found */
};

/* One row. Either numbers, or a problem, or neither: a row that is rightly left out (the header,
 * a comment, somebody who opted in, a number that is off a register). */
struct list_file_row {
    uint64_t line;
    const char *problem;     /* not NULL: no number here, and why */
    struct rows_field value; /* what was read as a number */
    bool left_out;
    unsigned n; /* more than one: the digits can be read in several ways */
    uint64_t number[PHONE_READINGS_MAX];
};

/* NULL and *error, a malloc'd sentence, where the file is not text or no column can be found. */
struct list_file *list_file_open(const struct rows_source *source, struct phone *phone,
                                 const struct list_file_options *options, char **error);
void list_file_close(struct list_file *file);

/* How the file is read, for the user: "CSV with ',', column 2 (phone)". */
const char *list_file_form(const struct list_file *file);

/* 1: a row, 0: the end, -errno. */
int list_file_next(struct list_file *file, struct list_file_row *row);

uint64_t list_file_done(const struct list_file *file); /* octets taken, for progress */

#endif
