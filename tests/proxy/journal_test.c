#include "tests/proxy/journal_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

Test(journal, stores_in_order_and_answers)
{
    char *dir = temp_dir();
    struct fixture f;
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(journal_seq(f.journal), 0);
    cr_assert(journal_healthy(f.journal));

    struct event events[3] = {an_optout("14155550101", "STOP"), an_optout("14155550102", NULL),
                              an_optout("14155550103", "")};
    int tags[100];
    for (int i = 0; i < 100; i++)
        cr_assert_eq(journal_append(f.journal, events, 1 + (unsigned)i % 3, &tags[i]), 0);
    cr_assert_eq(journal_append(f.journal, events, 0, NULL), 0);
    await(&f, 199);
    size_t at = 0;
    for (int i = 0; i < 100; i++) {
        for (int j = 0; j <= i % 3; j++, at++) {
            cr_assert_eq(f.answers[at].error, 0);
            cr_assert_eq(f.answers[at].tag, &tags[i]);
            cr_assert_eq(f.answers[at].seq, at + 1);
        }
    }
    cr_assert_eq(journal_seq(f.journal), 199);
    fixture_close(&f);
    assert_whole(dir, 199);
    temp_dir_free(dir);
}

static char *first_line(const char *dir, const char *chain)
{
    struct file_lines lines;
    char *path = path_of(dir, chain, "00000001.jsonl");
    lines_read(&lines, path);
    char *line = strdup(lines.line[0]);
    lines_free(&lines);
    free(path);
    return line;
}

Test(journal, the_line_is_as_documented)
{
    char *dir = temp_dir();
    struct fixture f;
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(store_one(&f, "14155550100", "Stop"), 0);
    char *line = first_line(dir, journal_chain(f.journal));
    char *front;
    cr_assert(asprintf(&front,
                       "{\"seq\":1,\"time\":\"2025-01-01T00:00:00.123Z\",\"type\":\"optout\","
                       "\"source\":\"reply\",\"number\":\"14155550100\",\"sender\":\"12025550100\","
                       "\"list\":\"optout\",\"keyword\":\"stop\",\"instance\":\"%s\","
                       "\"text_hash\":\"",
                       journal_chain(f.journal)) > 0);
    cr_assert_eq(strncmp(line, front, strlen(front)), 0, "%s", line);
    const char *prev = line + strlen(front) + 64;
    static const char next[] = "\",\"prev\":\"00000000000000000000000000000000000000000000000000000"
                               "00000000000\",\"text\":\"Stop\",\"salt\":\"";
    cr_assert_eq(strncmp(prev, next, strlen(next)), 0, "%s", prev);
    free(front);
    free(line);
    fixture_close(&f);
    temp_dir_free(dir);
}

Test(journal, sets_the_time_where_there_is_none)
{
    char *dir = temp_dir();
    struct fixture f;
    fixture_open(&f, dir, "daemon", 0);
    struct event event = {.type = EVENT_config}, read;
    struct event_line *keep;
    cr_assert_eq(journal_append(f.journal, &event, 1, NULL), 0);
    await(&f, 1);
    char *line = first_line(dir, journal_chain(f.journal));
    cr_assert_eq(event_line_parse(line, strlen(line), &read, NULL, NULL, &keep), 0);
    cr_assert_gt(read.time_ms, 1735689600000); /* when this was written, or later */
    event_line_free(keep);
    free(line);
    fixture_close(&f);
    temp_dir_free(dir);
}

Test(journal, goes_on_where_it_ended)
{
    char *dir = temp_dir();
    char *first = make_chain(dir, 5, 0);
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        fixture_open(&f, dir, "daemon", 0);
        cr_assert_str_eq(journal_chain(f.journal), first);
        cr_assert_eq(journal_seq(f.journal), 5 + (uint64_t)i);
        cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
        cr_assert_eq(f.answers[0].seq, 6 + (uint64_t)i);
        fixture_close(&f);
    }
    assert_whole(dir, 8);
    free(first);
    temp_dir_free(dir);
}

Test(journal, closing_writes_what_is_queued)
{
    char *dir = temp_dir();
    struct fixture f;
    fixture_open(&f, dir, "daemon", 4096);
    struct event event = an_optout("14155550100", "STOP");
    for (int i = 0; i < 20000; i++)
        cr_assert_eq(journal_append(f.journal, &event, 1, NULL), 0);
    fixture_close(&f);
    assert_whole(dir, 20000);
    temp_dir_free(dir);
}

static bool exists(const char *dir, const char *chain, const char *file)
{
    char *path = path_of(dir, chain, file);
    bool there = file_exists(path);
    free(path);
    return there;
}

