#include "proxy/store/bulk.h"
#include "proxy/store/catchup.h"
#include "proxy/store/import.h"
#include "proxy/store/journal.h"
#include "proxy/store/kept_file.h"
#include "proxy/store/lookup.h"
#include "proxy/store/numbers.h"
#include "tests/proxy/redis_fixture.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

Test(numbers, are_sorted_without_repeats)
{
    uint64_t numbers[] = {5, 999999999999999, 5, 1, 14155550100, 0, 14155550099, 1}, scratch[8];
    const uint64_t want[] = {0, 1, 5, 14155550099, 14155550100, 999999999999999};

    cr_assert_eq(numbers_sort(numbers, scratch, 8), 6);
    cr_assert_eq(memcmp(numbers, want, sizeof(want)), 0);
    cr_assert_eq(numbers_sort(numbers, scratch, 6), 6);
    cr_assert_eq(numbers_sort(numbers, scratch, 0), 0);
}

static char *new_dir(char out[64])
{
    strcpy(out, "/tmp/stopgate-import-XXXXXX");
    cr_assert(mkdtemp(out) != NULL);
    return out;
}

/* A kept file of these numbers; its name into `sha`. */
static void keep(const char *dir, const uint64_t *numbers, size_t n, char sha[SHA_HEX + 1])
{
    int err;
    struct kept_writer *writer = kept_create(dir, &err);

    cr_assert(writer != NULL);
    cr_assert_eq(kept_add(writer, numbers, n), 0);
    cr_assert_eq(kept_finish(writer, sha), 0);
}

Test(kept_file, gives_back_what_was_kept)
{
    enum { N = 100000 };
    char dir[64], sha[SHA_HEX + 1];
    uint64_t *numbers = malloc(N * sizeof(*numbers)), back[1000];
    size_t at = 0;
    int err, n;

    new_dir(dir);
    for (unsigned i = 0; i < N; i++) {
        numbers[i] = i * UINT64_C(9999999999);
    }
    keep(dir, numbers, N, sha);
    struct kept_reader *reader = kept_open(dir, sha, &err);
    cr_assert(reader != NULL);
    while ((n = kept_next(reader, back, 1000)) > 0) {
        cr_assert_eq(memcmp(back, numbers + at, (size_t)n * sizeof(*back)), 0);
        at += (size_t)n;
    }
    cr_assert_eq(n, 0);
    cr_assert_eq(at, N);
    kept_close(reader);
    free(numbers);
    remove_tree(dir);
}

static int read_all(const char *dir, const char *sha)
{
    uint64_t numbers[64];
    int n;
    struct kept_reader *reader = kept_open(dir, sha, &n);

    while (reader != NULL && (n = kept_next(reader, numbers, 64)) > 0) {
    }
    kept_close(reader);
    return n;
}

Test(kept_file, damage_is_noticed)
{
    char dir[64], sha[SHA_HEX + 1], path[200], other[200];
    uint64_t numbers[500];
    struct stat st;

    new_dir(dir);
    for (unsigned i = 0; i < 500; i++) {
        numbers[i] = 14155550100 + i;
    }
    keep(dir, numbers, 500, sha);
    cr_assert_eq(read_all(dir, sha), 0);
    snprintf(path, sizeof(path), "%s/imports/%s.gz", dir, sha);
    cr_assert_eq(stat(path, &st), 0);
    for (off_t cut = 0; cut < st.st_size; cut += 7) { /* cut off anywhere */
        keep(dir, numbers, 500, sha);
        cr_assert_eq(truncate(path, cut), 0);
        cr_assert_eq(read_all(dir, sha), -EBADMSG, "cut at %ld", (long)cut);
    }
    keep(dir, numbers, 500, sha);
    memcpy(other, path, sizeof(other));
    strcpy(strrchr(other, '/') + 1,
           "0000000000000000000000000000000000000000000000000000000000000000.gz");
    cr_assert_eq(rename(path, other), 0);
    cr_assert_eq(read_all(dir, "0000000000000000000000000000000000000000000000000000000000000000"),
                 -EBADMSG);
    cr_assert_eq(read_all(dir, sha), -ENOENT);
    cr_assert_eq(read_all(dir, "../../etc/passwd"), -EINVAL);
    remove_tree(dir);
}

/* Reading a file into a kept one. */

struct text {
    const char *p;
    size_t len;
};

static ssize_t text_read(void *arg, char *buf, size_t cap)
{
    struct text *text = arg;
    size_t n = text->len < cap ? text->len : cap;

    memcpy(buf, text->p, n);
    text->p += n;
    text->len -= n;
    return (ssize_t)n;
}

static void note_line(void *arg, const struct list_file_row *row)
{
    uint64_t *sum = arg;

    *sum = *sum * 100 + row->line;
}

