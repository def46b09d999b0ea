#include "proxy/conf_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_MAX 4096

/* One octet more than allowed is asked for, to tell a full buffer from a longer file. */
static int read_all(int fd, char *buf, size_t cap, size_t *len)
{
    *len = 0;
    while (*len < cap) {
        ssize_t n = read(fd, buf + *len, cap - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        *len += (size_t)n;
    }
    return -EFBIG;
}

int conf_file_read(const char *path, size_t max, char **text, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int err = -ENOMEM;
    char *buf = malloc(max + 1);
    if (buf != NULL)
        err = read_all(fd, buf, max + 1, len);
    close(fd);
    if (err != 0) {
        free(buf);
        return err;
    }
    *text = buf;
    return 0;
}

const char *conf_file_secret(const char *path, struct conf_arena *arena, const char **secret)
{
    char *text = NULL;
    size_t len;
    int err = conf_file_read(path, SECRET_MAX, &text, &len);
    if (err != 0)
        return err == -EFBIG ? "too long for a password" : strerror(-err);
    assert(text != NULL);
    const char *end = memchr(text, '\n', len);
    size_t line = end == NULL ? len : (size_t)(end - text);
    if (line > 0 && text[line - 1] == '\r')
        line--;
    const char *wrong = NULL;
    if (line == 0)
        wrong = "its first line is empty";
    else if (memchr(text, '\0', line) != NULL)
        wrong = "it holds a NUL";
    else if ((*secret = conf_arena_copy(arena, text, line)) == NULL)
        wrong = "out of memory";
    explicit_bzero(text, len);
    free(text);
    return wrong;
}
