/*
 * Reading of vector files: lines of words, '#' starts a comment line, and \xNN, \n, \r, \t,
 * \\ stand for octets that a text editor would not show. What the words mean is each test's own
 * business.
 */
#ifndef TESTS_SMPP_TEXT_VECTORS_H
#define TESTS_SMPP_TEXT_VECTORS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_LINE_MAX 4096

struct vector_file {
    FILE *file;
    int number; /* of the line that was read last */
    char line[VECTOR_LINE_MAX];
    char comment[VECTOR_LINE_MAX]; /* the last comment line: what the vector is about */
};

/* The next line that is neither empty nor a comment, without its newline; NULL at the end. */
static inline char *vector_line(struct vector_file *v)
{
    while (fgets(v->line, sizeof(v->line), v->file) != NULL) {
        v->number++;
        v->line[strcspn(v->line, "\n")] = '\0';
        if (v->line[0] == '#')
            memcpy(v->comment, v->line, strlen(v->line) + 1);
        else if (v->line[0] != '\0')
            return v->line;
    }
    return NULL;
}

/* Cuts the first word off *rest, and the blanks behind it. */
static inline char *vector_word(char **rest)
{
    char *word = *rest;
    size_t len = strcspn(word, " ");
    char *next = word + len;
    next += strspn(next, " ");
    word[len] = '\0';
    *rest = next;
    return word;
}

/* Octets are never more than the characters that stand for them, so this works in place. */
static inline size_t vector_octets(char *text)
{
    uint8_t *out = (uint8_t *)text;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '\\') {
            *out++ = (uint8_t)*c;
            continue;
        }
        c++;
        if (*c == 'x' && c[1] != '\0' && c[2] != '\0') {
            const char hex[] = {c[1], c[2], '\0'};
            *out++ = (uint8_t)strtoul(hex, NULL, 16);
            c += 2;
        } else {
            *out++ = *c == 'n' ? '\n' : *c == 'r' ? '\r' : *c == 't' ? '\t' : (uint8_t)*c;
        }
    }
    return (size_t)(out - (uint8_t *)text);
}

#endif