static struct import_counts import(const char *dir, const char *octets, char sha[SHA_HEX + 1],
                                   uint64_t *bad_lines)
{
    struct phone *phone = phone_new();
    struct text text = {octets, strlen(octets)};
    struct rows_source source = {text_read, &text};
    struct import_options options = {.dir = dir, .bad_row = note_line, .arg = bad_lines};
    struct import_counts counts;
    bool keeping;
    char *error;

    *bad_lines = 0;
    struct list_file *file =
        list_file_open(&source, phone, &(struct list_file_options){.region = "US"}, &error);
    cr_assert(file != NULL, "%s", error);
    cr_assert_eq(import_file(file, &options, &counts, sha, &keeping), 0);
    list_file_close(file);
    phone_free(phone);
    return counts;
}

Test(import, counts_rows_and_keeps_numbers)
{
    static const char octets[] =
        "phone\n+14155550101\nnope\n4155550100\n+1 415 555 0101\n6561234567\n99\n";
    char dir[64], sha[SHA_HEX + 1];
    uint64_t numbers[16], bad;
    int err;

    new_dir(dir);
    struct import_counts counts = import(dir, octets, sha, &bad);
    cr_assert_eq(counts.rows, 7);
    cr_assert_eq(counts.bad, 2);
    cr_assert_eq(bad, 307); /* lines 3 and 7 */
    cr_assert_eq(counts.left_out, 1);
    cr_assert_eq(counts.repeated, 1);
    cr_assert_eq(counts.ambiguous, 1);
    struct kept_reader *reader = kept_open(dir, sha, &err);
    cr_assert(reader != NULL);
    cr_assert_eq(kept_next(reader, numbers, 16), (int)counts.numbers);
    for (unsigned i = 1; i < counts.numbers; i++) {
        cr_assert_lt(numbers[i - 1], numbers[i]);
    }
    cr_assert_eq(kept_next(reader, numbers, 16), 0);
    kept_close(reader);
    struct import_counts dry = import(NULL, octets, sha, &bad);
    cr_assert_eq(memcmp(&dry, &counts, sizeof(dry)), 0);
    cr_assert_str_eq(sha, "");
    remove_tree(dir);
}

/* Bringing it into Redis. */

struct place {
    struct server server;
    struct conf_store conf;
    char dir[64], uri[128];
    struct redis_call *call;
    struct log *log;
    struct journal *journal;
};

static void place_new(struct place *place, const char *const *extra)
{
    char *error = NULL;

    server_new(&place->server, extra);
    snprintf(place->uri, sizeof(place->uri), "unix:%s", place->server.socket);
    place->conf = (struct conf_store){
        .redis = {.scheme = SCHEME_UNIX, .text = place->uri, .host = place->server.socket},
        .prefix = "sg:",
        .deadline = 2000,
        .stream_length = 1000};
    place->conf.journal = new_dir(place->dir);
    place->log = log_new(2, LOG_ERROR);
    place->journal = journal_open(place->dir, "ctl", 0, place->log, &error);
    cr_assert(place->journal != NULL, "%s", error);
    place->call = redis_call_open(&place->conf, &error);
    cr_assert(place->call != NULL, "%s", error);
}

static void place_free(struct place *place)
{
    redis_call_close(place->call);
    journal_close(place->journal);
    log_free(place->log);
    server_free(&place->server);
    remove_tree(place->dir);
}

static struct catchup_result catch_up(struct place *place)
{
    struct catchup_options options = {
        .dir = place->dir, .own_chain = journal_chain(place->journal), .stream_length = 1000};
    struct catchup_result result;

    cr_assert_eq(catchup_run(place->call, &options, &result), 0, "%s",
                 redis_call_problem(place->call));
    return result;
}

static void on_done(void *arg, const struct journal_done *done)
{
    cr_assert_eq(done->error, 0);
    ++*(unsigned *)arg;
}

static void record(struct place *place, struct event event)
{
    struct pollfd fd = {.fd = journal_fd(place->journal), .events = POLLIN};
    unsigned done = 0;

    cr_assert_eq(journal_append(place->journal, &event, 1, NULL), 0);
    while (done == 0) {
        poll(&fd, 1, -1);
        journal_dispatch(place->journal, on_done, &done);
    }
}

static bool is_on(struct place *place, const char *list, uint64_t number)
{
    struct lookup_hit hit;

    cr_assert_eq(lookup_number(place->call, &list, 1, number, &hit), 0);
    return hit.on_list;
}

static int sum_up(void *arg, const uint64_t *numbers, size_t n, size_t left)
{
    uint64_t *sum = arg;

    (void)left;
    for (size_t i = 0; i < n; i++) {
        *sum += numbers[i];
    }
    return 0;
}

