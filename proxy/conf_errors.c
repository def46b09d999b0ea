#include "proxy/conf_errors.h"

#include "proxy/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 40 /* longer words are not compared */

void conf_error(struct conf_errors *errors, unsigned line, const char *format, ...)
{
    if (errors->n == CONF_ERRORS_MAX) {
        errors->dropped++;
        return;
    }
    va_list args;
    va_start(args, format);
    char *text;
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        errors->no_memory = true;
        return;
    }
    /* By line, and in the order of finding where lines are the same. */
    unsigned at = errors->n++;
    for (; at > 0 && errors->list[at - 1].line > line; at--)
        errors->list[at] = errors->list[at - 1];
    errors->list[at].line = line;
    errors->list[at].text = text;
}

unsigned conf_errors_count(const struct conf_errors *errors)
{
    return errors->n + errors->dropped + (errors->no_memory ? 1 : 0);
}

char *conf_errors_text(struct conf_errors *errors)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    for (unsigned i = 0; i < errors->n; i++) {
        unsigned line = errors->list[i].line;
        fprintf(out, "%s%s:%u: %s", i == 0 ? "" : "\n", errors->file, line == 0 ? 1 : line,
                errors->list[i].text);
    }
    if (errors->dropped > 0)
        fprintf(out, "\n%s:1: and %u problems more", errors->file, errors->dropped);
    if (errors->no_memory)
        fprintf(out, "%s%s:1: out of memory", errors->n == 0 ? "" : "\n", errors->file);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

void conf_errors_clear(struct conf_errors *errors)
{
    for (unsigned i = 0; i < errors->n; i++)
        free(errors->list[i].text);
    *errors = (struct conf_errors){.file = errors->file};
}

const char *conf_quote(char *buf, size_t cap, const char *text)
{
    static const char ellipsis[] = "…\"";
    size_t used = 0, left = strlen(text);
    buf[used++] = '"';
    while (left > 0) {
        size_t n = utf8_printable((const uint8_t *)text, left);
        size_t need = n > 0 ? n : 4;
        if (used + need + sizeof(ellipsis) > cap) {
            memcpy(buf + used, ellipsis, sizeof(ellipsis));
            return buf;
        }
        if (n > 0) {
            memcpy(buf + used, text, n);
        } else {
            snprintf(buf + used, 5, "\\x%02x", (unsigned)(uint8_t)*text);
            n = 1;
        }
        used += need;
        text += n;
        left -= n;
    }
    memcpy(buf + used, "\"", 2);
    return buf;
}

/* Edits that turn one word into the other: Levenshtein's distance, one row at a time. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned row[NAME_MAX_LEN + 1];
    for (unsigned j = 0; j <= b_len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *conf_nearest(const char *text, const char *const *names)
{
    size_t len = strlen(text);
    if (len > NAME_MAX_LEN)
        return NULL;
    const char *nearest = NULL;
    unsigned best = (unsigned)(len + 2) / 3 + 1; /* one edit for each three letters */
    for (; *names != NULL; names++) {
        size_t name_len = strlen(*names);
        if (name_len > NAME_MAX_LEN)
            continue;
        unsigned d = distance(text, len, *names, name_len);
        if (d < best) {
            best = d;
            nearest = *names;
        }
    }
    return nearest;
}
