#include "tests/proxy/journal_fixture.h"

#include <errno.h>

static char *dir;

static void set_up(void)
{
    dir = temp_dir();
}

static void tear_down(void)
{
    temp_dir_free(dir);
}

TestSuite(journal_read, .init = set_up, .fini = tear_down);

static struct journal_reader *open_reader(const char *chain, uint64_t after)
{
    int error = 0;
    struct journal_reader *reader = journal_reader_open(dir, chain, after, &error);
    cr_assert_not_null(reader, "%d", error);
    return reader;
}

/* Reads lines `first` to `last`, and then the end (or `end`, an error). */
static void expect(struct journal_reader *reader, uint64_t first, uint64_t last, int end)
{
    uint64_t seq, in_line;
    const char *line, *instance;
    size_t len;
    for (uint64_t i = first; i <= last; i++) {
        struct event event;
        struct event_line *keep;
        cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), 1, "line %lu", i);
        cr_assert_eq(seq, i);
        cr_assert_eq(event_line_parse(line, len, &event, &instance, &in_line, &keep), 0);
        cr_assert_eq(in_line, i);
        event_line_free(keep);
    }
    cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), end);
}

Test(journal_read, from_anywhere)
{
    char *chain = make_chain(dir, 30, 1000);
    for (uint64_t after = 0; after <= 30; after++) {
        struct journal_reader *reader = open_reader(chain, after);
        expect(reader, after + 1, 30, 0);
        expect(reader, 1, 0, 0);
        journal_reader_close(reader);
    }
    free(chain);
}

Test(journal_read, follows_a_writer)
{
    struct fixture f;
    fixture_open(&f, dir, "daemon", 1000);
    struct journal_reader *all = open_reader(journal_chain(f.journal), 0);
    struct journal_reader *late = open_reader(journal_chain(f.journal), 15);
    expect(all, 1, 0, 0);
    for (uint64_t i = 1; i <= 20; i++) {
        cr_assert_eq(store_one(&f, "14155550100", "STOP"), 0);
        expect(all, i, i, 0);
        expect(late, i > 15 ? i : 1, i > 15 ? i : 0, 0);
    }
    journal_reader_close(all);
    journal_reader_close(late);
    fixture_close(&f);
}

Test(journal_read, does_not_see_half_a_line)
{
    char *chain = make_chain(dir, 3, 0);
    char *path = path_of(dir, chain, "00000001.jsonl");
    size_t len;
    char *data = file_read(path, &len);
    size_t third = last_line(data, len);

    file_write(path, data, third);
    struct journal_reader *reader = open_reader(chain, 0);
    expect(reader, 1, 2, 0);
    for (size_t i = third; i < len; i += 29) {
        file_write(path, data, i);
        expect(reader, 1, 0, 0);
    }
    /* The writer takes it back and writes something else. */
    file_write(path, data, third);
    expect(reader, 1, 0, 0);
    file_write(path, data, len);
    expect(reader, 3, 3, 0);
    journal_reader_close(reader);
    free(data);
    free(path);
    free(chain);
}

Test(journal_read, nothing_behind_a_gap)
{
    char *chain = make_chain(dir, 12, 0);
    char *path = path_of(dir, chain, "00000001.jsonl"),
         *next = path_of(dir, chain, "00000002.jsonl");
    struct file_lines lines, part;
    lines_read(&lines, path);

    part = (struct file_lines){.n = 4}; /* without the fifth */
    memcpy(part.line, lines.line, 4 * sizeof part.line[0]);
    lines_write(&part, path);
    part.n = 7;
    memcpy(part.line, lines.line + 5, 7 * sizeof part.line[0]);
    lines_write(&part, next);
    struct journal_reader *reader = open_reader(chain, 0);
    expect(reader, 1, 4, -EBADMSG);
    journal_reader_close(reader);
    reader = open_reader(chain, 4);
    expect(reader, 1, 0, -EBADMSG);
    journal_reader_close(reader);
    reader = open_reader(chain, 5);
    expect(reader, 6, 12, 0);
    journal_reader_close(reader);

    /* Half a line with a segment behind it will never be whole. */
    lines_write(&lines, path);
    size_t len;
    char *data = file_read(path, &len);
    file_write(path, data, len - 10);
    file_write(next, "", 0);
    reader = open_reader(chain, 10);
    expect(reader, 11, 11, -EBADMSG);
    journal_reader_close(reader);
    free(data);

    /* The beginning is missing. */
    cr_assert_eq(remove(path), 0);
    lines_write(&part, next);
    reader = open_reader(chain, 0);
    expect(reader, 1, 0, -EBADMSG);
    journal_reader_close(reader);

    file_write(next, "nonsense\n", 9);
    reader = open_reader(chain, 0);
    expect(reader, 1, 0, -EBADMSG);
    journal_reader_close(reader);
    lines_free(&lines);
    free(next);
    free(path);
    free(chain);
}

Test(journal_read, a_chain_that_is_none)
{
    static const char *const names[] = {"host-00000000", "imports", "", ".", "..", "../x-00000000"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int error = 0;
        cr_assert_null(journal_reader_open(dir, names[i], 0, &error));
        cr_assert_eq(error, i == 0 ? -ENOENT : -EINVAL);
    }
    char **chains = journal_chains(dir);
    cr_assert_not_null(chains);
    cr_assert_null(chains[0]);
    journal_chains_free(chains);
    char *none = path_of(dir, "not", "there");
    chains = journal_chains(none);
    cr_assert_not_null(chains);
    cr_assert_null(chains[0]);
    journal_chains_free(chains);
    free(none);
}
