#include "proxy/store/kept_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define TEXT       ((size_t)256 << 10)
#define DIGITS_MAX 15 /* E.164 */
#define FOLDER     "imports"

struct kept_writer {
    char *path; /* of the unfinished file */
    int dir;    /* of the folder */
    int fd;
    gzFile gz;
    struct sha *sha;
    size_t len;
    char text[TEXT];
};

static void writer_free(struct kept_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->gz != NULL) {
        gzclose(writer->gz);
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (writer->dir >= 0) {
        close(writer->dir);
    }
    sha_free(writer->sha);
    free(writer->path);
    free(writer);
}

/* The file and zlib's own hold on it. */
static int writer_open(struct kept_writer *writer, const char *dir)
{
    char *folder = NULL;
    int err = -ENOMEM;

    if (asprintf(&folder, "%s/" FOLDER, dir) < 0) {
        return err;
    }
    if (mkdir(folder, 0750) != 0 && errno != EEXIST) {
        err = -errno;
        goto done;
    }
    writer->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (writer->dir < 0 || asprintf(&writer->path, "%s/.unfinished-XXXXXX", folder) < 0) {
        err = -errno;
        goto done;
    }
    writer->fd = mkostemp(writer->path, O_CLOEXEC);
    if (writer->fd < 0) {
        err = -errno;
        goto done;
    }
    int fd = dup(writer->fd);
    writer->gz = fd < 0 ? NULL : gzdopen(fd, "wb1");
    if (writer->gz == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        unlink(writer->path);
        goto done;
    }
    gzbuffer(writer->gz, 1 << 18);
    err = 0;
done:
    free(folder);
    return err;
}

struct kept_writer *kept_create(const char *dir, int *error)
{
    struct kept_writer *writer = malloc(sizeof(*writer));

    *error = -ENOMEM;
    if (writer == NULL) {
        return NULL;
    }
    memset(writer, 0, offsetof(struct kept_writer, text));
    writer->dir = writer->fd = -1;
    writer->sha = sha_new();
    if (writer->sha != NULL) {
        *error = writer_open(writer, dir);
    }
    if (*error != 0) {
        writer_free(writer);
        return NULL;
    }
    return writer;
}

static int flush(struct kept_writer *writer)
{
    if (writer->len == 0) {
        return 0;
    }
    sha_add(writer->sha, writer->text, writer->len);
    errno = 0;
    if (gzwrite(writer->gz, writer->text, (unsigned)writer->len) != (int)writer->len) {
        return errno == 0 ? -EIO : -errno;
    }
    writer->len = 0;
    return 0;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (n > 0) {
        *at++ = digits[--n];
    }
    *at++ = '\n';
    return at;
}

int kept_add(struct kept_writer *writer, const uint64_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (TEXT - writer->len < 24) {
            int err = flush(writer);
            if (err != 0) {
                return err;
            }
        }
        char *end = put_number(writer->text + writer->len, numbers[i]);
        writer->len = (size_t)(end - writer->text);
    }
    return 0;
}

void kept_discard(struct kept_writer *writer)
{
    if (writer != NULL) {
        unlink(writer->path);
        writer_free(writer);
    }
}

int kept_finish(struct kept_writer *writer, char sha[SHA_HEX + 1])
{
    char name[SHA_HEX + 4];
    int err = flush(writer);

    errno = 0;
    if (gzclose(writer->gz) != Z_OK && err == 0) {
        err = errno == 0 ? -EIO : -errno;
    }
    writer->gz = NULL;
    if (err == 0 && (fchmod(writer->fd, 0640) != 0 || fsync(writer->fd) != 0)) {
        err = -errno;
    }
    if (err != 0) {
        kept_discard(writer);
        return err;
    }
    sha_hex(writer->sha, sha);
    snprintf(name, sizeof(name), "%s.gz", sha);
    if (renameat(AT_FDCWD, writer->path, writer->dir, name) != 0 || fsync(writer->dir) != 0) {
        err = -errno;
        kept_discard(writer);
        return err;
    }
    writer_free(writer);
    return 0;
}

struct kept_reader {
    gzFile gz;
    struct sha *sha;
    char name[SHA_HEX + 1];
    bool end;
    size_t at, len;
    char text[TEXT];
};

struct kept_reader *kept_open(const char *dir, const char *sha, int *error)
{
    struct kept_reader *reader = NULL;
    char *path = NULL;

    *error = -EINVAL;
    if (strlen(sha) != SHA_HEX || strspn(sha, "0123456789abcdef") != SHA_HEX) {
        return NULL;
    }
    *error = -ENOMEM;
    reader = malloc(sizeof(*reader));
    if (reader == NULL) {
        return NULL;
    }
    memset(reader, 0, offsetof(struct kept_reader, text));
    memcpy(reader->name, sha, sizeof(reader->name));
    reader->sha = sha_new();
    if (reader->sha == NULL || asprintf(&path, "%s/" FOLDER "/%s.gz", dir, sha) < 0) {
        kept_close(reader);
        return NULL;
    }
    errno = 0;
    reader->gz = gzopen(path, "rbe");
    *error = errno == 0 ? -ENOMEM : -errno;
    free(path);
    if (reader->gz == NULL) {
        kept_close(reader);
        return NULL;
    }
    gzbuffer(reader->gz, 1 << 18);
    *error = 0;
    return reader;
}

void kept_close(struct kept_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->gz != NULL) {
        gzclose_r(reader->gz);
    }
    sha_free(reader->sha);
    free(reader);
}

/* Reads on; what is left of the text moves to its front. */
static int refill(struct kept_reader *reader)
{
    char sha[SHA_HEX + 1];

    memmove(reader->text, reader->text + reader->at, reader->len - reader->at);
    reader->len -= reader->at;
    reader->at = 0;
    int n = gzread(reader->gz, reader->text + reader->len, (unsigned)(TEXT - reader->len));
    if (n < 0) {
        return -EBADMSG;
    }
    if (n > 0) {
        sha_add(reader->sha, reader->text + reader->len, (size_t)n);
        reader->len += (size_t)n;
        return 0;
    }
    /* zlib takes a file that is cut off for one that has ended. */
    int status;
    gzerror(reader->gz, &status);
    sha_hex(reader->sha, sha);
    reader->end = true;
    return status == Z_OK && reader->len == 0 && strcmp(sha, reader->name) == 0 ? 0 : -EBADMSG;
}

static int parse(const char *p, size_t len, uint64_t *number)
{
    uint64_t value = 0;

    if (len == 0 || len > DIGITS_MAX) {
        return -EBADMSG;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)p[i] - '0';
        if (digit > 9) {
            return -EBADMSG;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return 0;
}

int kept_next(struct kept_reader *reader, uint64_t *numbers, size_t cap)
{
    size_t n = 0;

    assert(cap <= INT_MAX);
    while (n < cap) {
        const char *p = reader->text + reader->at;
        size_t left = reader->len - reader->at;
        const char *newline = left == 0 ? NULL : memchr(p, '\n', left);
        if (newline == NULL) {
            if (reader->end) {
                break;
            }
            int err = left > DIGITS_MAX ? -EBADMSG : refill(reader);
            if (err != 0) {
                return err;
            }
            continue;
        }
        if (parse(p, (size_t)(newline - p), &numbers[n++]) != 0) {
            return -EBADMSG;
        }
        reader->at += (size_t)(newline - p) + 1;
    }
    return (int)n;
}
