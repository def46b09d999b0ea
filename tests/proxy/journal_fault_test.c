/* The journal on a disk that is full, broken or slow. */
#include "tests/proxy/journal_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* fdatasync of this program: counts, and fails or waits where a test says so. */
static pthread_mutex_t sync_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sync_changed = PTHREAD_COND_INITIALIZER;
static struct {
    unsigned calls, waiting;
    unsigned pass, fail; /* so many of the next calls work, and then so many fail */
    int error;
    bool hold;
} sync_state;

int fdatasync(int fd)
{
    pthread_mutex_lock(&sync_lock);
    sync_state.calls++;
    sync_state.waiting++;
    pthread_cond_broadcast(&sync_changed);
    while (sync_state.hold)
        pthread_cond_wait(&sync_changed, &sync_lock);
    sync_state.waiting--;
    bool fail = sync_state.pass == 0 && sync_state.fail > 0;
    if (sync_state.pass > 0)
        sync_state.pass--;
    else if (fail)
        sync_state.fail--;
    int error = sync_state.error;
    pthread_mutex_unlock(&sync_lock);
    if (!fail)
        return (int)syscall(SYS_fdatasync, fd);
    errno = error;
    return -1;
}

static void fail_syncs_after(unsigned pass, unsigned n, int error)
{
    pthread_mutex_lock(&sync_lock);
    sync_state.pass = pass;
    sync_state.fail = n;
    sync_state.error = error;
    pthread_mutex_unlock(&sync_lock);
}

static void fail_syncs(unsigned n, int error)
{
    fail_syncs_after(0, n, error);
}

static unsigned sync_calls(void)
{
    pthread_mutex_lock(&sync_lock);
    unsigned calls = sync_state.calls;
    pthread_mutex_unlock(&sync_lock);
    return calls;
}

static void hold_syncs(bool hold)
{
    pthread_mutex_lock(&sync_lock);
    sync_state.hold = hold;
    pthread_cond_broadcast(&sync_changed);
    pthread_mutex_unlock(&sync_lock);
}

static void await_held_sync(void)
{
    pthread_mutex_lock(&sync_lock);
    while (sync_state.waiting == 0)
        pthread_cond_wait(&sync_changed, &sync_lock);
    pthread_mutex_unlock(&sync_lock);
}

static char *dir;
static struct fixture f;

static void set_up(void)
{
    dir = temp_dir();
    fixture_open(&f, dir, "daemon", 0);
    sync_state.calls = 0;
}

static void tear_down(void)
{
    fixture_close(&f);
    temp_dir_free(dir);
}

TestSuite(journal_fault, .init = set_up, .fini = tear_down);

static char *segment_path(unsigned segment)
{
    char name[32];
    snprintf(name, sizeof name, "%08u.jsonl", segment);
    return path_of(dir, journal_chain(f.journal), name);
}

/* -1 where there is no such file. */
static long segment_size(unsigned segment)
{
    struct stat st;
    char *path = segment_path(segment);
    long size = stat(path, &st) == 0 ? (long)st.st_size : -1;
    free(path);
    return size;
}

Test(journal_fault, what_waits_for_a_sync_shares_the_next)
{
    struct event event = an_optout("14155550100", "STOP");
    hold_syncs(true);
    cr_assert_eq(journal_append(f.journal, &event, 1, NULL), 0);
    await_held_sync();
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(journal_append(f.journal, &event, 1, NULL), 0);
    dispatch(&f);
    cr_assert_eq(f.n, 0); /* written, and not synced: not stored */
    cr_assert_eq(journal_seq(f.journal), 0);
    hold_syncs(false);
    await(&f, 1001);
    cr_assert_eq(sync_calls(), 2);
    assert_whole(dir, 1001);
}

