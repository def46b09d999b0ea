#include "proxy/store/journal_tail.h"

#include "proxy/store/event_line.h"
#include "proxy/store/journal_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)

static int fail(char **error, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(char **error, int err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (vasprintf(error, format, args) < 0)
        *error = NULL;
    va_end(args);
    return err;
}

static int read_at(int fd, char *to, size_t len, uint64_t offset)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(fd, to + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

/* Where the line begins that the byte before `end` belongs to: behind the last newline before
 * `end`, or at 0. */
static int line_start(int fd, uint64_t end, uint64_t *start)
{
    char chunk[CHUNK];
    while (end > 0) {
        size_t len = end < CHUNK ? (size_t)end : CHUNK;
        int err = read_at(fd, chunk, len, end - len);
        if (err != 0)
            return err;
        const char *newline = memrchr(chunk, '\n', len);
        if (newline != NULL) {
            *start = end - len + (size_t)(newline - chunk) + 1;
            return 0;
        }
        end -= len;
    }
    *start = 0;
    return 0;
}

static int append_copy(int to, int from, uint64_t start, uint64_t end)
{
    char chunk[CHUNK];
    while (start < end) {
        size_t len = end - start < CHUNK ? (size_t)(end - start) : CHUNK;
        int err = read_at(from, chunk, len, start);
        if (err != 0)
            return err;
        ssize_t n = write(to, chunk, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        start += (uint64_t)n;
    }
    return fsync(to) == 0 ? 0 : -errno;
}

/* Moves what lies behind the last whole line to <segment>.torn. */
static int set_aside(struct journal_segment *segment, const char *name, uint64_t start)
{
    char torn[SEGMENT_NAME + sizeof ".torn"];
    snprintf(torn, sizeof torn, "%s.torn", name);
    int fd =
        openat(segment->chain, torn, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -errno;
    int err = append_copy(fd, segment->fd, start, segment->size);
    close(fd);
    if (err == 0)
        err = journal_dir_sync(segment->chain);
    if (err == 0 && ftruncate(segment->fd, (off_t)start) != 0)
        err = -errno;
    if (err == 0)
        segment->size = start;
    return err;
}

/* Leaves the segment that will be written with whole lines only, and those on the disk: a writer
 * that died may have left some that no sync has covered. */
static int repair(struct journal_segment *segment, const char *chain, struct log *log, char **error)
{
    char name[SEGMENT_NAME];
    struct stat st;
    uint64_t start = 0;

    segment_name(segment->number, name);
    int err = fstat(segment->fd, &st) == 0 ? 0 : -errno;
    if (err == 0) {
        segment->size = (uint64_t)st.st_size;
        err = line_start(segment->fd, segment->size, &start);
    }
    if (err == 0 && start < segment->size) {
        LOG_WRN(log, 0, "torn last line of the journal set aside", "chain", chain, "segment", name,
                "bytes", LOG_NUM(segment->size - start));
        err = set_aside(segment, name, start);
    }
    if (err == 0 && fdatasync(segment->fd) != 0)
        err = -errno;
    if (err != 0)
        return fail(error, err, "%s/%s cannot be repaired: %s", chain, name, strerror(-err));
    return 0;
}

/* Takes the last line of a file that is not empty into `link`. */
static int read_last(int fd, uint64_t size, const char *name, struct event_link *link, char **error)
{
    uint64_t start = 0;
    struct line_facts facts;
    struct sha *sha = sha_new();
    const char *problem = "the line is longer than any that is written";
    int err = line_start(fd, size - 1, &start);
    size_t len = (size_t)(size - start);
    bool fits = err == 0 && len <= EVENT_LINE_MAX;
    char *line = fits ? malloc(len) : NULL;

    if (err == 0 && (sha == NULL || (fits && line == NULL)))
        err = -ENOMEM;
    if (err == 0 && fits)
        err = read_at(fd, line, len, start);
    if (err == 0 && fits)
        problem = line[len - 1] == '\n'
                      ? event_line_check(sha, line, len - 1, link->instance, &facts)
                      : "the file ends in the middle of a line";
    free(line);
    sha_free(sha);
    if (err != 0)
        return fail(error, err, "%s/%s cannot be read: %s", link->instance, name, strerror(-err));
    if (problem != NULL)
        return fail(error, -EBADMSG,
                    "the last line of %s/%s is damaged (%s); the chain is not continued: restore "
                    "it, or move its directory away to begin a new one",
                    link->instance, name, problem);
    link->seq = facts.seq;
    memcpy(link->hash, facts.hash, sizeof facts.hash);
    return 0;
}

static int read_last_of(int chain, uint32_t number, struct event_link *link, char **error)
{
    char name[SEGMENT_NAME];
    struct stat st;

    segment_name(number, name);
    int fd = segment_open(chain, number, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int err = fd < 0 ? fd : -errno;
        if (fd >= 0)
            close(fd);
        return fail(error, err, "%s/%s cannot be read: %s", link->instance, name, strerror(-err));
    }
    int err = st.st_size == 0 ? 0 : read_last(fd, (uint64_t)st.st_size, name, link, error);
    close(fd);
    return err;
}

int journal_tail_find(struct journal_segment *segment, struct event_link *link, struct log *log,
                      char **error)
{
    uint32_t *numbers;
    size_t n;
    int err = segment_list(segment->chain, &numbers, &n);
    if (err != 0)
        return fail(error, err, "%s cannot be read: %s", link->instance, strerror(-err));

    if (n > 0) {
        segment->number = numbers[n - 1];
        segment->fd = segment_open(segment->chain, segment->number, O_RDWR);
        if (segment->fd < 0)
            err = fail(error, segment->fd, "the last segment of %s cannot be opened: %s",
                       link->instance, strerror(-segment->fd));
        else
            err = repair(segment, link->instance, log, error);
    }
    /* Empty segments are left by failures and by a crash right after one was begun. */
    for (size_t i = n; i > 0 && err == 0 && link->seq == 0; i--)
        err = read_last_of(segment->chain, numbers[i - 1], link, error);
    free(numbers);
    return err;
}
