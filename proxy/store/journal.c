#include "proxy/store/journal.h"

#include "proxy/store/event_json.h"
#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_queue.h"
#include "proxy/store/journal_segment.h"
#include "proxy/store/journal_tail.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* What one write and sync takes at most: enough to make the sync cheap per event, and little enough
 * that nobody waits long for lines that are not his. */
#define GROUP_EVENTS 8192u
#define GROUP_BYTES  ((size_t)4 << 20)

struct journal {
    struct log *log;
    char *chain;
    int lock, event;
    pthread_t thread;
    bool running;

    pthread_mutex_t mutex; /* over the next five */
    pthread_cond_t more;
    struct journal_queue queue; /* appended, not written */
    struct journal_queue done;  /* written or failed, not told */
    unsigned held_events;       /* in the journal's memory, told or not */
    size_t held_bytes;
    bool stop;

    _Atomic uint64_t seq;
    atomic_bool healthy;

    /* The thread's own. */
    struct journal_segment segment;
    struct event_link link;
    struct sha *sha;
};

/* ---- the thread ---- */

/* Writes the lines of a group one behind the other; where each lies goes into its item. */
static int put_lines(struct journal *journal, struct journal_batch *batch, struct line_buf *lines)
{
    for (; batch != NULL; batch = batch->next) {
        for (unsigned i = 0; i < batch->n; i++) {
            struct journal_item *item = &batch->items[i];
            item->offset = lines->len;
            int err = event_json_write(lines, &item->event, &journal->link, journal->sha);
            if (err != 0)
                return err;
            item->len = lines->len - item->offset - 1;
            item->seq = journal->link.seq;
        }
    }
    return 0;
}

static void note_outcome(struct journal *journal, int err, uint32_t segment_before)
{
    bool was_healthy = atomic_exchange(&journal->healthy, err == 0);
    uint32_t segment = journal->segment.number;

    if (segment != segment_before)
        LOG_INF(journal->log, 0, "journal segment begun", "chain", journal->chain, "segment",
                LOG_NUM(segment));
    if (err != 0 && was_healthy)
        LOG_ERR(journal->log, 0, "journal cannot be written", "chain", journal->chain, "segment",
                LOG_NUM(segment), "error", strerror(-err));
    else if (err == 0 && !was_healthy)
        LOG_INF(journal->log, 0, "journal is written again", "chain", journal->chain, "segment",
                LOG_NUM(segment));
}

/* For our callers, and for readers of the file. */
static void set_synced(struct journal *journal)
{
    chain_mark_write(journal->lock, journal->link.seq);
    atomic_store(&journal->seq, journal->link.seq);
}

static void write_group(struct journal *journal, struct journal_queue *group)
{
    struct line_buf lines = {0};
    struct event_link before = journal->link;
    uint32_t segment = journal->segment.number;

    int err = put_lines(journal, group->first, &lines);
    if (err == 0)
        err = journal_segment_append(&journal->segment, lines.data, lines.len);
    if (err != 0)
        journal->link = before;
    else
        set_synced(journal);
    note_outcome(journal, err, segment);

    for (struct journal_batch *batch = group->first; batch != NULL; batch = batch->next) {
        batch->error = err;
        batch->lines = lines.data;
    }
    group->last->owns_lines = true;
}

static void *run(void *arg)
{
    struct journal *journal = arg;

    pthread_mutex_lock(&journal->mutex);
    for (;;) {
        while (journal->queue.first == NULL && !journal->stop)
            pthread_cond_wait(&journal->more, &journal->mutex);
        if (journal->queue.first == NULL)
            break;
        struct journal_queue group = journal_queue_take(&journal->queue, GROUP_EVENTS, GROUP_BYTES);
        pthread_mutex_unlock(&journal->mutex);

        write_group(journal, &group);

        pthread_mutex_lock(&journal->mutex);
        journal_queue_join(&journal->done, &group);
        eventfd_write(journal->event, 1);
    }
    pthread_mutex_unlock(&journal->mutex);
    return NULL;
}

/* Signals are for the loop's thread. */
static int start_thread(struct journal *journal)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = -pthread_create(&journal->thread, NULL, run, journal);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    journal->running = err == 0;
    return err;
}

/* ---- opening and closing ---- */