Test(journal, rotates_by_size_and_keeps_the_chain)
{
    char *dir = temp_dir();
    char *chain = make_chain(dir, 10, 1200);
    cr_assert(exists(dir, chain, "00000004.jsonl"));
    for (char name[] = "00000001.jsonl"; exists(dir, chain, name); name[7]++) {
        size_t len;
        char *path = path_of(dir, chain, name), *data = file_read(path, &len);
        cr_assert_leq(len, 1200);
        free(data);
        free(path);
    }
    assert_whole(dir, 10);

    /* A line that is longer than a segment has one to itself. */
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct fixture f;
    fixture_open(&f, dir, "daemon", 1200);
    cr_assert_eq(store_one(&f, "14155550100", text), 0);
    cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
    fixture_close(&f);
    assert_whole(dir, 12);
    free(chain);
    temp_dir_free(dir);
}

Test(journal, goes_on_behind_empty_segments)
{
    char *dir = temp_dir();
    char *chain = make_chain(dir, 2, 0);
    char *path = path_of(dir, chain, "00000002.jsonl"),
         *more = path_of(dir, chain, "00000003.jsonl");
    file_write(path, "", 0);
    file_write(more, "", 0);
    struct fixture f;
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
    cr_assert_eq(f.answers[0].seq, 3);
    fixture_close(&f);
    assert_whole(dir, 3);
    free(path);
    free(more);
    free(chain);
    temp_dir_free(dir);
}

Test(journal, two_writers_have_two_chains)
{
    char *dir = temp_dir();
    struct fixture a, b, ctl;
    fixture_open(&a, dir, "daemon", 0);
    fixture_open(&b, dir, "daemon", 0);
    fixture_open(&ctl, dir, "ctl", 0);
    cr_assert_str_neq(journal_chain(a.journal), journal_chain(b.journal));
    cr_assert_eq(strncmp(journal_chain(ctl.journal), "ctl-", 4), 0);
    cr_assert_neq(strncmp(journal_chain(a.journal), "ctl-", 4), 0);
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(store_one(&a, "14155550101", "STOP"), 0);
        cr_assert_eq(store_one(&b, "14155550102", "STOP"), 0);
        cr_assert_eq(store_one(&ctl, "14155550103", "STOP"), 0);
    }
    char *ctl_chain = strdup(journal_chain(ctl.journal));
    fixture_close(&a);
    fixture_close(&b);
    fixture_close(&ctl);
    assert_whole(dir, 150);

    char **chains = journal_chains(dir);
    unsigned n = 0, found = 0;
    for (; chains[n] != NULL; n++)
        found += strcmp(chains[n], ctl_chain) == 0;
    cr_assert_eq(n, 3);
    cr_assert_eq(found, 1);
    journal_chains_free(chains);
    fixture_open(&ctl, dir, "ctl", 0);
    cr_assert_str_eq(journal_chain(ctl.journal), ctl_chain);
    fixture_close(&ctl);
    free(ctl_chain);
    temp_dir_free(dir);
}

/* Many processes at once: each has a chain to itself, whoever takes which. */
Test(journal, processes_that_start_together)
{
    enum { PROCESSES = 8 };
    char *dir = temp_dir();
    for (int round = 0; round < 3; round++) {
        pid_t pids[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            pids[i] = fork();
            cr_assert_geq(pids[i], 0);
            if (pids[i] == 0) {
                struct fixture f;
                fixture_open(&f, dir, "daemon", 2000);
                for (int j = 0; j < 20; j++)
                    if (store_one(&f, "14155550100", "STOP") != 0)
                        _exit(1);
                _exit(0); /* without closing, as if it were killed */
            }
        }
        for (int i = 0; i < PROCESSES; i++) {
            int status;
            cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
            cr_assert_eq(status, 0);
        }
        assert_whole(dir, (uint64_t)(round + 1) * PROCESSES * 20);
    }
    temp_dir_free(dir);
}

Test(journal, killed_writers_lose_nothing_that_was_answered)
{
    char *dir = temp_dir();
    uint64_t answered = 0;
    for (int round = 0; round < 5; round++) {
        int fds[2];
        cr_assert_eq(pipe(fds), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct fixture f;
            fixture_open(&f, dir, "daemon", 20000);
            struct event event = an_optout("14155550100", "STOP");
            for (size_t n = 0;; n++) {
                if (journal_append(f.journal, &event, 1, NULL) != 0)
                    _exit(1);
                dispatch(&f);
                uint64_t seq = journal_seq(f.journal);
                if (write(fds[1], &seq, sizeof seq) != sizeof seq)
                    _exit(1);
            }
        }
        close(fds[1]);
        uint64_t seq;
        for (int i = 0; i < 500 * (round + 1); i++) {
            cr_assert_eq(read(fds[0], &seq, sizeof seq), sizeof seq);
            answered = seq > answered ? seq : answered;
        }
        kill(pid, SIGKILL);
        while (read(fds[0], &seq, sizeof seq) == sizeof seq)
            answered = seq > answered ? seq : answered;
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        close(fds[0]);

        struct fixture f; /* one chain all the time, and nothing missing from it */
        fixture_open(&f, dir, "daemon", 20000);
        cr_assert_geq(journal_seq(f.journal), answered);
        answered = journal_seq(f.journal);
        fixture_close(&f);
        assert_whole(dir, answered);
    }
    temp_dir_free(dir);
}

