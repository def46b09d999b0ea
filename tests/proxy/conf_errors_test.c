/* The messages of `stopgate -t`, from tests/vectors/conf_errors.txt. */
#include "proxy/conf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char buf[8192];
    size_t len;
};

static void add(struct text *text, const char *line)
{
    int n = snprintf(text->buf + text->len, sizeof(text->buf) - text->len, "%s", line);
    cr_assert(n >= 0 && (size_t)n < sizeof(text->buf) - text->len);
    text->len += (size_t)n;
}

static const char *expand(const char *line)
{
    if (strcmp(line, "@store\n") == 0)
        return "store: {redis: \"unix:/r\", journal: j}\n";
    if (strcmp(line, "@carriers\n") == 0)
        return "carriers: [{name: c, addresses: [\"tcp://h:1\"]}]\n";
    if (strcmp(line, "@listeners\n") == 0)
        return "listeners: [{name: l, address: \"tcp://h:2\", carrier: c}]\n";
    return line;
}

static void check(struct phone *phone, const char *title, const struct text *file,
                  const struct text *expected)
{
    char *error = NULL;
    struct conf *conf = conf_parse("f", file->buf, file->len, phone, &error);
    cr_assert_null(conf, "%s: was accepted", title);
    cr_assert_not_null(error, "%s: says nothing", title);
    cr_expect_str_eq(error, expected->buf, "%s:\n%s\ninstead of\n%s", title, error, expected->buf);
    free(error);
}

/* Every case, then the end of the file, closes the one before. */
static void close_case(struct phone *phone, const char *title, struct text *file,
                       struct text *expected)
{
    if (title[0] == '\0')
        return;
    cr_assert_gt(expected->len, 0, "%s: expects nothing", title);
    expected->buf[--expected->len] = '\0'; /* messages end without a newline */
    check(phone, title, file, expected);
}

Test(conf_errors, vectors)
{
    char line[512], title[128] = "";
    struct text file = {.len = 0}, expected = {.len = 0};
    bool expecting = false;
    unsigned cases = 0;
    struct phone *phone = phone_new();
    FILE *in = fopen(VECTORS "/conf_errors.txt", "r");
    cr_assert_not_null(in);
    cr_assert_not_null(phone);
    while (fgets(line, sizeof(line), in) != NULL) {
        if (strncmp(line, "=== ", 4) == 0) {
            close_case(phone, title, &file, &expected);
            snprintf(title, sizeof(title), "%.*s", (int)strcspn(line + 4, "\n"), line + 4);
            file = expected = (struct text){.len = 0};
            expecting = false;
            cases++;
        } else if (strcmp(line, ">>>\n") == 0) {
            expecting = true;
        } else if (expecting && line[0] != '\n') {
            add(&expected, "f:");
            add(&expected, line);
        } else if (!expecting && cases > 0) {
            add(&file, expand(line));
        }
    }
    close_case(phone, title, &file, &expected);
    cr_expect_gt(cases, 40);
    fclose(in);
    phone_free(phone);
}
