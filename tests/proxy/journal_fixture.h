/*
 * For tests of the journal: a directory that goes away, a journal whose answers are kept, and files
 * as lists of lines, to be tampered with.
 */
#ifndef TESTS_PROXY_JOURNAL_FIXTURE_H
#define TESTS_PROXY_JOURNAL_FIXTURE_H

#include "proxy/store/journal.h"
#include "proxy/store/journal_read.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static inline char *temp_dir(void)
{
    char *path = strdup("/tmp/stopgate-journal-XXXXXX");
    cr_assert(mkdtemp(path) != NULL);
    return path;
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline void temp_dir_free(char *path)
{
    cr_assert_eq(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(path);
}

/* ---- a journal and what it answered ---- */

struct answer {
    int error;
    uint64_t seq;
    void *tag;
};

struct fixture {
    struct journal *journal;
    struct log *log;
    int log_fd;
    struct answer *answers;
    size_t n, cap;
    bool bad_line; /* an answer's line was not as promised */
};

static inline void fixture_open(struct fixture *f, const char *dir, const char *kind,
                                uint64_t segment_size)
{
    char *error;
    *f = (struct fixture){.log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC)};
    f->log = log_new(f->log_fd, LOG_DEBUG);
    f->journal = journal_open(dir, kind, segment_size, f->log, &error);
    cr_assert(f->journal != NULL, "%s", error);
}

static inline void fixture_close(struct fixture *f)
{
    journal_close(f->journal);
    log_free(f->log);
    close(f->log_fd);
    free(f->answers);
}

static inline void keep_answer(void *arg, const struct journal_done *done)
{
    struct fixture *f = arg;
    if (f->n == f->cap) {
        f->cap = f->cap == 0 ? 64 : 2 * f->cap;
        f->answers = realloc(f->answers, f->cap * sizeof *f->answers);
        cr_assert(f->answers != NULL);
    }
    f->answers[f->n++] = (struct answer){done->error, done->seq, done->tag};
    bool right = done->error != 0 ? done->line == NULL && done->seq == 0
                                  : done->line[0] == '{' && done->line[done->len - 1] == '}' &&
                                        done->line[done->len] == '\n';
    f->bad_line = f->bad_line || !right;
}

static inline void dispatch(struct fixture *f)
{
    journal_dispatch(f->journal, keep_answer, f);
}

/* Waits until `n` answers are there in all. */
static inline void await(struct fixture *f, size_t n)
{
    while (f->n < n) {
        struct pollfd p = {.fd = journal_fd(f->journal), .events = POLLIN};
        cr_assert_eq(poll(&p, 1, 60000), 1, "no answer");
        dispatch(f);
    }
    cr_assert_eq(f->n, n);
    cr_assert(!f->bad_line);
}

static inline struct event an_optout(const char *number, const char *text)
{
    return (struct event){.type = EVENT_optout,
                          .source = EVENT_SOURCE_reply,
                          .time_ms = 1735689600123,
                          .number = number,
                          .sender = "12025550100",
                          .list = "optout",
                          .keyword = "stop",
                          .text = text};
}

/* One event, stored; returns its error. */
static inline int store_one(struct fixture *f, const char *number, const char *text)
{
    struct event event = an_optout(number, text);
    size_t n = f->n;
    cr_assert_eq(journal_append(f->journal, &event, 1, f), 0);
    await(f, n + 1);
    return f->answers[n].error;
}

/* A closed chain of `n` lines, the third of each three with a text; its name, malloc'd. */
static inline char *make_chain(const char *dir, unsigned n, uint64_t segment_size)
{
    struct fixture f;
    fixture_open(&f, dir, "daemon", segment_size);
    for (unsigned i = 1; i <= n; i++) {
        char number[24];
        snprintf(number, sizeof number, "1415555%04u", i);
        cr_assert_eq(store_one(&f, number, i % 3 == 0 ? "Stop \"it\", please" : NULL), 0);
    }
    char *name = strdup(journal_chain(f.journal));
    fixture_close(&f);
    return name;
}

/* ---- files ---- */

static inline char *path_of(const char *dir, const char *chain, const char *file)
{
    char *path;
    cr_assert(asprintf(&path, "%s/%s/%s", dir, chain, file) >= 0);
    return path;
}

static inline bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static inline char *file_read(const char *path, size_t *len)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert(fd >= 0 && fstat(fd, &st) == 0, "%s", path);
    *len = (size_t)st.st_size;
    char *data = malloc(*len + 1);
    cr_assert(data != NULL);
    cr_assert_eq(read(fd, data, *len), st.st_size);
    data[*len] = '\0';
    close(fd);
    return data;
}

/* Where the last of some whole lines begins. */
static inline size_t last_line(const char *data, size_t len)
{
    size_t at = len - 1;
    while (at > 0 && data[at - 1] != '\n')
        at--;
    return at;
}

static inline void file_write(const char *path, const void *data, size_t len)
{
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    cr_assert_eq(fwrite(data, 1, len, file), len);
    cr_assert_eq(fclose(file), 0);
}

#define LINES_MAX 64

struct file_lines {
    char *line[LINES_MAX]; /* without newlines */
    size_t n;
};

static inline void lines_read(struct file_lines *lines, const char *path)
{
    size_t len;
    char *data = file_read(path, &len), *rest = data;
    *lines = (struct file_lines){0};
    for (char *line = strsep(&rest, "\n"); rest != NULL; line = strsep(&rest, "\n")) {
        cr_assert(lines->n < LINES_MAX);
        lines->line[lines->n++] = strdup(line);
    }
    free(data);
}

static inline void lines_write(const struct file_lines *lines, const char *path)
{
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    for (size_t i = 0; i < lines->n; i++)
        fprintf(file, "%s\n", lines->line[i]);
    cr_assert_eq(fclose(file), 0);
}

static inline void lines_free(struct file_lines *lines)
{
    while (lines->n > 0)
        free(lines->line[--lines->n]);
}

/* ---- verifying ---- */

struct verdict {
    int spoilt; /* as journal_verify returned */
    unsigned chains;
    uint64_t lines;
    struct verify_result bad; /* the last chain that is not whole; its name is not kept */
};

static inline void keep_verdict(void *arg, const struct verify_result *result)
{
    struct verdict *verdict = arg;
    verdict->chains++;
    verdict->lines += result->lines;
    if (!result->whole)
        verdict->bad = *result;
    verdict->bad.chain = NULL;
}

static inline struct verdict verify(const char *dir)
{
    struct verdict verdict = {0};
    verdict.spoilt = journal_verify(dir, keep_verdict, &verdict);
    return verdict;
}

static inline void assert_whole(const char *dir, uint64_t lines)
{
    struct verdict v = verify(dir);
    cr_assert_eq(v.spoilt, 0, "%s:%lu: %s", v.bad.file, v.bad.line, v.bad.problem);
    cr_assert_eq(v.lines, lines, "%lu lines", v.lines);
}

#endif