Test(journal_fault, holds_no_more_than_its_bound)
{
    struct event event = an_optout("14155550100", NULL);
    unsigned n = 0;
    hold_syncs(true);
    while (journal_append(f.journal, &event, 1, NULL) == 0)
        n++;
    cr_assert_eq(n, 65536);
    cr_assert_eq(journal_append(f.journal, &event, 1, NULL), -EAGAIN);
    hold_syncs(false);
    await(&f, n);
    cr_assert_eq(journal_append(f.journal, &event, 1, NULL), 0);
    await(&f, n + 1);

    /* Large texts reach the bound sooner. */
    char *text = malloc(200001);
    memset(text, 'x', 200000);
    text[200000] = '\0';
    event.text = text;
    hold_syncs(true);
    unsigned large = 0;
    while (journal_append(f.journal, &event, 1, NULL) == 0)
        large++;
    cr_assert(large > 300 && large < 336, "%u", large);
    hold_syncs(false);
    await(&f, n + 1 + large);
    free(text);
    assert_whole(dir, n + 1 + large);
}

Test(journal_fault, more_at_once_than_the_bound_is_taken_when_nothing_waits)
{
    enum { MANY = 70000 };
    struct event *events = calloc(MANY, sizeof *events);
    for (int i = 0; i < MANY; i++)
        events[i] = an_optout("14155550100", NULL);
    cr_assert_eq(journal_append(f.journal, events, MANY, NULL), 0);
    cr_assert_eq(journal_append(f.journal, events, 1, NULL), -EAGAIN);
    await(&f, MANY);
    cr_assert_eq(sync_calls(), 1); /* all or none */
    free(events);
}

static void limit_files(rlim_t size)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on file sizes stands for a full disk: a write that comes to it is cut short, and the next
 * fails. */
Test(journal_fault, a_full_disk)
{
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), 0);
    long size = segment_size(1);
    for (rlim_t room = 0; room < (rlim_t)size; room += 100) {
        struct event events[3] = {an_optout("14155550102", "STOP"), an_optout("14155550103", NULL),
                                  an_optout("14155550104", NULL)};
        limit_files((rlim_t)size + room);
        size_t n = f.n;
        cr_assert_eq(journal_append(f.journal, events, 3, NULL), 0);
        await(&f, n + 3);
        for (size_t i = n; i < n + 3; i++)
            cr_assert_eq(f.answers[i].error, -EFBIG);
        cr_assert(!journal_healthy(f.journal));
        cr_assert_eq(journal_seq(f.journal), 1);
        cr_assert_eq(segment_size(1), size);
    }
    limit_files(RLIM_INFINITY);
    cr_assert_eq(store_one(&f, "14155550102", "STOP"), 0);
    cr_assert(journal_healthy(f.journal));
    cr_assert_eq(journal_seq(f.journal), 2);
    cr_assert_eq(segment_size(2), -1);
    assert_whole(dir, 2);
}

Test(journal_fault, a_full_disk_at_the_first_line)
{
    limit_files(0);
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), -EFBIG);
    limit_files(RLIM_INFINITY);
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), 0);
    cr_assert_eq(f.answers[1].seq, 1);
    assert_whole(dir, 1);
}

/* What failed to sync may be lost however often it is asked for again: another file it is. */
Test(journal_fault, a_sync_that_fails)
{
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), 0);
    long size = segment_size(1);
    for (unsigned i = 0; i < 3; i++) {
        fail_syncs(1, i == 0 ? ENOSPC : EIO);
        cr_assert_eq(store_one(&f, "14155550102", "STOP"), i == 0 ? -ENOSPC : -EIO);
        cr_assert(!journal_healthy(f.journal));
        cr_assert_eq(segment_size(1 + i), i == 0 ? size : 0);
        cr_assert_eq(journal_seq(f.journal), 1);
    }
    cr_assert_eq(store_one(&f, "14155550102", "STOP"), 0);
    cr_assert(journal_healthy(f.journal));
    cr_assert_gt(segment_size(4), 0);
    assert_whole(dir, 2);

    uint64_t seq = journal_seq(f.journal);
    fixture_close(&f);
    fixture_open(&f, dir, "daemon", 0);
    cr_assert_eq(journal_seq(f.journal), seq);
    cr_assert_eq(store_one(&f, "14155550103", "STOP"), 0);
    assert_whole(dir, 3);
}

