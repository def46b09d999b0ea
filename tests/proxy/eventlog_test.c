#include "proxy/store/event_json.h"
#include "proxy/store/eventlog.h"
#include "proxy/store/journal.h"
#include "proxy/store/journal_read.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A log in a directory of its own, and a chain that writes lines without a journal. */
struct rig {
    char dir[64], path[96];
    struct eventlog *log;
    struct event_link link;
    struct sha *sha;
};

static void rig_open(struct rig *rig)
{
    char *error;

    rig->log = eventlog_open(rig->path, &error);
    cr_assert(rig->log != NULL, "%s", error);
}

static void rig_new(struct rig *rig)
{
    strcpy(rig->dir, "/tmp/stopgate-log-XXXXXX");
    cr_assert(mkdtemp(rig->dir) != NULL);
    snprintf(rig->path, sizeof(rig->path), "%s/log.db", rig->dir);
    event_link_init(&rig->link, "host-00000001");
    rig->sha = sha_new();
    rig_open(rig);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void rig_free(struct rig *rig)
{
    eventlog_close(rig->log);
    sha_free(rig->sha);
    nftw(rig->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int put(struct rig *rig, const struct event *event)
{
    struct line_buf buf = {0};

    cr_assert_eq(event_json_write(&buf, event, &rig->link, rig->sha), 0);
    int result = eventlog_put(rig->log, buf.data, buf.len - 1);
    free(buf.data);
    return result;
}

/* What a query finds: the sequence numbers, and the last id. */
struct found {
    uint64_t seq[64], id;
    unsigned n;
};

static int take(void *arg, const struct eventlog_row *row)
{
    struct found *found = arg;
    struct event event;
    struct event_line *keep;

    cr_assert(found->n < 64);
    cr_assert_eq(
        event_line_parse(row->line, row->len, &event, NULL, &found->seq[found->n++], &keep), 0);
    cr_assert_eq(event.time_ms, row->time_ms);
    event_line_free(keep);
    found->id = row->id;
    return 0;
}

static struct found ask(struct rig *rig, const struct eventlog_query *query)
{
    struct found found = {.n = 0};

    int err = eventlog_query(rig->log, query, take, &found);
    cr_assert_eq(err, 0, "%s", eventlog_problem(rig->log));
    return found;
}

/* Sequence numbers that a query must find, in this order. */
#define EXPECT(rig, query, ...)                                                                    \
    do {                                                                                           \
        const uint64_t want_[] = {0, ##__VA_ARGS__};                                               \
        struct found found_ = ask(rig, query);                                                     \
        cr_assert_eq(found_.n, sizeof(want_) / sizeof(*want_) - 1, "%u found", found_.n);          \
        for (unsigned i_ = 0; i_ < found_.n; i_++)                                                 \
            cr_assert_eq(found_.seq[i_], want_[i_ + 1]);                                           \
    } while (0)

static void fill(struct rig *rig)
{
    cr_assert_eq(eventlog_begin(rig->log), 0);
    cr_assert_eq(put(rig, &(struct event){.type = EVENT_optout,
                                          .source = EVENT_SOURCE_reply,
                                          .time_ms = 1000,
                                          .number = "14155550100",
                                          .sender = "12025550100",
                                          .program = "shop",
                                          .list = "optout",
                                          .text = "Please stop, I don't want \"this\""}),
                 1);
    cr_assert_eq(put(rig, &(struct event){.type = EVENT_blocked,
                                          .time_ms = 5000,
                                          .number = "6561234567",
                                          .reading = "16561234567",
                                          .sender = "ACME"}),
                 1);
    cr_assert_eq(put(rig, &(struct event){.type = EVENT_optin,
                                          .source = EVENT_SOURCE_ctl,
                                          .time_ms = 3000,
                                          .number = "14155550100",
                                          .list = "optout",
                                          .actor = "ann",
                                          .reason = "consent"}),
                 1);
    cr_assert_eq(put(rig, &(struct event){.type = EVENT_import,
                                          .source = EVENT_SOURCE_ctl,
                                          .time_ms = 4000,
                                          .list = "dnc",
                                          .count = 7,
                                          .actor = "ann"}),
                 1);
    cr_assert_eq(put(rig, &(struct event){.type = EVENT_review,
                                          .source = EVENT_SOURCE_reply,
                                          .time_ms = 2000,
                                          .number = "14155550199",
                                          .text = "Nicht mehr schreiben, größter Ärger"}),
                 1);
    cr_assert_eq(eventlog_commit(rig->log), 0);
}

Test(eventlog, each_filter_finds_its_own_by_time)
{
    struct rig rig;

    rig_new(&rig);
    fill(&rig);
    EXPECT(&rig, &((struct eventlog_query){0}), 1, 5, 3, 4, 2);
    EXPECT(&rig, &((struct eventlog_query){.newest_first = true}), 2, 4, 3, 5, 1);
    EXPECT(&rig, &((struct eventlog_query){.limit = 2}), 4, 2);
    EXPECT(&rig, &((struct eventlog_query){.type = "optin"}), 3);
    EXPECT(&rig, &((struct eventlog_query){.source = "ctl"}), 3, 4);
    EXPECT(&rig, &((struct eventlog_query){.program = "shop"}), 1);
    EXPECT(&rig, &((struct eventlog_query){.sender = "ACME"}), 2);
    EXPECT(&rig, &((struct eventlog_query){.list = "dnc"}), 4);
    EXPECT(&rig, &((struct eventlog_query){.actor = "ann", .type = "import"}), 4);
    EXPECT(&rig, &((struct eventlog_query){.changes = true}), 1, 3);
    EXPECT(&rig, &((struct eventlog_query){.from_ms = 2000, .to_ms = 4000}), 5, 3);
    EXPECT(&rig, &((struct eventlog_query){.type = "help"}));
    EXPECT(&rig, &((struct eventlog_query){.chain = "host-00000001", .seq = 3}), 3);
    EXPECT(&rig, &((struct eventlog_query){.chain = "host-00000002", .seq = 3}));
    rig_free(&rig);
}

Test(eventlog, a_number_is_found_in_each_of_its_readings)
{
    struct rig rig;

    rig_new(&rig);
    fill(&rig);
    EXPECT(&rig, &((struct eventlog_query){.numbers = {14155550100}, .number_count = 1}), 1, 3);
    EXPECT(&rig, &((struct eventlog_query){.numbers = {16561234567}, .number_count = 1}), 2);
    EXPECT(&rig, &((struct eventlog_query){.numbers = {6561234567}, .number_count = 1}), 2);
    EXPECT(&rig,
           &((struct eventlog_query){.numbers = {6561234567, 14155550199, 14155550100},
                                     .number_count = 3,
                                     .from_ms = 2000}),
           5, 3, 2);
    rig_free(&rig);
}

Test(eventlog, texts_are_searched_by_words_and_nothing_in_them_is_an_operator)
{
    struct rig rig;

    rig_new(&rig);
    fill(&rig);
    EXPECT(&rig, &((struct eventlog_query){.text = "stop"}), 1);
    EXPECT(&rig, &((struct eventlog_query){.text = "PLEASE st"}), 1);
    EXPECT(&rig, &((struct eventlog_query){.text = "grosster OR stop"}));
    EXPECT(&rig, &((struct eventlog_query){.text = "groß"}), 5);
    EXPECT(&rig, &((struct eventlog_query){.text = "arger"}), 5);
    EXPECT(&rig, &((struct eventlog_query){.text = "\"this\" want"}), 1);
    EXPECT(&rig, &((struct eventlog_query){.text = "s"}), 1, 5);
    EXPECT(&rig, &((struct eventlog_query){.text = "s", .limit = 1}), 5);
    EXPECT(&rig, &((struct eventlog_query){.text = "s", .limit = 5, .newest_first = true}), 5, 1);
    EXPECT(&rig, &((struct eventlog_query){.text = "s", .limit = 5, .after = 1}), 1, 5);
    EXPECT(&rig,
           &((struct eventlog_query){
               .text = "s", .numbers = {14155550199}, .number_count = 1, .limit = 5}),
           5);
    for (const char *const *odd =
             (const char *const[]){"\"", "*", "a\"b*", "NEAR(", "text:", "-", " ", "", "^x", NULL};
         *odd != NULL; odd++) {
        struct eventlog_query query = {.text = *odd};
        ask(&rig, &query);
    }
    char endless[2000];
    memset(endless, 'x', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    ask(&rig, &(struct eventlog_query){.text = endless});
    memset(endless, '"', sizeof(endless) - 1);
    ask(&rig, &(struct eventlog_query){.text = endless});
    rig_free(&rig);
}

Test(eventlog, an_event_is_there_once_whoever_brings_it)
{
    struct rig rig;
    uint64_t events, last;

    rig_new(&rig);
    fill(&rig);
    event_link_init(&rig.link, "host-00000001");
    cr_assert_eq(eventlog_begin(rig.log), 0);
    cr_assert_eq(put(&rig, &(struct event){.type = EVENT_help, .time_ms = 9}), 0);
    event_link_init(&rig.link, "other-00000001");
    cr_assert_eq(put(&rig, &(struct event){.type = EVENT_help, .time_ms = 9}), 1);
    cr_assert_eq(eventlog_put(rig.log, "{}", 2), -EBADMSG);
    cr_assert_eq(eventlog_put(rig.log, "nonsense", 8), -EBADMSG);
    cr_assert_eq(eventlog_commit(rig.log), 0);
    cr_assert_eq(eventlog_size(rig.log, &events, &last), 0);
    cr_assert_eq(events, 6);
    rig_free(&rig);
}

Test(eventlog, a_cursor_goes_on_in_the_order_of_arrival)
{
    struct rig rig;
    uint64_t events, last;

    rig_new(&rig);
    fill(&rig);
    struct eventlog_query query = {.after = 1, .limit = 2};
    struct found first = ask(&rig, &query);
    cr_assert(first.n == 2 && first.seq[0] == 1 && first.seq[1] == 2);
    query.after = first.id;
    struct found second = ask(&rig, &query);
    cr_assert(second.n == 2 && second.seq[0] == 3 && second.seq[1] == 4);
    cr_assert_eq(eventlog_size(rig.log, &events, &last), 0);

    /* A log that was rebuilt: an old cursor sees everything again, and misses nothing. */
    eventlog_close(rig.log);
    unlink(rig.path);
    rig_open(&rig);
    event_link_init(&rig.link, "host-00000001");
    fill(&rig);
    query = (struct eventlog_query){.after = last};
    cr_assert_eq(ask(&rig, &query).n, 5);
    rig_free(&rig);
}

Test(eventlog, what_was_not_committed_never_was)
{
    struct rig rig;
    uint64_t seq;
    char cursor[EVENTLOG_CURSOR_MAX];

    rig_new(&rig);
    cr_assert_eq(eventlog_begin(rig.log), 0);
    cr_assert_eq(put(&rig, &(struct event){.type = EVENT_help, .time_ms = 9}), 1);
    cr_assert_eq(eventlog_set_position(rig.log, "host-00000001", 1), 0);
    cr_assert_eq(eventlog_set_cursor(rig.log, "stream", "5-1"), 0);
    eventlog_abort(rig.log);
    EXPECT(&rig, &((struct eventlog_query){0}));
    cr_assert_eq(eventlog_position(rig.log, "host-00000001", &seq), 0);
    cr_assert_eq(seq, 0);
    cr_assert_eq(eventlog_begin(rig.log), 0);
    cr_assert_eq(put(&rig, &(struct event){.type = EVENT_help, .time_ms = 9}), 1);
    cr_assert_eq(eventlog_set_position(rig.log, "host-00000001", 7), 0);
    cr_assert_eq(eventlog_set_position(rig.log, "host-00000001", 3), 0); /* never back */
    cr_assert_eq(eventlog_set_cursor(rig.log, "stream", "5-1"), 0);
    cr_assert_eq(eventlog_set_cursor(rig.log, "stream", "6-0"), 0);
    cr_assert_eq(eventlog_commit(rig.log), 0);
    cr_assert_eq(eventlog_position(rig.log, "host-00000001", &seq), 0);
    cr_assert_eq(seq, 7);
    cr_assert_eq(eventlog_cursor(rig.log, "stream", cursor), 0);
    cr_assert_str_eq(cursor, "6-0");
    cr_assert_eq(eventlog_cursor(rig.log, "other", cursor), 0);
    cr_assert_str_eq(cursor, "");
    rig_free(&rig);
}

static void refuses(const char *path, const char *part)
{
    char *error = NULL;
    struct eventlog *log = eventlog_open(path, &error);

    cr_assert(log == NULL);
    cr_assert(error != NULL && strstr(error, part) != NULL && strstr(error, path) != NULL, "%s",
              error);
    free(error);
}

static void write_file(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    cr_assert_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
}

Test(eventlog, a_file_that_is_none_is_refused_with_a_reason)
{
    struct rig rig;
    char junk[8192];

    rig_new(&rig);
    eventlog_close(rig.log);
    memset(junk, 'j', sizeof(junk));
    write_file(rig.path, junk, sizeof(junk));
    refuses(rig.path, "rebuilt from the journals");
    refuses(rig.dir, "cannot open");
    refuses("/nowhere/at/all/log.db", "No such file");
    unlink(rig.path);
    rig_open(&rig);
    rig_free(&rig);
}

static void on_done(void *arg, const struct journal_done *done)
{
    cr_assert_eq(done->error, 0);
    ++*(unsigned *)arg;
}

static void journal_put(struct journal *journal, unsigned n)
{
    struct pollfd fd = {.fd = journal_fd(journal), .events = POLLIN};
    unsigned done = 0;

    for (unsigned i = 0; i < n; i++) {
        struct event event = {.type = EVENT_optout, .number = "14155550100", .list = "optout"};
        cr_assert_eq(journal_append(journal, &event, 1, NULL), 0);
    }
    while (done < n) {
        poll(&fd, 1, -1);
        journal_dispatch(journal, on_done, &done);
    }
}

Test(eventlog, journals_are_taken_from_where_they_were_left)
{
    struct rig rig;
    char dir[96], *error;
    uint64_t added, events, last;

    rig_new(&rig);
    snprintf(dir, sizeof(dir), "%s/journal", rig.dir);
    cr_assert_eq(eventlog_feed(rig.log, dir, NULL, NULL, &added), 0); /* there is none yet */
    cr_assert_eq(added, 0);
    struct log *lines = log_new(2, LOG_ERROR);
    struct journal *journal = journal_open(dir, "daemon", 4096, lines, &error);
    struct journal *other = journal_open(dir, "ctl", 0, lines, &error);
    cr_assert(journal != NULL && other != NULL);
    journal_put(journal, 30);
    journal_put(other, 2);
    cr_assert_eq(eventlog_feed(rig.log, dir, NULL, NULL, &added), 0);
    cr_assert_eq(added, 32);
    journal_put(journal, 3);
    cr_assert_eq(eventlog_feed(rig.log, dir, NULL, NULL, &added), 0);
    cr_assert_eq(added, 3);
    cr_assert_eq(eventlog_feed(rig.log, dir, NULL, NULL, &added), 0);
    cr_assert_eq(added, 0);
    /* Thrown away, it is the same again. */
    eventlog_close(rig.log);
    unlink(rig.path);
    rig_open(&rig);
    cr_assert_eq(eventlog_feed(rig.log, dir, NULL, NULL, &added), 0);
    cr_assert_eq(added, 35);
    cr_assert_eq(eventlog_size(rig.log, &events, &last), 0);
    cr_assert_eq(events, 35);
    journal_close(journal);
    journal_close(other);
    log_free(lines);
    rig_free(&rig);
}

Test(eventlog, two_may_feed_it_at_once)
{
    struct rig rig;
    struct eventlog *second;
    char dir[96], *error;
    uint64_t added, events, last;

    rig_new(&rig);
    snprintf(dir, sizeof(dir), "%s/journal", rig.dir);
    struct log *lines = log_new(2, LOG_ERROR);
    struct journal *journal = journal_open(dir, "daemon", 0, lines, &error);
    cr_assert(journal != NULL);
    journal_put(journal, 50);
    second = eventlog_open(rig.path, &error);
    cr_assert(second != NULL, "%s", error);
    cr_assert_eq(eventlog_feed(rig.log, dir, NULL, NULL, &added), 0);
    cr_assert_eq(eventlog_feed(second, dir, NULL, NULL, &added), 0);
    cr_assert_eq(added, 0);
    journal_put(journal, 5);
    cr_assert_eq(eventlog_feed(second, dir, NULL, NULL, &added), 0);
    cr_assert_eq(added, 5);
    cr_assert_eq(eventlog_size(rig.log, &events, &last), 0);
    cr_assert_eq(events, 55);
    eventlog_close(second);
    journal_close(journal);
    log_free(lines);
    rig_free(&rig);
}
