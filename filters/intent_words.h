/*
 * The keywords of all languages, as data. Written as people write them; intent.c folds them the
 * way it folds a text. Where two languages share a word it stands under the first.
 */
#ifndef FILTERS_INTENT_WORDS_H
#define FILTERS_INTENT_WORDS_H

#include "filters/intent.h"

struct intent_words {
    enum intent_class class;
    const char *language; /* ISO 639-1 */
    const char *words;    /* separated by commas; of "opt out" the word "optout" follows */
};

extern const struct intent_words intent_words[];
extern const unsigned intent_words_count;

#endif
