#include "proxy/store/journal_lines.h"

#include "proxy/store/event_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAP ((size_t)256 << 10)

void journal_lines_begin(struct journal_lines *lines, int fd)
{
    if (lines->fd >= 0)
        close(lines->fd);
    lines->fd = fd;
    lines->offset = 0;
    lines->start = lines->end = lines->partial = 0;
}

void journal_lines_free(struct journal_lines *lines)
{
    journal_lines_begin(lines, -1);
    free(lines->buf);
    lines->buf = NULL;
    lines->cap = 0;
}

/* Makes room behind the bytes that are there: first by moving them to the front, then by growing.
 */
static int make_room(struct journal_lines *lines)
{
    size_t have = lines->end - lines->start;
    if (lines->start > 0) {
        memmove(lines->buf, lines->buf + lines->start, have);
        lines->start = 0;
        lines->end = have;
    }
    if (have < lines->cap)
        return 0;
    if (have > EVENT_LINE_MAX)
        return -EBADMSG;
    size_t cap = lines->cap == 0 ? FIRST_CAP : 2 * lines->cap;
    char *buf = realloc(lines->buf, cap);
    if (buf == NULL)
        return -ENOMEM;
    lines->buf = buf;
    lines->cap = cap;
    return 0;
}

/* Number of bytes that are new, 0 at the end of the file, or -errno. */
static ssize_t fill(struct journal_lines *lines)
{
    int err = make_room(lines);
    if (err != 0)
        return err;
    ssize_t n;
    do {
        n = pread(lines->fd, lines->buf + lines->end, lines->cap - lines->end,
                  (off_t)lines->offset);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    lines->offset += (uint64_t)n;
    lines->end += (size_t)n;
    return n;
}

int journal_lines_next(struct journal_lines *lines, const char **line, size_t *len)
{
    size_t seen = 0; /* bytes that hold no newline */

    lines->partial = 0;
    if (lines->fd < 0)
        return 0;
    for (;;) {
        size_t have = lines->end - lines->start;
        if (have > seen) {
            char *front = lines->buf + lines->start;
            char *newline = memchr(front + seen, '\n', have - seen);
            if (newline != NULL) {
                *line = front;
                *len = (size_t)(newline - front);
                lines->start += *len + 1;
                return 1;
            }
        }
        seen = have;
        ssize_t n = fill(lines);
        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
    }
    lines->partial = seen;
    lines->offset -= seen;
    lines->start = lines->end = 0;
    return 0;
}

void journal_lines_unread(struct journal_lines *lines, size_t len)
{
    lines->offset -= lines->end - lines->start + len + 1;
    lines->start = lines->end = 0;
}