static char *sentence(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *sentence(const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    return len < 0 ? NULL : text;
}

static int open_chain(struct journal *journal, const char *dir, const char *kind, char **error)
{
    int err = journal_dir_make(dir);
    if (err != 0) {
        *error = sentence("the journal directory %s cannot be made: %s", dir, strerror(-err));
        return err;
    }
    err = chain_take(dir, kind, &journal->chain, &journal->lock);
    if (err != 0) {
        *error = sentence("no chain can be taken or made in the journal directory %s: %s", dir,
                          strerror(-err));
        return err;
    }
    journal->segment.chain = chain_open(dir, journal->chain);
    if (journal->segment.chain < 0) {
        err = journal->segment.chain;
        *error = sentence("%s/%s cannot be opened: %s", dir, journal->chain, strerror(-err));
        return err;
    }
    event_link_init(&journal->link, journal->chain);
    char *problem = NULL;
    err = journal_tail_find(&journal->segment, &journal->link, journal->log, &problem);
    if (err != 0)
        *error = sentence("journal %s: %s", dir, problem == NULL ? strerror(-err) : problem);
    free(problem);
    return err;
}

static struct journal *journal_alloc(uint64_t segment_size, struct log *log)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL)
        return NULL;
    pthread_mutex_init(&journal->mutex, NULL);
    pthread_cond_init(&journal->more, NULL);
    journal->log = log;
    journal->lock = -1;
    journal->segment = (struct journal_segment){.chain = -1, .fd = -1, .limit = segment_size};
    atomic_init(&journal->healthy, true);
    journal->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    journal->sha = sha_new();
    if (journal->event >= 0 && journal->sha != NULL)
        return journal;
    journal_close(journal);
    return NULL;
}

struct journal *journal_open(const char *dir, const char *kind, uint64_t segment_size,
                             struct log *log, char **error)
{
    *error = NULL;
    struct journal *journal = journal_alloc(segment_size, log);
    if (journal == NULL) {
        *error = sentence("the journal cannot be opened: %s", strerror(errno));
        return NULL;
    }
    if (open_chain(journal, dir, kind, error) != 0)
        goto fail;
    set_synced(journal);
    int err = start_thread(journal);
    if (err != 0) {
        *error = sentence("the journal's thread cannot be started: %s", strerror(-err));
        goto fail;
    }
    return journal;
fail:
    journal_close(journal);
    return NULL;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->running) {
        pthread_mutex_lock(&journal->mutex);
        journal->stop = true;
        pthread_cond_signal(&journal->more);
        pthread_mutex_unlock(&journal->mutex);
        pthread_join(journal->thread, NULL);
    }
    journal_queue_clear(&journal->queue);
    journal_queue_clear(&journal->done);
    journal_segment_close(&journal->segment);
    if (journal->event >= 0)
        close(journal->event);
    if (journal->lock >= 0)
        close(journal->lock);
    sha_free(journal->sha);
    pthread_cond_destroy(&journal->more);
    pthread_mutex_destroy(&journal->mutex);
    free(journal->chain);
    free(journal);
}

/* ---- the caller's side ---- */

const char *journal_chain(const struct journal *journal)
{
    return journal->chain;
}

uint64_t journal_seq(const struct journal *journal)
{
    return atomic_load(&journal->seq);
}

bool journal_healthy(const struct journal *journal)
{
    return atomic_load(&journal->healthy);
}

int journal_fd(const struct journal *journal)
{
    return journal->event;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int journal_append(struct journal *journal, const struct event *events, unsigned n, void *tag)
{
    if (n == 0)
        return 0;
    struct journal_batch *batch = journal_batch_new(events, n, tag, now_ms());
    if (batch == NULL)
        return -ENOMEM;

    pthread_mutex_lock(&journal->mutex);
    /* Alone, anything goes, so that nothing is refused for ever. */
    bool fits =
        journal->held_events == 0 || (journal->held_events + n <= JOURNAL_HELD_EVENTS &&
                                      journal->held_bytes + batch->bytes <= JOURNAL_HELD_BYTES);
    if (fits) {
        struct journal_queue one = {.first = batch, .last = batch};
        bool idle = journal->queue.first == NULL;
        journal->held_events += n;
        journal->held_bytes += batch->bytes;
        journal_queue_join(&journal->queue, &one);
        if (idle)
            pthread_cond_signal(&journal->more);
    }
    pthread_mutex_unlock(&journal->mutex);
    if (!fits)
        journal_batch_free(batch);
    return fits ? 0 : -EAGAIN;
}

static void tell(const struct journal_batch *batch,
                 void (*done)(void *arg, const struct journal_done *), void *arg)
{
    for (unsigned i = 0; i < batch->n; i++) {
        const struct journal_item *item = &batch->items[i];
        struct journal_done one = {.tag = batch->tag, .error = batch->error};
        if (batch->error == 0) {
            one.seq = item->seq;
            one.line = batch->lines + item->offset;
            one.len = item->len;
        }
        done(arg, &one);
    }
}

void journal_dispatch(struct journal *journal, void (*done)(void *arg, const struct journal_done *),
                      void *arg)
{
    eventfd_t count;
    (void)eventfd_read(journal->event, &count);

    pthread_mutex_lock(&journal->mutex);
    struct journal_queue told = journal->done;
    journal->done = (struct journal_queue){0};
    pthread_mutex_unlock(&journal->mutex);

    while (told.first != NULL) {
        struct journal_batch *batch = told.first;
        told.first = batch->next;
        tell(batch, done, arg);

        pthread_mutex_lock(&journal->mutex);
        journal->held_events -= batch->n;
        journal->held_bytes -= batch->bytes;
        pthread_mutex_unlock(&journal->mutex);
        journal_batch_free(batch);
    }
}
