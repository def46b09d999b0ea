#include "proxy/ctl/probe.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_S 2

static int set_deadlines(int fd)
{
    const struct timeval wait = {.tv_sec = WAIT_S};

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0) {
        return -errno;
    }
    return 0;
}

static int connect_to(const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return -errno;
    }
    int err = set_deadlines(fd);
    if (err == 0 && connect(fd, address, len) != 0) {
        err = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    }
    if (err != 0) {
        close(fd);
        return err;
    }
    return fd;
}

static int dial_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect_to((const struct sockaddr *)&address, sizeof(address));
}

static int dial_tcp(const struct conf_uri *uri)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];
    int fd = -EHOSTUNREACH;

    snprintf(port, sizeof(port), "%u", uri->port);
    if (getaddrinfo(uri->host, port, &hints, &found) != 0) {
        return fd;
    }
    for (const struct addrinfo *one = found; one != NULL && fd < 0; one = one->ai_next) {
        fd = connect_to(one->ai_addr, one->ai_addrlen);
    }
    freeaddrinfo(found);
    return fd;
}

static int exchange(int fd, char *answer, size_t cap)
{
    static const char request[] = "GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n";
    size_t len = 0;

    if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(request) - 1) {
        return -EIO;
    }
    while (len < cap - 1) {
        ssize_t n = recv(fd, answer + len, cap - 1 - len, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    }
    answer[len] = '\0';
    return 0;
}

int ctl_probe(const struct conf_uri *address, char *body, size_t cap)
{
    char answer[4096];
    int status = 0;

    body[0] = '\0';
    int fd = address->scheme == SCHEME_UNIX ? dial_unix(address->host) : dial_tcp(address);
    if (fd < 0) {
        return fd;
    }
    int err = exchange(fd, answer, sizeof(answer));
    close(fd);
    if (err != 0) {
        return err;
    }
    if (sscanf(answer, "HTTP/1.%*1d %3d", &status) != 1) {
        return -EBADMSG;
    }
    const char *rest = strstr(answer, "\r\n\r\n");
    if (rest != NULL) {
        rest += 4;
        snprintf(body, cap, "%.*s", (int)strcspn(rest, "\r\n"), rest);
    }
    return status;
}
