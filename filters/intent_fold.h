/*
 * One form for all ways to type a word: case, accents, width, vowel points, dots and quotes around
 * it, runs of white space and hyphens inside. A text and a keyword are folded by the same function,
 * so whatever it loses it loses on both sides. Pure; knows nothing of keywords.
 */
#ifndef FILTERS_INTENT_FOLD_H
#define FILTERS_INTENT_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#define INTENT_FOLDED_MAX 64 /* octets with the NUL */

/* `text` is UTF-8 of `len` octets. False where nothing is left or it does not fit; `out` is then
 * "". What is no UTF-8 is false too. */
__attribute__((nonnull)) bool intent_fold(const char *text, size_t len,
                                          char out[INTENT_FOLDED_MAX]);

#endif
