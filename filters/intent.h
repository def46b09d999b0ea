/*
 * What a reply means. A pure function of the text and a rule set: the same text always gets the
 * same answer, and the answer says by which rule. It decides nothing about lists.
 */
#ifndef FILTERS_INTENT_H
#define FILTERS_INTENT_H

#include "filters/keys.h"

enum intent_class { INTENT_OTHER, INTENT_OPTOUT, INTENT_OPTIN, INTENT_HELP, INTENT_REVIEW };

struct intent_rules; /* immutable once made; may be shared by threads */

struct intent {
    enum intent_class class;
    char keyword[64];     /* the normalised keyword that matched, "" for OTHER */
    const char *language; /* of the keyword, "en"; NULL for OTHER and for configured words */
    const char *rule;     /* "keyword"; NULL for OTHER */
};

/* The built-in keywords of all languages and those of the operator. The lists add to the built-in
 * ones; a word in `ignore` is taken out of them. NULL if out of memory or a word normalises to
 * nothing (*bad then names it). */
struct intent_rules *intent_rules_new(struct conf_strings stop, struct conf_strings start,
                                      struct conf_strings help, struct conf_strings ignore,
                                      const char **bad);
void intent_rules_free(struct intent_rules *rules);

/* `text` is UTF-8, NUL-terminated. Case, accents, width, surrounding punctuation and white space,
 * and hyphens or spaces inside "OPT-OUT", "stop all" do not matter. */
__attribute__((nonnull)) void intent_read(const struct intent_rules *rules, const char *text,
                                          struct intent *intent);
const char *intent_class_name(enum intent_class class);

#endif
