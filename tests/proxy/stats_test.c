#include "proxy/stats.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stats *stats;

static void setup(void)
{
    stats = stats_new();
    cr_assert_not_null(stats);
}

static void teardown(void)
{
    stats_free(stats);
}

TestSuite(stats, .init = setup, .fini = teardown);

static void expect_text(const char *expected)
{
    size_t len;
    char *text = stats_render(stats, &len);
    cr_assert_not_null(text);
    cr_expect_eq(strlen(text), len);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(stats, nothing)
{
    expect_text("");
}

Test(stats, grouped_by_name)
{
    stat_add(stats_counter(stats, "sg_messages_total", "Messages.", "carrier=\"a\""), 3);
    stat_set(stats_gauge(stats, "sg_sessions", "Sessions now.", ""), -2);
    stat_add(stats_counter(stats, "sg_messages_total", "Messages.", "carrier=\"b\""), 1);
    expect_text("# HELP sg_messages_total Messages.\n"
                "# TYPE sg_messages_total counter\n"
                "sg_messages_total{carrier=\"a\"} 3\n"
                "sg_messages_total{carrier=\"b\"} 1\n"
                "# HELP sg_sessions Sessions now.\n"
                "# TYPE sg_sessions gauge\n"
                "sg_sessions -2\n");
}

Test(stats, one_value_for_one_name_and_labels)
{
    struct stat *a = stats_counter(stats, "a", "h", "x=\"1\"");
    cr_expect_eq(stats_counter(stats, "a", "other words", "x=\"1\""), a);
    cr_expect_neq(stats_counter(stats, "a", "h", "x=\"2\""), a);
    cr_expect_neq(stats_counter(stats, "b", "h", "x=\"1\""), a);
    stat_add(a, 2);
    stat_add(a, 3);
    cr_expect_eq(stat_get(a), 5);
}

Test(stats, help_is_escaped)
{
    stats_counter(stats, "a", "back\\slash\nnew line \"quoted\"", "");
    expect_text("# HELP a back\\\\slash\\nnew line \"quoted\"\n# TYPE a counter\na 0\n");
}

Test(stats, labels)
{
    static const struct {
        const char *value, *label;
    } cases[] = {
        {"main", "k=\"main\""}, {"", "k=\"\""},           {"a\"b\\c\nd", "k=\"a\\\"b\\\\c\\nd\""},
        {"é", "k=\"é\""},       {"\xE9", "k=\"\uFFFD\""},
    };
    char buf[64];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_str_eq(stats_label(buf, sizeof(buf), "k", cases[i].value), cases[i].label);
    /* Cut between characters and escapes, and closed. */
    cr_expect_str_eq(stats_label(buf, 8, "k", "abcdefgh"), "k=\"abc\"");
    cr_expect_str_eq(stats_label(buf, 8, "k", "aéé"), "k=\"aé\"");
    cr_expect_str_eq(stats_label(buf, 8, "k", "ab\"\""), "k=\"ab\"");
}

Test(stats, histogram)
{
    struct histogram *histogram = stats_histogram(stats, "sg_seconds", "Time.", "kind=\"check\"");
    histogram_add(histogram, 0);
    histogram_add(histogram, 16);
    histogram_add(histogram, 17);
    histogram_add(histogram, 1000000);
    histogram_add(histogram, 16777216);
    histogram_add(histogram, 16777217);
    histogram_add(histogram, UINT64_C(1) << 40);
    expect_text("# HELP sg_seconds Time.\n"
                "# TYPE sg_seconds histogram\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.000016\"} 2\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.000032\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.000064\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.000128\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.000256\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.000512\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.001024\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.002048\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.004096\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.008192\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.016384\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.032768\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.065536\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.131072\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.262144\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"0.524288\"} 3\n"
                "sg_seconds_bucket{kind=\"check\",le=\"1.048576\"} 4\n"
                "sg_seconds_bucket{kind=\"check\",le=\"2.097152\"} 4\n"
                "sg_seconds_bucket{kind=\"check\",le=\"4.194304\"} 4\n"
                "sg_seconds_bucket{kind=\"check\",le=\"8.388608\"} 4\n"
                "sg_seconds_bucket{kind=\"check\",le=\"16.777216\"} 5\n"
                "sg_seconds_bucket{kind=\"check\",le=\"+Inf\"} 7\n"
                "sg_seconds_sum{kind=\"check\"} 1099546.182242\n"
                "sg_seconds_count{kind=\"check\"} 7\n");
}

Test(stats, histogram_without_labels)
{
    size_t len;
    histogram_add(stats_histogram(stats, "h", "H.", ""), 10000000);
    char *text = stats_render(stats, &len);
    cr_expect_not_null(strstr(text, "\nh_bucket{le=\"+Inf\"} 1\nh_sum 10\nh_count 1\n"), "%s",
                       text);
    free(text);
}

/* Labels that grow without end, a peer's doing, end in one value. */
Test(stats, values_are_bounded)
{
    char label[64], number[16];
    struct stat *first = NULL;
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(number, sizeof(number), "%u", i);
        struct stat *stat =
            stats_counter(stats, "a", "h", stats_label(label, sizeof(label), "n", number));
        stat_add(stat, 1);
        if (i == 0)
            first = stat;
    }
    cr_expect_eq(stats_counter(stats, "a", "h", "n=\"0\""), first);
    struct stat *other = stats_counter(stats, "b", "h", "n=\"0\"");
    stat_add(other, 7);
    size_t len;
    char *text = stats_render(stats, &len);
    cr_expect_not_null(strstr(text, "\na{n=\"4095\"} 1\na{overflow=\"true\"} 904\n"));
    cr_expect_not_null(strstr(text, "\nb{overflow=\"true\"} 7\n"));
    free(text);
}

static void *render(void *arg)
{
    for (int i = 0; i < 200; i++) {
        size_t len;
        free(stats_render(arg, &len));
    }
    return NULL;
}

Test(stats, rendered_while_the_owner_adds)
{
    pthread_t thread;
    char label[32], number[16];
    struct stat *stat = stats_counter(stats, "a", "h", "");
    struct histogram *histogram = stats_histogram(stats, "b", "h", "");
    cr_assert_eq(pthread_create(&thread, NULL, render, stats), 0);
    for (unsigned i = 0; i < 20000; i++) {
        stat_add(stat, 1);
        histogram_add(histogram, i);
        snprintf(number, sizeof(number), "%u", i % 300);
        stat_set(stats_gauge(stats, "c", "h", stats_label(label, sizeof(label), "n", number)), i);
    }
    pthread_join(thread, NULL);
    cr_expect_eq(stat_get(stat), 20000);
}

Test(stats, one_name_is_one_kind, .signal = SIGABRT)
{
    stats_counter(stats, "a", "h", "");
    stats_gauge(stats, "a", "h", "");
}