/* ---- what it finds at the start ---- */

static char *open_error(const char *dir)
{
    char *error;
    struct journal *journal = journal_open(dir, "daemon", 0, NULL, &error);
    cr_assert_null(journal);
    cr_assert_not_null(error);
    return error;
}

/* Whatever is left of the last line, it goes aside and the chain goes on before it. */
Test(journal, sets_a_torn_last_line_aside)
{
    char *dir = temp_dir();
    char *chain = make_chain(dir, 3, 0);
    char *path = path_of(dir, chain, "00000001.jsonl");
    char *torn = path_of(dir, chain, "00000001.jsonl.torn");
    size_t len, torn_len;
    char *data = file_read(path, &len);
    size_t second = last_line(data, len);

    for (size_t cut = second; cut < len; cut += 37) {
        file_write(path, data, cut);
        remove(torn);
        struct fixture f;
        fixture_open(&f, dir, "daemon", 0);
        cr_assert_eq(journal_seq(f.journal), 2);
        cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
        fixture_close(&f);
        assert_whole(dir, 3);
        cr_assert_eq(file_exists(torn), cut > second);
        if (cut == second)
            continue;
        char *aside = file_read(torn, &torn_len);
        cr_assert_eq(torn_len, cut - second);
        cr_assert_eq(memcmp(aside, data + second, torn_len), 0);
        free(aside);
    }
    free(data);
    free(torn);
    free(path);
    free(chain);
    temp_dir_free(dir);
}

Test(journal, sets_aside_what_is_longer_than_a_buffer)
{
    char *dir = temp_dir();
    char *chain = make_chain(dir, 3, 0);
    char *path = path_of(dir, chain, "00000001.jsonl");
    FILE *file = fopen(path, "a");
    for (int i = 0; i < 200000; i++)
        fputc(0, file); /* as a crash leaves it on some file systems */
    fclose(file);
    struct fixture f;
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
    fixture_close(&f);
    assert_whole(dir, 4);

    /* A first line that is torn leaves nothing. */
    file_write(path, "{\"seq\":1,", 9);
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(journal_seq(f.journal), 0);
    cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
    fixture_close(&f);
    assert_whole(dir, 1);
    free(path);
    free(chain);
    temp_dir_free(dir);
}

Test(journal, does_not_go_on_behind_a_damaged_line)
{
    char *dir = temp_dir();
    char *chain = make_chain(dir, 3, 0);
    char *path = path_of(dir, chain, "00000001.jsonl");
    struct file_lines lines;
    lines_read(&lines, path);
    char *type = lines.n == 3 ? strstr(lines.line[2], "optout") : NULL;
    cr_assert_not_null(type);
    *type = 'O';
    lines_write(&lines, path);
    char *error = open_error(dir);
    cr_assert_not_null(strstr(error, "00000001.jsonl is damaged"), "%s", error);
    cr_assert_not_null(strstr(error, chain), "%s", error);
    free(error);

    memcpy(lines.line[2], "nonsense", sizeof "nonsense");
    lines_write(&lines, path);
    error = open_error(dir);
    cr_assert_not_null(strstr(error, "not a JSON object"), "%s", error);
    free(error);
    lines_free(&lines);
    free(path);
    free(chain);
    temp_dir_free(dir);
}

Test(journal, says_why_it_cannot_be_opened)
{
    char *dir = temp_dir(), *file = path_of(dir, ".", "file"), *below = path_of(dir, "file", "x");
    file_write(file, "", 0);
    char *error = open_error(file);
    cr_assert_not_null(strstr(error, file), "%s", error);
    free(error);
    error = open_error(below);
    cr_assert_not_null(strstr(error, below), "%s", error);
    free(error);
    free(open_error(""));

    char *deep = path_of(dir, "a/b", "c");
    struct fixture f;
    fixture_open(&f, deep, "daemon", 0);
    cr_assert_eq(store_one(&f, "14155550100", NULL), 0);
    fixture_close(&f);
    assert_whole(deep, 1);
    free(deep);
    free(below);
    free(file);
    temp_dir_free(dir);
}
