/*
 * Reads tests/vectors/NAME.hex for the tests of this folder. A file is a list of blocks:
 *
 *     == title                     what it shows
 *     key = value                  what is expected; the keys are the test's
 *     LEN 00000004 "text" 61*20    octets: hex, text in quotes, either repeated by *COUNT
 *
 * LEN is command_length, counted by the reader. '#' begins a comment. A file that cannot be read,
 * or says something else, fails the test that asked for it.
 */
#ifndef TESTS_SMPP_HEX_H
#define TESTS_SMPP_HEX_H

#include "smpp/frame.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_EXPECTS 24
#define HEX_OCTETS  4096

struct hex_expect {
    char key[32], value[400];
};

struct hex_block {
    char title[160];
    struct hex_expect expects[HEX_EXPECTS];
    size_t n_expects;
    uint8_t octets[HEX_OCTETS];
    size_t len;
    bool count_length;
};

static inline const char *hex_expected(const struct hex_block *b, const char *key)
{
    for (size_t i = 0; i < b->n_expects; i++) {
        if (strcmp(b->expects[i].key, key) == 0)
            return b->expects[i].value;
    }
    return NULL;
}

static inline void hex_append(struct hex_block *b, const uint8_t *octets, size_t n, size_t times)
{
    for (; times > 0; times--) {
        cr_assert(n <= HEX_OCTETS - b->len, "%s: too long", b->title);
        memcpy(b->octets + b->len, octets, n);
        b->len += n;
    }
}

/* One token of an octet line. Returns what is behind it. */
static inline const char *hex_token(struct hex_block *b, const char *s)
{
    uint8_t octets[HEX_OCTETS];
    size_t n = 0, times = 1;
    if (strncmp(s, "LEN", 3) == 0) {
        cr_assert_eq(b->len, 0, "%s: LEN comes first", b->title);
        b->count_length = true;
        hex_append(b, (const uint8_t[4]){0}, 4, 1);
        return s + 3;
    }
    if (*s == '"') {
        for (s++; *s != '"'; s++) {
            cr_assert(*s != '\0' && n < sizeof(octets), "%s: open quote", b->title);
            octets[n++] = (uint8_t)*s;
        }
        s++;
    } else {
        while (isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1])) {
            char pair[3] = {s[0], s[1], '\0'};
            cr_assert(n < sizeof(octets));
            octets[n++] = (uint8_t)strtoul(pair, NULL, 16);
            s += 2;
        }
        cr_assert(n > 0, "%s: neither hex nor text: %s", b->title, s);
    }
    if (*s == '*') {
        char *end;
        times = strtoul(s + 1, &end, 10);
        s = end;
    }
    hex_append(b, octets, n, times);
    return s;
}

static inline void hex_line(struct hex_block *b, char *line)
{
    char *equals = strstr(line, " =");
    if (b->len == 0 && equals != NULL && line[0] != '"') {
        cr_assert(b->n_expects < HEX_EXPECTS);
        struct hex_expect *e = &b->expects[b->n_expects++];
        *equals = '\0';
        const char *value = equals + 2 + strspn(equals + 2, " ");
        cr_assert(strlen(line) < sizeof(e->key) && strlen(value) < sizeof(e->value));
        memcpy(e->key, line, strlen(line) + 1);
        memcpy(e->value, value, strlen(value) + 1);
        return;
    }
    const char *s = line + strspn(line, " ");
    while (*s != '\0' && *s != '#') {
        s = hex_token(b, s);
        s += strspn(s, " ");
    }
}

static inline void hex_finish(struct hex_block *b, void (*check)(const struct hex_block *))
{
    if (b->title[0] == '\0')
        return;
    if (b->count_length)
        smpp_put32(b->octets, (uint32_t)b->len);
    check(b);
}

/* Calls check() for each block of the file. */
static inline void hex_each(const char *name, void (*check)(const struct hex_block *))
{
    char path[512], line[1024];
    snprintf(path, sizeof(path), "%s/%s.hex", VECTORS, name);
    FILE *f = fopen(path, "r");
    cr_assert_not_null(f, "cannot open %s", path);
    struct hex_block *b = calloc(1, sizeof(*b));
    cr_assert_not_null(b);
    unsigned count = 0;
    while (fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "== ", 3) == 0) {
            hex_finish(b, check);
            memset(b, 0, sizeof(*b));
            snprintf(b->title, sizeof(b->title), "%.150s", line + 3);
            count++;
        } else if (line[0] != '#' && line[0] != '\0') {
            hex_line(b, line);
        }
    }
    hex_finish(b, check);
    free(b);
    fclose(f);
    cr_assert(count > 0, "%s is empty", path);
}

/* Octets as the expectations write them: \x.. for what is no plain ASCII, cut where they do not
 * fit. */
static inline void hex_format(char *out, size_t cap, const uint8_t *octets, size_t n)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && used + 5 < cap; i++) {
        bool plain = octets[i] >= 0x20 && octets[i] < 0x7f && octets[i] != '\\';
        used += (size_t)snprintf(out + used, cap - used, plain ? "%c" : "\\x%02x", octets[i]);
    }
}

/* A block of exactly this size, so that a sanitizer sees what goes past its end. */
static inline uint8_t *exact_room(size_t n)
{
    uint8_t *room = malloc(n > 0 ? n : 1);
    cr_assert_not_null(room);
    return room;
}

static inline uint8_t *exact_copy(const uint8_t *octets, size_t n)
{
    uint8_t *copy = exact_room(n);
    if (n > 0)
        memcpy(copy, octets, n);
    return copy;
}

#endif
