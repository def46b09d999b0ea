/*
 * What is wrong with a configuration, gathered so that one reading of the file reports everything.
 * Values from the file are quoted with conf_quote(): cut short, control characters escaped, so that
 * every problem stays on one line.
 */
#ifndef PROXY_CONF_ERRORS_H
#define PROXY_CONF_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#define CONF_ERRORS_MAX 50

struct conf_errors {
    const char *file;
    struct {
        unsigned line;
        char *text;
    } list[CONF_ERRORS_MAX];
    unsigned n;
    unsigned dropped; /* beyond CONF_ERRORS_MAX */
    bool no_memory;
};

/* Line 0 stands for the file as a whole and is reported as line 1. */
void conf_error(struct conf_errors *errors, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
unsigned conf_errors_count(const struct conf_errors *errors); /* out of memory counts as one */

/* "FILE:LINE: what" for each, by line, malloc'd, no newline at the end; NULL: out of memory. */
char *conf_errors_text(struct conf_errors *errors);
void conf_errors_clear(struct conf_errors *errors);

/* `text` between quotation marks. Lives to the end of the enclosing block. */
#define CONF_QUOTE(text) conf_quote((char[96]){0}, 96, (text))
const char *conf_quote(char *buf, size_t cap, const char *text);

/* The one of `names` (NULL-terminated) that `text` was probably meant to be, or NULL. */
const char *conf_nearest(const char *text, const char *const *names);

#endif
