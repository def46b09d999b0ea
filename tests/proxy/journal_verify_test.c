#include "proxy/store/event_json.h"
#include "tests/proxy/journal_fixture.h"

#include <errno.h>
#include <sys/stat.h>

/* Every test tampers with a chain of twelve lines, four in each of three files. */
#define PER_FILE ((size_t)4)
#define FILES    3
#define LINES    12

static char *dir, *chain;
static struct file_lines lines;

static char *segment_path(unsigned segment)
{
    char name[32];
    snprintf(name, sizeof name, "%08u.jsonl", segment);
    return path_of(dir, chain, name);
}

static void load(unsigned segment)
{
    char *path = segment_path(segment);
    lines_free(&lines);
    lines_read(&lines, path);
    free(path);
}

static void save(unsigned segment)
{
    char *path = segment_path(segment);
    lines_write(&lines, path);
    free(path);
}

/* Written as one file and then cut into three, which is what rotation comes to. */
static void set_up(void)
{
    dir = temp_dir();
    chain = make_chain(dir, LINES, 0);
    lines = (struct file_lines){0};
    load(1);
    struct file_lines all = lines;
    for (unsigned i = 0; i < FILES; i++) {
        lines = (struct file_lines){.n = PER_FILE};
        memcpy(lines.line, all.line + i * PER_FILE, PER_FILE * sizeof lines.line[0]);
        save(i + 1);
    }
    lines_free(&all);
    lines.n = 0;
    assert_whole(dir, LINES);
}

static void tear_down(void)
{
    lines_free(&lines);
    free(chain);
    temp_dir_free(dir);
}

TestSuite(journal_verify, .init = set_up, .fini = tear_down);

static void assert_bad(unsigned segment, uint64_t line, const char *problem)
{
    char name[32];
    struct verdict v = verify(dir);
    snprintf(name, sizeof name, "%08u.jsonl", segment);
    cr_assert_eq(v.spoilt, 1);
    cr_assert_str_eq(v.bad.file, segment == 0 ? "" : name, "%s:%lu %s", v.bad.file, v.bad.line,
                     v.bad.problem);
    cr_assert_eq(v.bad.line, line, "%s:%lu: %s", v.bad.file, v.bad.line, v.bad.problem);
    cr_assert_not_null(strstr(v.bad.problem, problem), "%s", v.bad.problem);
}

/* Puts `with` in place of `what` in a line. */
static void replace(unsigned index, const char *what, const char *with)
{
    char *line = lines.line[index], *made;
    cr_assert_not_null(line);
    char *at = strstr(line, what);
    cr_assert_not_null(at, "%s", what);
    cr_assert(asprintf(&made, "%.*s%s%s", (int)(at - line), line, with, at + strlen(what)) >= 0);
    free(line);
    lines.line[index] = made;
}

/* Takes a member that is a string, and its comma, out of a line. */
static void take_out(unsigned index, const char *key)
{
    char member[32];
    snprintf(member, sizeof member, ",\"%s\":\"", key);
    char *at = strstr(lines.line[index], member);
    cr_assert_not_null(at, "%s", key);
    char *end = at + strlen(member);
    while (*end != '"')
        end += *end == '\\' ? 2 : 1;
    memmove(at, end + 1, strlen(end + 1) + 1);
}

/* Gives a line the hash of its content, as a careful forger would. */
static void rehash(unsigned index)
{
    char hex[SHA_HEX + 1], *line = lines.line[index];
    char *end = strstr(line, ",\"text\":"), *hash = strstr(line, ",\"hash\":\"");
    struct sha *sha = sha_new();
    sha_add(sha, line, (size_t)((end != NULL ? end : hash) - line));
    sha_add(sha, "}", 1);
    sha_hex(sha, hex);
    sha_free(sha);
    memcpy(hash + strlen(",\"hash\":\""), hex, SHA_HEX);
}

static void move_line(unsigned from, unsigned to)
{
    char *line = lines.line[from];
    memmove(lines.line + from, lines.line + from + 1, (lines.n - from - 1) * sizeof line);
    memmove(lines.line + to + 1, lines.line + to, (lines.n - to - 1) * sizeof line);
    lines.line[to] = line;
}

static void insert(unsigned index, const char *line)
{
    lines.line[lines.n++] = strdup(line);
    move_line((unsigned)lines.n - 1, index);
}

static void remove_line(unsigned index)
{
    move_line(index, (unsigned)lines.n - 1);
    free(lines.line[--lines.n]);
}

/* ---- edits ---- */

Test(journal_verify, an_edit)
{
    load(2);
    replace(1, "14155550006", "14155550007");
    save(2);
    assert_bad(2, 2, "hash is not that of its content");
}

Test(journal_verify, an_edit_with_its_hash_made_new)
{
    load(2);
    replace(1, "14155550006", "14155550007");
    rehash(1);
    save(2);
    assert_bad(2, 3, "prev is not the hash of the line before");

    load(2);
    replace(3, "14155550008", "14155550009");
    replace(1, "14155550007", "14155550006");
    rehash(1);
    rehash(3);
    save(2);
    assert_bad(3, 1, "prev is not the hash of the line before");
}

