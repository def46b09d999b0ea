#include "filters/intent.h"

#include "tests/smpp/text_vectors.h"

#include <criterion/criterion.h>

static const struct conf_strings none;

static struct intent_rules *rules_of(struct conf_strings stop, struct conf_strings start,
                                     struct conf_strings help, struct conf_strings ignore)
{
    const char *bad;
    struct intent_rules *rules = intent_rules_new(stop, start, help, ignore, &bad);

    cr_assert_not_null(rules);
    cr_assert_null(bad);
    return rules;
}

static char *split_at_arrow(char *line)
{
    char *arrow = strstr(line, " <= ");

    cr_assert_not_null(arrow, "no arrow in \"%s\"", line);
    *arrow = '\0';
    return arrow + 4;
}

/* tests/vectors/intent.txt */
Test(intent, vectors)
{
    struct vector_file v = {.file = fopen(VECTORS "/intent.txt", "r")};
    struct intent_rules *rules = rules_of(none, none, none, none);
    int seen = 0;

    cr_assert_not_null(v.file);
    for (char *line; (line = vector_line(&v)) != NULL; seen++) {
        char *text = split_at_arrow(line);
        char *class = vector_word(&line), *language = vector_word(&line);
        struct intent intent;
        bool other = strcmp(class, "other") == 0;

        for (char *p = line; *p; p++)
            *p = *p == '_' ? ' ' : *p;
        text[vector_octets(text)] = '\0';
        intent_read(rules, text, &intent);
        cr_expect_str_eq(intent_class_name(intent.class), class, "line %d: %s", v.number, text);
        cr_expect_str_eq(intent.keyword, other ? "" : line, "line %d: %s", v.number,
                         intent.keyword);
        cr_expect_str_eq(intent.language ? intent.language : "-", language, "line %d", v.number);
        cr_expect_str_eq(intent.rule ? intent.rule : "none", other ? "none" : "keyword");
    }
    fclose(v.file);
    intent_rules_free(rules);
    cr_expect_gt(seen, 250);
}

static void check(const struct intent_rules *rules, const char *text, enum intent_class class,
                  const char *keyword)
{
    struct intent intent;

    intent_read(rules, text, &intent);
    cr_expect_eq(intent.class, class, "\"%s\": %s", text, intent_class_name(intent.class));
    cr_expect_str_eq(intent.keyword, keyword, "\"%s\": \"%s\"", text, intent.keyword);
}

Test(intent, long_texts_are_no_keywords)
{
    struct intent_rules *rules = rules_of(none, none, none, none);
    char text[4096];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    check(rules, text, INTENT_OTHER, "");
    /* unless what makes it long is nothing */
    memset(text, ' ', sizeof(text) - 1);
    memcpy(text + 2000, "STOP", 4);
    check(rules, text, INTENT_OPTOUT, "stop");
    memset(text, 'a', 201);
    text[201] = '\0';
    for (size_t n = 201; n > 0; n--) {
        text[n] = '\0';
        check(rules, text, INTENT_OTHER, "");
    }
    check(rules, "", INTENT_OTHER, "");
    /* characters that decompose into many */
    text[0] = '\0';
    for (int i = 0; i < 66; i++)
        strcat(text, "\xef\xb7\xba");
    check(rules, text, INTENT_OTHER, "");
    intent_rules_free(rules);
}

Test(intent, words_of_the_operator)
{
    const char *const stop[] = {"Genug", "laß mich"}, *const start[] = {"weiter"};
    const char *const help[] = {"WER?"};
    struct intent_rules *rules =
        rules_of((struct conf_strings){stop, 2}, (struct conf_strings){start, 1},
                 (struct conf_strings){help, 1}, none);
    struct intent intent;

    check(rules, "GENUG!", INTENT_OPTOUT, "genug");
    check(rules, "lass mich", INTENT_OPTOUT, "lass mich");
    check(rules, "LASS-MICH", INTENT_OPTOUT, "lass mich");
    check(rules, "lassmich", INTENT_OPTOUT, "lass mich");
    check(rules, "Weiter", INTENT_OPTIN, "weiter");
    check(rules, "wer", INTENT_HELP, "wer");
    /* the built-in ones stay */
    check(rules, "stop", INTENT_OPTOUT, "stop");
    check(rules, "start", INTENT_OPTIN, "start");
    intent_read(rules, "genug", &intent);
    cr_expect_null(intent.language);
    cr_expect_str_eq(intent.rule, "keyword");
    intent_rules_free(rules);
}

Test(intent, ignored_words)
{
    const char *const ignore[] = {"Fine", "opt-out", "nothing of ours"};
    struct intent_rules *rules = rules_of(none, none, none, (struct conf_strings){ignore, 3});

    check(rules, "fine", INTENT_OTHER, "");
    check(rules, "opt out", INTENT_OTHER, "");
    check(rules, "optout", INTENT_OTHER, "");
    check(rules, "stop", INTENT_OPTOUT, "stop");
    check(rules, "fin", INTENT_OPTOUT, "fin");
    intent_rules_free(rules);
}

/* What stops keeps its meaning unless the operator takes it away in so many words. */
Test(intent, words_in_two_lists)
{
    const char *const cancel[] = {"cancel", "start"}, *const info[] = {"info"};
    const struct conf_strings two = {cancel, 2}, one = {cancel, 1};
    struct intent_rules *rules;

    rules = rules_of(none, none, one, none);
    check(rules, "cancel", INTENT_OPTOUT, "cancel");
    intent_rules_free(rules);
    rules = rules_of(none, none, one, one);
    check(rules, "cancel", INTENT_HELP, "cancel");
    intent_rules_free(rules);
    rules = rules_of(two, two, two, none);
    check(rules, "cancel", INTENT_OPTOUT, "cancel");
    check(rules, "start", INTENT_OPTOUT, "start");
    intent_rules_free(rules);
    rules = rules_of(none, (struct conf_strings){info, 1}, none, none);
    check(rules, "info", INTENT_OPTIN, "info");
    intent_rules_free(rules);
}

Test(intent, words_that_are_none)
{
    char long_word[65];
    const char *const bad_words[] = {"", " - ", "...", "\xe2\x80\x8b", "\xff", long_word};

    memset(long_word, 'a', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';

    for (size_t i = 0; i < sizeof(bad_words) / sizeof(bad_words[0]); i++) {
        const char *const words[] = {"good", bad_words[i]};
        const struct conf_strings list = {words, 2};

        for (int place = 0; place < 4; place++) {
            const char *bad = NULL;

            cr_expect_null(intent_rules_new(place == 0 ? list : none, place == 1 ? list : none,
                                            place == 2 ? list : none, place == 3 ? list : none,
                                            &bad));
            cr_expect_eq(bad, bad_words[i]);
        }
    }
    intent_rules_free(NULL);
}

Test(intent, names)
{
    cr_expect_str_eq(intent_class_name(INTENT_OTHER), "other");
    cr_expect_str_eq(intent_class_name(INTENT_OPTOUT), "optout");
    cr_expect_str_eq(intent_class_name(INTENT_OPTIN), "optin");
    cr_expect_str_eq(intent_class_name(INTENT_HELP), "help");
    cr_expect_str_eq(intent_class_name(INTENT_REVIEW), "review");
}