Test(catchup, an_import_comes_into_force_and_again_when_redis_is_emptied)
{
    enum { N = 30000 };
    struct place place;
    char sha[SHA_HEX + 1], dataset[LOOKUP_NAME_MAX];
    uint64_t numbers[N], sum = 0, want = 0;

    place_new(&place, NULL);
    for (unsigned i = 0; i < N; i++) {
        numbers[i] = 14155550100 + i * UINT64_C(977);
        want += numbers[i];
    }
    keep(place.dir, numbers, N, sha);
    cr_assert(catch_up(&place).began);
    record(&place,
           (struct event){.type = EVENT_import, .list = "dnc", .file = sha, .time_ms = 1000});
    struct catchup_result result = catch_up(&place);
    cr_assert_eq(result.added, N);
    cr_assert_eq(result.events, 1);
    cr_assert_eq(catch_up(&place).events, 0);
    cr_assert_eq(lookup_members(place.call, "dnc", sum_up, &sum), 0);
    cr_assert_eq(sum, want);
    /* A newer opt-in stays off, whatever is applied again. */
    record(&place,
           (struct event){
               .type = EVENT_optin, .list = "dnc", .number = "14155550100", .time_ms = 2000});
    catch_up(&place);
    cr_assert(!is_on(&place, "dnc", 14155550100));
    SAY(&place.server, "FLUSHALL");
    cr_assert_eq(lookup_dataset(place.call, dataset), 0);
    cr_assert_str_eq(dataset, "");
    cr_assert(catch_up(&place).began);
    cr_assert_eq(lookup_dataset(place.call, dataset), 0);
    cr_assert_str_neq(dataset, "");
    cr_assert(!is_on(&place, "dnc", 14155550100));
    cr_assert(is_on(&place, "dnc", 14155550100 + 977));
    place_free(&place);
}

Test(catchup, a_removed_list_is_gone_and_what_comes_later_stays)
{
    struct place place;
    char sha[SHA_HEX + 1];
    const uint64_t numbers[] = {14155550100, 14155550101};

    place_new(&place, NULL);
    keep(place.dir, numbers, 2, sha);
    record(
        &place,
        (struct event){
            .type = EVENT_list, .list = "a", .action = "create", .reason = "why", .time_ms = 500});
    record(&place, (struct event){.type = EVENT_import, .list = "a", .file = sha, .time_ms = 1000});
    record(&place,
           (struct event){.type = EVENT_list, .list = "a", .action = "remove", .time_ms = 2000});
    record(&place,
           (struct event){
               .type = EVENT_optout, .list = "a", .number = "14155550102", .time_ms = 3000});
    for (unsigned round = 0; round < 2; round++) {
        catch_up(&place);
        cr_assert(!is_on(&place, "a", 14155550100));
        cr_assert(is_on(&place, "a", 14155550102));
        SAY(&place.server, "FLUSHALL");
    }
    place_free(&place);
}

Test(catchup, without_a_journal_of_ones_own_nothing_is_begun)
{
    struct place place;
    struct catchup_result result;
    char dataset[LOOKUP_NAME_MAX];

    place_new(&place, NULL);
    record(&place, (struct event){.type = EVENT_optout, .number = "14155550100", .time_ms = 1});
    struct catchup_options options = {.dir = place.dir, .stream_length = 1000};
    cr_assert_eq(catchup_run(place.call, &options, &result), 0);
    cr_assert_eq(lookup_dataset(place.call, dataset), 0);
    cr_assert_str_eq(dataset, "");
    cr_assert(!is_on(&place, "optout", 14155550100));
    place_free(&place);
}

Test(catchup, a_lost_file_stops_it_with_a_sentence)
{
    struct place place;
    struct catchup_result result;

    place_new(&place, NULL);
    record(&place, (struct event){
                       .type = EVENT_import,
                       .list = "a",
                       .time_ms = 1,
                       .file = "00000000000000000000000000000000000000000000000000000000000000aa"});
    struct catchup_options options = {
        .dir = place.dir, .own_chain = journal_chain(place.journal), .stream_length = 1000};
    cr_assert_neq(catchup_run(place.call, &options, &result), 0);
    cr_assert(strstr(redis_call_problem(place.call), "are lost") != NULL, "%s",
              redis_call_problem(place.call));
    place_free(&place);
}

Test(redis_call, an_evicting_server_is_not_written_to)
{
    struct place place;

    place_new(&place, (const char *const[]){"--maxmemory-policy", "allkeys-lru", NULL});
    cr_assert_eq(redis_call_may_write(place.call), -EPERM);
    cr_assert(strstr(redis_call_problem(place.call), "noeviction") != NULL);
    place_free(&place);
}