Test(journal_verify, an_edited_text)
{
    load(1);
    replace(2, "Stop \\\"it", "Keep \\\"it");
    save(1);
    assert_bad(1, 3, "text does not match text_hash");
}

Test(journal_verify, an_edited_salt)
{
    load(1);
    char *salt = strstr(lines.line[2], ",\"salt\":\"") + 9;
    *salt = *salt == '0' ? '1' : '0';
    save(1);
    assert_bad(1, 3, "text does not match text_hash");
}

Test(journal_verify, an_erased_text_is_all_right)
{
    load(1);
    take_out(2, "text");
    take_out(2, "salt");
    save(1);
    assert_whole(dir, LINES);

    struct event event;
    struct event_line *keep;
    cr_assert_eq(event_line_parse(lines.line[2], strlen(lines.line[2]), &event, NULL, NULL, &keep),
                 0);
    cr_assert_null(event.text);
    event_line_free(keep);

    /* In the last line too: the chain goes on behind it. */
    load(3);
    take_out(3, "text");
    take_out(3, "salt");
    save(3);
    assert_whole(dir, LINES);
    struct fixture f;
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(store_one(&f, "14155550100", "STOP"), 0);
    fixture_close(&f);
    assert_whole(dir, LINES + 1);
}

Test(journal_verify, half_an_erasure)
{
    static const char problem[] = "text, salt and text_hash belong together";
    load(1);
    take_out(2, "text");
    save(1);
    assert_bad(1, 3, problem);
    load(1);
    insert(3, lines.line[2]);
    remove_line(2);
    replace(2, ",\"salt\":", ",\"text\":");
    save(1);
    assert_bad(1, 3, problem);
}

Test(journal_verify, an_erased_text_hash)
{
    load(1);
    take_out(2, "text");
    take_out(2, "salt");
    take_out(2, "text_hash");
    save(1);
    assert_bad(1, 3, "hash is not that of its content");
}

Test(journal_verify, a_text_put_where_none_was)
{
    load(1);
    replace(1, ",\"hash\":", ",\"text\":\"STOP\",\"salt\":\"00\",\"hash\":");
    save(1);
    assert_bad(1, 2, "text, salt and text_hash belong together");
}

Test(journal_verify, another_form_of_the_same)
{
    static const char *const forms[][2] = {
        {"{\"seq\"", "{ \"seq\""},
        {"\"number\":", "\"number\" :"},
        {"\"number\"", "\"n\\u0075mber\""},
        {"\"seq\":2", "\"seq\":2.0"},
        {"\"seq\":2", "\"seq\":02"},
        {"\"list\":\"optout\"", "\"list\":\"optin\",\"list\":\"optout\""},
        {"\"}", "\"} "},
        {"\"}", "\"}\r"},
        {"\"}", "\",\"more\":1}"},
        {"{\"seq\"", "\xef\xbb\xbf{\"seq\""},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        load(1);
        char *before = strdup(lines.line[1]);
        replace(1, forms[i][0], forms[i][1]);
        save(1);
        assert_bad(1, 2, "");
        replace(1, lines.line[1], before);
        save(1);
        assert_whole(dir, LINES);
        free(before);
    }
}

Test(journal_verify, members_that_every_line_has)
{
    static const char *const keys[] = {"time", "instance", "prev"};
    static const char *const problems[] = {"time is missing", "instance is not", "prev is missing"};
    for (size_t i = 0; i < 3; i++) {
        load(1);
        char *before = strdup(lines.line[1]);
        take_out(1, keys[i]);
        rehash(1);
        save(1);
        assert_bad(1, 2, problems[i]);
        free(lines.line[1]);
        lines.line[1] = before;
        save(1);
    }
    load(1);
    take_out(1, "hash");
    save(1);
    assert_bad(1, 2, "hash is missing");
}

/* ---- lines ---- */

Test(journal_verify, a_removed_line)
{
    for (unsigned i = 0; i < PER_FILE; i++) {
        load(2);
        char *removed = strdup(lines.line[i]);
        remove_line(i);
        save(2);
        if (i < PER_FILE - 1)
            assert_bad(2, i + 1, "missing");
        else
            assert_bad(3, 1, "missing");
        insert(i, removed);
        save(2);
        free(removed);
    }
    load(1);
    remove_line(0);
    save(1);
    assert_bad(1, 1, "missing");
}

Test(journal_verify, an_inserted_line)
{
    load(2);
    insert(2, lines.line[0]);
    save(2);
    assert_bad(2, 3, "inserted");

    /* One that was made to follow: then what follows it does not. */
    load(2);
    replace(2, "\"seq\":5", "\"seq\":7");
    char *prev = strstr(lines.line[2], "\"prev\":\"") + 8;
    memcpy(prev, strstr(lines.line[1], "\"hash\":\"") + 8, SHA_HEX);
    rehash(2);
    save(2);
    assert_bad(2, 4, "inserted");

    load(2);
    insert(2, "");
    save(2);
    assert_bad(2, 3, "not a JSON object");
}

