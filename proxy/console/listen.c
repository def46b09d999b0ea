#include "proxy/console/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof(addr);
    in_port_t port = 0;
    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0)
        return 0;
    if (addr.ss_family == AF_INET)
        port = ((struct sockaddr_in *)&addr)->sin_port;
    else if (addr.ss_family == AF_INET6)
        port = ((struct sockaddr_in6 *)&addr)->sin6_port;
    return ntohs(port);
}

static int bind_tcp(const struct addrinfo *info)
{
    const int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int err = -errno;
    close(fd);
    return err;
}

static int open_tcp(struct listen_socket *sock, const struct conf_uri *uri)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list;
    char port[8];
    snprintf(port, sizeof(port), "%u", uri->port);
    if (getaddrinfo(uri->host, port, &hints, &list) != 0)
        return -EADDRNOTAVAIL;
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next)
        fd = bind_tcp(info);
    freeaddrinfo(list);
    if (fd < 0)
        return fd;
    sock->fd = fd;
    bool v6 = strchr(uri->host, ':') != NULL;
    snprintf(sock->name, sizeof(sock->name), "http://%s%s%s:%u", v6 ? "[" : "", uri->host,
             v6 ? "]" : "", bound_port(fd));
    return 0;
}

/* Binds beside the path and then moves there: who connects meets the old socket or the new one,
 * never none. Only a socket is ever replaced. */
static int bind_path(int fd, const char *path, struct stat *made)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct stat there;
    if (lstat(path, &there) == 0 && !S_ISSOCK(there.st_mode))
        return -EEXIST;
    int n = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s.%d", path, (int)getpid());
    if (n < 0 || (size_t)n >= sizeof(addr.sun_path))
        return -ENAMETOOLONG;
    if (unlink(addr.sun_path) != 0 && errno != ENOENT)
        return -errno;
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        return -errno;
    if (chmod(addr.sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0 &&
        lstat(addr.sun_path, made) == 0 && rename(addr.sun_path, path) == 0)
        return 0;
    int err = -errno;
    unlink(addr.sun_path);
    return err;
}

static int open_unix(struct listen_socket *sock, const char *path)
{
    struct stat made = {0};
    sock->path = strdup(path);
    if (sock->path == NULL)
        return -ENOMEM;
    sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err = sock->fd < 0 ? -errno : bind_path(sock->fd, path, &made);
    if (err != 0) {
        free(sock->path);
        sock->path = NULL;
        listen_close(sock);
        return err;
    }
    sock->dev = made.st_dev;
    sock->ino = made.st_ino;
    snprintf(sock->name, sizeof(sock->name), "unix:%s", path);
    return 0;
}

int listen_open(struct listen_socket *sock, const struct conf_uri *uri)
{
    *sock = (struct listen_socket){.fd = -1};
    return uri->scheme == SCHEME_UNIX ? open_unix(sock, uri->host) : open_tcp(sock, uri);
}

void listen_close(struct listen_socket *sock)
{
    struct stat there;
    if (sock->fd >= 0)
        close(sock->fd);
    if (sock->path != NULL && lstat(sock->path, &there) == 0 && there.st_dev == sock->dev &&
        there.st_ino == sock->ino)
        unlink(sock->path);
    free(sock->path);
    *sock = (struct listen_socket){.fd = -1};
}
