/* Any text, with and without words of an operator. */
#include "filters/intent.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct intent_rules *rules, const char *text)
{
    struct intent intent, again;

    intent_read(rules, text, &intent);
    must((intent.class == INTENT_OTHER) == (intent.rule == NULL));
    must((intent.class == INTENT_OTHER) == (intent.keyword[0] == '\0'));
    if (intent.class == INTENT_OTHER)
        return;
    /* A keyword is a text that means what the keyword means. */
    intent_read(rules, intent.keyword, &again);
    must(again.class == intent.class && strcmp(again.keyword, intent.keyword) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct intent_rules *built_in;
    const struct conf_strings none = {NULL, 0};
    const char *bad;
    char *text = malloc(size + 1);

    if (!built_in)
        built_in = intent_rules_new(none, none, none, none, &bad);
    if (!text || !built_in)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    check(built_in, text);

    /* The text as a word of the operator's: it is refused or it counts. */
    const struct conf_strings own = {(const char *const[]){text}, 1};
    struct intent_rules *rules = intent_rules_new(own, none, none, none, &bad);
    struct intent intent;
    must((rules == NULL) == (bad == text));
    if (rules) {
        intent_read(rules, text, &intent);
        must(intent.class == INTENT_OPTOUT && intent.language == NULL);
        check(rules, text);
    }
    intent_rules_free(rules);
    free(text);
    return 0;
}
