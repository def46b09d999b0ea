#include "proxy/store/journal_segment.h"

#include "proxy/store/journal_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Takes back what is not synced. Only when that is on the disk as well may the chain go on, here or
 * in another segment: otherwise a crash could bring lines back beside those that replaced them. */
static int cut(struct journal_segment *segment)
{
    if (ftruncate(segment->fd, (off_t)segment->size) != 0 || fdatasync(segment->fd) != 0)
        return -errno;
    segment->dirty = false;
    return 0;
}

/* Whether the file is still in its place and as long as we left it. */
static bool is_intact(const struct journal_segment *segment)
{
    struct stat st;
    return fstat(segment->fd, &st) == 0 && st.st_nlink > 0 && (uint64_t)st.st_size == segment->size;
}

static int begin_next(struct journal_segment *segment)
{
    struct stat st;
    if (segment->number >= SEGMENT_MAX)
        return -EOVERFLOW;
    /* An empty file may be left from an attempt that failed at the sync below. */
    int fd = segment_open(segment->chain, segment->number + 1, O_RDWR | O_CREAT);
    if (fd < 0)
        return fd;
    int err = fstat(fd, &st) != 0 ? -errno : st.st_size != 0 ? -EEXIST : 0;
    if (err == 0)
        err = journal_dir_sync(segment->chain);
    if (err != 0) {
        close(fd);
        return err;
    }
    if (segment->fd >= 0)
        close(segment->fd);
    segment->fd = fd;
    segment->number++;
    segment->size = 0;
    segment->given_up = false;
    return 0;
}

static int prepare(struct journal_segment *segment, size_t len)
{
    if (segment->dirty) {
        int err = cut(segment);
        if (err != 0)
            return err;
    }
    if (segment->fd < 0 || segment->given_up || !is_intact(segment))
        return begin_next(segment);
    bool full = segment->limit != 0 && segment->size != 0 && segment->size + len > segment->limit;
    return full ? begin_next(segment) : 0;
}

static int write_all(const struct journal_segment *segment, const char *data, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(segment->fd, data + done, len - done, (off_t)(segment->size + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

int journal_segment_append(struct journal_segment *segment, const char *data, size_t len)
{
    int err = prepare(segment, len);
    if (err != 0)
        return err;
    segment->dirty = true;
    err = write_all(segment, data, len);
    if (err == 0 && fdatasync(segment->fd) != 0) {
        /* The kernel has dropped pages that it could not write and may say that all is well when it
         * is asked again: nothing behind `size` can be trusted from here on. */
        err = -errno;
        segment->given_up = true;
    }
    if (err != 0) {
        (void)cut(segment); /* where that fails it stays dirty, and the next append tries again */
        return err;
    }
    segment->dirty = false;
    segment->size += len;
    return 0;
}

void journal_segment_close(struct journal_segment *segment)
{
    if (segment->fd >= 0)
        close(segment->fd);
    if (segment->chain >= 0)
        close(segment->chain);
    segment->fd = segment->chain = -1;
}
