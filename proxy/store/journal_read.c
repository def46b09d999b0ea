#include "proxy/store/journal_read.h"

#include "proxy/store/journal_dir.h"
#include "proxy/store/journal_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct journal_reader {
    int chain;
    uint32_t number; /* of the segment that is open in `lines`; 0: none yet */
    uint64_t after;  /* lines up to here are not given out */
    uint64_t last;   /* line that was read last; 0: none */
    uint64_t synced; /* lines up to here are in the file for good */
    struct journal_lines lines;
};

static int go_to(struct journal_reader *reader, uint32_t number)
{
    int fd = segment_open(reader->chain, number, O_RDONLY);
    if (fd < 0)
        return fd;
    journal_lines_begin(&reader->lines, fd);
    reader->number = number;
    return 0;
}

/* The last segment that begins at or before the first line that is wanted. Where none does, the
 * first of all: reading it tells what is wrong. */
static int go_to_start(struct journal_reader *reader)
{
    uint32_t *numbers;
    size_t n;
    int err = segment_list(reader->chain, &numbers, &n);
    if (err != 0 || n == 0)
        return err;

    size_t i = n - 1;
    for (; i > 0; i--) {
        uint64_t first;
        if (segment_first_seq(reader->chain, numbers[i], &first) == 0 && first <= reader->after + 1)
            break;
    }
    err = go_to(reader, numbers[i]);
    free(numbers);
    return err;
}

struct journal_reader *journal_reader_open(const char *dir, const char *chain, uint64_t after,
                                           int *error)
{
    struct journal_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        *error = -ENOMEM;
        return NULL;
    }
    reader->lines.fd = -1;
    reader->after = after;
    reader->chain = chain_open(dir, chain);
    int err = reader->chain < 0 ? reader->chain : go_to_start(reader);
    if (err != 0) {
        *error = err;
        journal_reader_close(reader);
        return NULL;
    }
    return reader;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    journal_lines_free(&reader->lines);
    if (reader->chain >= 0)
        close(reader->chain);
    free(reader);
}

/* One line of whatever segment: 1, 0 or -errno. The writer leaves a segment for good before it
 * begins the next, so once there is a next one, the end of this one is its end. */
static int next_line(struct journal_reader *reader, const char **line, size_t *len)
{
    if (reader->number == 0) {
        int err = go_to_start(reader);
        if (err != 0)
            return err;
    }
    for (;;) {
        int got = journal_lines_next(&reader->lines, line, len);
        if (got != 0 || reader->number == 0 || reader->number == SEGMENT_MAX)
            return got;
        int next = segment_open(reader->chain, reader->number + 1, O_RDONLY);
        if (next == -ENOENT)
            return 0;
        if (next < 0)
            return next;
        got = journal_lines_next(&reader->lines, line, len);
        if (got != 0 || reader->lines.partial > 0) {
            close(next);
            return got != 0 ? got : -EBADMSG;
        }
        journal_lines_begin(&reader->lines, next);
        reader->number++;
    }
}

/* Whether a line is there for good. If so, it has to be read again, because it may have been
 * written anew since. Without a writer, nobody takes back anything before the end is reached. */
static bool is_settled(struct journal_reader *reader, uint64_t number)
{
    uint64_t mark = chain_mark_read(reader->chain);
    if (mark < number && chain_is_live(reader->chain))
        return false;
    reader->synced = mark < number ? UINT64_MAX : mark;
    return true;
}

int journal_reader_next(struct journal_reader *reader, uint64_t *seq, const char **line,
                        size_t *len)
{
    for (;;) {
        uint64_t number;
        int got = next_line(reader, line, len);
        if (got <= 0) {
            reader->synced = 0;
            return got;
        }
        if (line_seq(*line, *len, &number) != 0)
            return -EBADMSG;
        if (number > reader->synced) {
            journal_lines_unread(&reader->lines, *len);
            if (!is_settled(reader, number))
                return 0;
            continue;
        }
        /* A line that is missing might be an opt-out: nothing behind a gap is given out. */
        bool follows = reader->last == 0 ? number <= reader->after + 1 : number == reader->last + 1;
        if (!follows)
            return -EBADMSG;
        reader->last = number;
        if (number > reader->after) {
            *seq = number;
            return 1;
        }
    }
}