/* While it is not certain that the failed lines are gone, nothing is written at all. */
Test(journal_fault, lines_that_cannot_be_taken_back)
{
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), 0);
    fail_syncs(4, EIO); /* the sync, the cut, and the cut before each of the next two */
    for (int i = 0; i < 3; i++)
        cr_assert_eq(store_one(&f, "14155550102", "STOP"), -EIO);
    cr_assert_eq(segment_size(2), -1);
    cr_assert_eq(store_one(&f, "14155550102", "STOP"), 0);
    cr_assert_gt(segment_size(2), 0);
    assert_whole(dir, 2);
}

Test(journal_fault, a_failed_group_fails_whole)
{
    struct event events[2] = {an_optout("14155550101", "STOP"), an_optout("14155550102", NULL)};
    hold_syncs(true);
    cr_assert_eq(journal_append(f.journal, events, 1, NULL), 0);
    await_held_sync();
    for (int i = 0; i < 10; i++)
        cr_assert_eq(journal_append(f.journal, events, 2, NULL), 0);
    fail_syncs_after(1, 1, EIO);
    hold_syncs(false);
    await(&f, 21);
    cr_assert_eq(f.answers[0].error, 0);
    for (size_t i = 1; i < 21; i++)
        cr_assert_eq(f.answers[i].error, -EIO);
    assert_whole(dir, 1);
}

/* A reader must not apply what the writer may still take back: the numbers come again. */
Test(journal_fault, a_reader_sees_only_what_is_synced)
{
    int error;
    uint64_t seq;
    const char *line;
    size_t len;
    struct journal_reader *reader = journal_reader_open(dir, journal_chain(f.journal), 0, &error);
    cr_assert_not_null(reader);
    cr_assert_eq(store_one(&f, "14155550101", NULL), 0);
    cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), 1);
    cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), 0);

    for (unsigned i = 0; i < 2; i++) {
        struct event events[2] = {an_optout("14155550102", "STOP"), an_optout("14155550103", NULL)};
        long size = segment_size(1 + i);
        fail_syncs_after(0, 1 - i, EIO);
        hold_syncs(true);
        cr_assert_eq(journal_append(f.journal, events + i, 2 - i, NULL), 0);
        await_held_sync();
        cr_assert_gt(segment_size(1 + i), size); /* written */
        cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), 0);
        hold_syncs(false);
        await(&f, 3 + i);
        cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), (int)i);
    }
    cr_assert_eq(seq, 2);
    cr_assert(memmem(line, len, "14155550103", 11) != NULL);
    cr_assert_eq(journal_reader_next(reader, &seq, &line, &len), 0);
    journal_reader_close(reader);
}

/* The next file cannot be begun: nothing is lost, and it is tried again. */
Test(journal_fault, rotation_that_fails)
{
    fixture_close(&f);
    fixture_open(&f, dir, "daemon", 600);
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), 0);
    char *path = segment_path(2);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_neq(store_one(&f, "14155550102", "STOP"), 0);
    cr_assert(!journal_healthy(f.journal));
    cr_assert_eq(rmdir(path), 0);
    file_write(path, "other", 5);
    cr_assert_eq(store_one(&f, "14155550102", "STOP"), -EEXIST);
    file_write(path, "", 0);
    cr_assert_eq(store_one(&f, "14155550102", "STOP"), 0);
    assert_whole(dir, 2);
    free(path);
}

/* Somebody tidies up under a running writer: it goes on in a new file, and verifying tells. */
Test(journal_fault, a_file_that_is_taken_away)
{
    cr_assert_eq(store_one(&f, "14155550101", "STOP"), 0);
    char *path = segment_path(1);
    cr_assert_eq(remove(path), 0);
    cr_assert_eq(store_one(&f, "14155550102", "STOP"), 0);
    cr_assert_gt(segment_size(2), 0);
    struct verdict v = verify(dir);
    cr_assert_eq(v.spoilt, 1);
    cr_assert_str_eq(v.bad.file, "00000001.jsonl");
    free(path);
}

Test(journal_fault, closing_while_nothing_can_be_stored)
{
    struct event event = an_optout("14155550100", "STOP");
    fail_syncs(1000000, EIO);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(journal_append(f.journal, &event, 1, NULL), 0);
    fixture_close(&f);
    fail_syncs(0, 0);
    fixture_open(&f, dir, "daemon", 0);
    (void)store_one(&f, "14155550100", "STOP");
    cr_assert_eq(verify(dir).spoilt, 0);
}