Test(journal_verify, swapped_lines)
{
    load(2);
    move_line(1, 2);
    save(2);
    assert_bad(2, 2, "missing");

    /* With their numbers swapped back. */
    replace(1, "\"seq\":7", "\"seq\":6");
    replace(2, "\"seq\":6", "\"seq\":7");
    rehash(1);
    rehash(2);
    save(2);
    assert_bad(2, 2, "prev is not the hash");
}

/* ---- files ---- */

Test(journal_verify, a_file_cut_short)
{
    size_t len;
    for (unsigned segment = 1; segment <= 2; segment++) {
        char *path = segment_path(segment), *data = file_read(path, &len);
        for (size_t cut = 0; cut < len; cut += 41) {
            file_write(path, data, cut);
            struct verdict v = verify(dir);
            cr_assert_eq(v.spoilt, 1, "cut at %zu", cut);
        }
        file_write(path, data, len - 1);
        assert_bad(segment, 4, "ends in the middle of a line");
        file_write(path, data, len);
        free(data);
        free(path);
    }
    assert_whole(dir, LINES);
}

Test(journal_verify, a_missing_file)
{
    for (unsigned segment = 1; segment < FILES; segment++) {
        char *path = segment_path(segment), *away = path_of(dir, chain, "away");
        cr_assert_eq(rename(path, away), 0);
        assert_bad(segment, 0, "missing");
        cr_assert_eq(rename(away, path), 0);
        free(away);
        free(path);
    }
    /* One that was emptied instead, or whose place another took. */
    char *first = segment_path(2), *second = segment_path(3), *away = path_of(dir, chain, "away");
    cr_assert_eq(rename(first, away), 0);
    file_write(first, "", 0);
    assert_bad(3, 1, "missing");
    cr_assert_eq(rename(second, first), 0);
    assert_bad(2, 1, "missing");
    free(away);
    free(second);
    free(first);
}

Test(journal_verify, a_file_that_is_none)
{
    char *path = segment_path(2);
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
    assert_bad(2, 0, "cannot be read");
    cr_assert_eq(rmdir(path), 0);
    cr_assert_eq(symlink("00000001.jsonl", path), 0);
    assert_bad(2, 0, "cannot be read");
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    assert_bad(2, 0, "cannot be read");
    free(path);
}

Test(journal_verify, a_line_without_end)
{
    char *path = segment_path(2);
    size_t len = EVENT_LINE_MAX * 3;
    char *data = malloc(len);
    memset(data, ' ', len);
    file_write(path, data, len);
    assert_bad(2, 1, "longer than any");
    free(data);
    free(path);
}

Test(journal_verify, a_torn_tail_without_and_with_a_writer)
{
    char *path = segment_path(3);
    FILE *file = fopen(path, "a");
    fputs("{\"seq\":13,\"ti", file);
    fclose(file);
    assert_bad(3, 5, "torn");

    struct fixture f;
    fixture_open(&f, dir, "daemon", 0); /* sets it aside */
    assert_whole(dir, LINES);
    file = fopen(path, "a");
    fputs("{\"seq\":13,\"ti", file);
    fclose(file);
    assert_whole(dir, LINES);
    fixture_close(&f);
    assert_bad(3, 5, "torn");
    free(path);
}

/* ---- chains ---- */

Test(journal_verify, a_chain_under_another_name)
{
    char *from = path_of(dir, chain, ""), *to = path_of(dir, "other-00000000", "");
    from[strlen(from) - 1] = to[strlen(to) - 1] = '\0';
    cr_assert_eq(rename(from, to), 0);
    assert_bad(1, 1, "instance is not the name of this chain");
    free(from);
    free(to);
}

Test(journal_verify, each_chain_is_reported)
{
    struct fixture ctl;
    fixture_open(&ctl, dir, "ctl", 0);
    cr_assert_eq(store_one(&ctl, "14155550100", "STOP"), 0);
    fixture_close(&ctl);
    load(1);
    replace(1, "\"optout\"", "\"optin\"");
    save(1);
    struct verdict v = verify(dir);
    cr_assert_eq(v.spoilt, 1);
    cr_assert_eq(v.chains, 2);
    cr_assert_eq(v.lines, 2); /* one before the bad one, one of the other chain */
}

Test(journal_verify, what_is_no_chain)
{
    char *imports = path_of(dir, "imports", "");
    cr_assert_eq(mkdir(imports, 0700), 0);
    struct verdict v = verify(dir);
    cr_assert_eq(v.chains, 1);
    free(imports);

    char *none = path_of(dir, "not", "there");
    v = verify(none);
    cr_assert_eq(v.spoilt, 0);
    cr_assert_eq(v.chains, 0);
    free(none);
    char *file = segment_path(1);
    cr_assert_lt(verify(file).spoilt, 0);
    free(file);
}
