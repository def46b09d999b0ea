#include "proxy/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd;
static struct log *log_;

static void setup(void)
{
    fd = memfd_create("log", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    log_ = log_new(fd, LOG_INFO);
    cr_assert_not_null(log_);
}

static void teardown(void)
{
    log_free(log_);
    close(fd);
}

TestSuite(log, .init = setup, .fini = teardown);

/* What was written since the last call. */
static const char *taken(void)
{
    static char text[8192];
    off_t size = lseek(fd, 0, SEEK_END);
    cr_assert(size >= 0 && (size_t)size < sizeof(text));
    cr_assert_eq(pread(fd, text, (size_t)size, 0), size);
    text[size] = '\0';
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
    return text;
}

/* The same without the time. */
static const char *taken_after_time(void)
{
    const char *text = taken();
    const char *level = strstr(text, " level=");
    cr_assert_not_null(level, "%s", text);
    return level + 1;
}

Test(log, a_whole_line)
{
    regex_t re;
    LOG_INF(log_, 7, "session opened", "peer", "192.0.2.1:40000", "system_id", "a b");
    cr_assert_eq(regcomp(&re,
                         "^time=20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
                         "\\.[0-9]{3}Z level=info session=7 msg=\"session opened\" "
                         "peer=192\\.0\\.2\\.1:40000 system_id=\"a b\"\n$",
                         REG_EXTENDED | REG_NOSUB),
                 0);
    const char *text = taken();
    cr_expect_eq(regexec(&re, text, 0, NULL, 0), 0, "%s", text);
    regfree(&re);
}

Test(log, values)
{
    static const struct {
        const char *value, *printed;
    } cases[] = {
        {"plain", "plain"},
        {"tcp://h:1/?", "tcp://h:1/?"},
        {"über•", "über•"},
        {"a b", "\"a b\""},
        {"a=b", "\"a=b\""},
        {"say \"x\"", "\"say \\\"x\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"two\nlines", "\"two\\nlines\""},
        {"\r\t", "\"\\r\\t\""},
        {"\x1B[31m", "\"\\x1b[31m\""},
        {"\x7F", "\"\\x7f\""},
        {"C1 \xC2\x9B", "\"C1 \\xc2\\x9b\""},
        {"turned \xE2\x80\xAE", "\"turned \\xe2\\x80\\xae\""},
        {"line\xE2\x80\xA8separator", "\"line\\xe2\\x80\\xa8separator\""},
        {"latin\xE9", "\"latin\\xe9\""},
        {"cut\xE2\x80", "\"cut\\xe2\\x80\""},
        {"\xED\xA0\x80", "\"\\xed\\xa0\\x80\""},
        {"\xC0\x80", "\"\\xc0\\x80\""},
        {"\xF0\x9F\x92\xA9", "\xF0\x9F\x92\xA9"},
        {"\xF5\x80\x80\x80", "\"\\xf5\\x80\\x80\\x80\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[128];
        LOG_WRN(log_, 0, "m", "k", cases[i].value, "last", "1");
        snprintf(expected, sizeof(expected), "level=warn msg=m k=%s last=1\n", cases[i].printed);
        cr_expect_str_eq(taken_after_time(), expected);
    }
}

Test(log, pairs_without_a_value_are_left_out)
{
    LOG_ERR(log_, 0, "m", "a", NULL, "b", "", "c", "1");
    cr_expect_str_eq(taken_after_time(), "level=error msg=m c=1\n");
    LOG_ERR(log_, 0, "m");
    cr_expect_str_eq(taken_after_time(), "level=error msg=m\n");
}

Test(log, levels)
{
    LOG_DBG(log_, 0, "no");
    cr_expect_str_eq(taken(), "");
    log_set_level(log_, LOG_DEBUG);
    LOG_DBG(log_, 0, "yes");
    cr_expect_str_eq(taken_after_time(), "level=debug msg=yes\n");
    log_set_level(log_, LOG_ERROR);
    LOG_WRN(log_, 0, "no");
    cr_expect_str_eq(taken(), "");

    enum log_level level = LOG_INFO;
    cr_expect_eq(log_level_parse("debug", &level), 0);
    cr_expect_eq(level, LOG_DEBUG);
    cr_expect_eq(log_level_parse("error", &level), 0);
    cr_expect_eq(level, LOG_ERROR);
    cr_expect_eq(log_level_parse("ERROR", &level), -EINVAL);
    cr_expect_eq(log_level_parse("", &level), -EINVAL);
}

/* Wherever the limit falls, what comes out is one line that a parser reads. */
Test(log, long_lines_are_cut)
{
    static const char *const fillers[] = {"x", " ", "\"", "\n", "\xFF", "é"};
    for (size_t f = 0; f < sizeof(fillers) / sizeof(fillers[0]); f++) {
        for (size_t len = 3900; len < 4200; len++) {
            char value[8192] = "";
            size_t n = strlen(fillers[f]);
            for (size_t used = 0; used < len; used += n)
                memcpy(value + used, fillers[f], n + 1);
            LOG_INF(log_, 0, "m", "a", value, "b", "2", "c", "3");
            const char *text = taken_after_time();
            size_t total = strlen(text);
            cr_assert_leq(total, 4096);
            cr_assert_eq(strchr(text, '\n'), text + total - 1);
            const char *end = " c=3\n", *cut = " cut=true\n";
            cr_assert(strcmp(text + total - strlen(end), end) == 0 ||
                      strcmp(text + total - strlen(cut), cut) == 0);
        }
    }
}

static void *chatter(void *arg)
{
    for (int i = 0; i < 200; i++)
        LOG_INF(arg, 0, "thread", "text", "of some length, so that a mixture would show");
    return NULL;
}

Test(log, threads_do_not_mix_lines)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct log *log = log_new(ends[1], LOG_INFO);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, chatter, log), 0);
    FILE *in = fdopen(ends[0], "r");
    char line[512];
    for (int i = 0; i < 800; i++) {
        cr_assert_not_null(fgets(line, sizeof(line), in));
        cr_assert_eq(strncmp(line, "time=", 5), 0);
        cr_assert_str_eq(strstr(line, " level="),
                         " level=info msg=thread "
                         "text=\"of some length, so that a mixture would show\"\n");
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_free(log);
    fclose(in);
    close(ends[1]);
}

Test(log, a_broken_descriptor_is_nobodys_problem)
{
    struct log *log = log_new(-1, LOG_INFO);
    errno = ENOENT;
    LOG_ERR(log, 0, "m");
    cr_expect_eq(errno, ENOENT);
    log_free(log);
    log_free(NULL);
}

Test(log, numbers)
{
    LOG_INF(log_, 0, "m", "n", LOG_NUM(-5), "to", LOG_NUMBER(14155550100));
    cr_expect_str_eq(taken_after_time(), "level=info msg=m n=-5 to=1415••••100\n");

    static const struct {
        uint64_t number;
        const char *masked;
    } cases[] = {
        {0, "0"},
        {55512, "55512"},
        {123456, "123456"},
        {1234567, "12•••67"},
        {123456789, "12•••••89"},
        {1234567890, "1234•••890"},
        {123456789012345, "1234••••••••345"},
        {UINT64_MAX, "1844••••••••615"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(LOG_NUMBER(cases[i].number), cases[i].masked);
    cr_expect_str_eq(LOG_NUM(INT64_MIN), "-9223372036854775808");
}
