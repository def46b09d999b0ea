#include "proxy/store/journal_dir.h"

#include "proxy/store/journal_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

int journal_dir_sync(int fd)
{
    return fsync(fd) == 0 ? 0 : -errno;
}

static int sync_parent(const char *path)
{
    char *parent;
    if (asprintf(&parent, "%s/..", path) < 0)
        return -ENOMEM;
    int fd = open(parent, DIR_FLAGS);
    free(parent);
    if (fd < 0)
        return -errno;
    int err = journal_dir_sync(fd);
    close(fd);
    return err;
}

static int make_one(const char *path)
{
    struct stat st;
    if (mkdir(path, 0750) == 0)
        return sync_parent(path);
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &st) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int journal_dir_make(const char *path)
{
    char *part = strdup(path);
    if (part == NULL || path[0] == '\0') {
        free(part);
        return path[0] == '\0' ? -ENOENT : -ENOMEM;
    }
    int err = 0;
    for (char *slash = strchr(part + 1, '/'); err == 0 && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        err = make_one(part);
        *slash = '/';
    }
    if (err == 0)
        err = make_one(part);
    free(part);
    return err;
}

void segment_name(uint32_t number, char name[SEGMENT_NAME])
{
    snprintf(name, SEGMENT_NAME, "%08u.jsonl", number % (SEGMENT_MAX + 1));
}

/* 0 where the name is no segment's. */
static uint32_t segment_number(const char *name)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (name[i] < '0' || name[i] > '9')
            return 0;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    return strcmp(name + 8, ".jsonl") == 0 ? number : 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Grows by doubling: `n` entries are used, and one more is wanted. */
static int want_one_more(uint32_t **numbers, size_t n)
{
    if ((n & (n - 1)) != 0)
        return 0;
    uint32_t *more = reallocarray(*numbers, n == 0 ? 1 : 2 * n, sizeof *more);
    if (more == NULL)
        return -ENOMEM;
    *numbers = more;
    return 0;
}

int segment_list(int chain, uint32_t **numbers, size_t *n)
{
    *numbers = NULL;
    *n = 0;
    int fd = openat(chain, ".", DIR_FLAGS);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        int err = -errno;
        if (fd >= 0)
            close(fd);
        return err;
    }
    int err = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            err = -errno;
            break;
        }
        uint32_t number = segment_number(entry->d_name);
        if (number == 0)
            continue;
        err = want_one_more(numbers, *n);
        if (err != 0)
            break;
        (*numbers)[(*n)++] = number;
    }
    closedir(dir);
    if (err != 0) {
        free(*numbers);
        *numbers = NULL;
        *n = 0;
    } else if (*n > 0) {
        qsort(*numbers, *n, sizeof **numbers, by_number);
    }
    return err;
}

int segment_open(int chain, uint32_t number, int flags)
{
    char name[SEGMENT_NAME];
    struct stat st;

    segment_name(number, name);
    int fd = openat(chain, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0)
        return -errno;
    int err = fstat(fd, &st) != 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (err == 0)
        return fd;
    close(fd);
    return err;
}

int line_seq(const char *line, size_t len, uint64_t *seq)
{
    static const char front[] = "{\"seq\":";
    size_t at = sizeof front - 1;
    uint64_t number = 0;

    if (len < at || memcmp(line, front, at) != 0)
        return -EBADMSG;
    for (; at < len && line[at] >= '0' && line[at] <= '9'; at++) {
        uint64_t digit = (uint64_t)(line[at] - '0');
        if (number > ((uint64_t)INT64_MAX - digit) / 10)
            return -EBADMSG;
        number = number * 10 + digit;
    }
    if (number == 0 || at == len || line[at] != ',')
        return -EBADMSG;
    *seq = number;
    return 0;
}

int segment_first_seq(int chain, uint32_t number, uint64_t *seq)
{
    char front[64]; /* the number and the comma behind it */
    int fd = segment_open(chain, number, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t n = pread(fd, front, sizeof front, 0);
    int err = n < 0 ? -errno : n == 0 ? -ENODATA : line_seq(front, (size_t)n, seq);
    close(fd);
    return err;
}
