#include "proxy/store/eventlog_db.h"
#include "proxy/store/journal_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BATCH 5000 /* events in one transaction */

struct feed {
    struct eventlog *log;
    void (*progress)(void *arg, uint64_t done);
    void *arg;
    uint64_t done, added;
};

/* Puts up to BATCH lines. 1: there may be more, 0: the end, -errno. A line that is no event is left
 * to `verify` to complain about: the log shows what can be shown. */
static int feed_batch(struct feed *feed, struct journal_reader *reader, uint64_t *last)
{
    const char *line;
    size_t len;
    int more = 1;

    for (unsigned n = 0; n < BATCH; n++) {
        more = journal_reader_next(reader, last, &line, &len);
        if (more != 1) {
            break;
        }
        int put = eventlog_put(feed->log, line, len);
        if (put < 0 && put != -EBADMSG) {
            return put;
        }
        feed->added += put == 1;
        feed->done++;
    }
    return more;
}

static int feed_chain(struct feed *feed, const char *dir, const char *chain)
{
    struct eventlog *log = feed->log;
    struct journal_reader *reader = NULL;
    uint64_t last;
    int err;

    int more = eventlog_position(log, chain, &last);
    if (more != 0) {
        return more;
    }
    reader = journal_reader_open(dir, chain, last, &err);
    if (reader == NULL) {
        snprintf(log->problem, sizeof(log->problem), "cannot read the journal %s/%s: %s", dir,
                 chain, strerror(-err));
        return err;
    }
    do {
        uint64_t before = last;
        err = eventlog_begin(log);
        if (err != 0) {
            more = err;
            break;
        }
        more = feed_batch(feed, reader, &last);
        /* What was read before an unreadable line is kept. */
        bool keep = more != -EIO && more != -ENOMEM;
        err = keep && last != before ? eventlog_set_position(log, chain, last) : 0;
        err = keep && err == 0 ? eventlog_commit(log) : err;
        if (!keep || err != 0) {
            eventlog_abort(log);
            more = err != 0 ? err : more;
            break;
        }
        if (more < 0) {
            snprintf(log->problem, sizeof(log->problem),
                     "the journal %s/%s cannot be read behind event %llu (%s)", dir, chain,
                     (unsigned long long)last, strerror(-more));
        }
        if (feed->progress != NULL && last != before) {
            feed->progress(feed->arg, feed->done);
        }
    } while (more == 1);
    journal_reader_close(reader);
    return more;
}

int eventlog_feed(struct eventlog *log, const char *dir, void (*progress)(void *arg, uint64_t done),
                  void *arg, uint64_t *added)
{
    struct feed feed = {.log = log, .progress = progress, .arg = arg};
    char problem[sizeof(log->problem)] = "";
    char **chains = journal_chains(dir);
    int result = 0;

    *added = 0;
    if (chains == NULL) {
        snprintf(log->problem, sizeof(log->problem), "cannot list the journals in %s: %s", dir,
                 strerror(errno));
        return -ENOMEM;
    }
    /* One chain that is broken does not hide what the others say. */
    for (char **chain = chains; *chain != NULL; chain++) {
        int err = feed_chain(&feed, dir, *chain);
        if (err != 0 && result == 0) {
            result = err;
            memcpy(problem, log->problem, sizeof(problem));
        }
    }
    journal_chains_free(chains);
    if (result != 0) {
        memcpy(log->problem, problem, sizeof(problem));
    }
    *added = feed.added;
    return result;
}
