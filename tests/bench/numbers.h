/*
 * The numbers that the load goes to, made by formula, so that a list of any size can be loaded
 * into Redis without a file and each message's verdict is known without a table. Numbers are
 * eleven digits of the North American plan, spread over its space at the density of a real list
 * (one in eight): the suppressed number i and the allowed number i are neighbours and share a
 * bucket. Knows no message.
 */
#ifndef BENCH_NUMBERS_H
#define BENCH_NUMBERS_H

#include <stdint.h>
#include <stdio.h>

#define NUMBER_DIGITS 11
#define NUMBERS_MAX   800000000u /* how many of each kind there are */

uint64_t number_suppressed(uint64_t i);
uint64_t number_allowed(uint64_t i);

void number_write(char digits[NUMBER_DIGITS], uint64_t number); /* no NUL */

/* Writes the first `count` suppressed numbers as commands for `redis-cli --pipe`, in the layout of
 * design section 6. Returns 0 or -errno. */
int numbers_print(FILE *out, const char *prefix, const char *list, uint64_t count);

#endif
