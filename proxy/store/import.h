/*
 * A file of numbers on its way into a list: read, every bad line told, and kept as canonical
 * numbers beside the journal. The event and Redis come after that (journal.h, catchup.h): what is
 * not kept cannot be rebuilt. An import only ever adds.
 */
#ifndef PROXY_STORE_IMPORT_H
#define PROXY_STORE_IMPORT_H

#include "proxy/store/list_file.h"
#include "proxy/store/sha.h"

struct import_counts {
    uint64_t rows;      /* with something in them */
    uint64_t numbers;   /* canonical, kept; repeats far apart in a huge file count again */
    uint64_t repeated;  /* left out because the file has them more than once */
    uint64_t ambiguous; /* rows that can be read in several ways: each reading is taken */
    uint64_t left_out;  /* rows that rightly give no number: header, comments, opt-ins */
    uint64_t bad;       /* rows in which no number can be read */
};

struct import_options {
    const char *dir; /* of the journals; NULL: a dry run, nothing is kept */
    void (*bad_row)(void *arg, const struct list_file_row *row);
    void (*progress)(void *arg, uint64_t octets, uint64_t rows); /* now and then; may be NULL */
    void *arg;
};

/* Reads the file to its end. Where it holds numbers and `dir` is set, `sha` names the kept file;
 * else it is "". 0; -errno of reading (*keeping false) or of keeping (*keeping true). */
int import_file(struct list_file *file, const struct import_options *options,
                struct import_counts *counts, char sha[SHA_HEX + 1], bool *keeping);

#endif
