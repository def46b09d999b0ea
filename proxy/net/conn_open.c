/*
 * Opening a stream: one address of a host after the other, each with its deadline, and what came of
 * it told from the loop.
 */
#include "proxy/net/net.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_unix(struct conn *conn, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    conn_name_peer(conn, (struct sockaddr *)&address, sizeof address);
    int error = conn_adopt(conn, fd);
    if (error != 0)
        return error;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        return -errno;
    event_add(conn->write_event, &conn->open_timeout);
    return 0;
}

/* One address of a host; the caller goes on to the next where this fails. */
static int connect_tcp(struct conn *conn, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    conn_name_peer(conn, address->ai_addr, address->ai_addrlen);
    error = conn_adopt(conn, fd);
    if (error != 0)
        return error;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)
        return -errno;
    event_add(conn->write_event, &conn->open_timeout);
    return 0;
}

static void drop_socket(struct conn *conn)
{
    if (conn->read_event != NULL)
        event_free(conn->read_event);
    if (conn->write_event != NULL)
        event_free(conn->write_event);
    conn->read_event = conn->write_event = NULL;
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
}

static void opened(struct conn *conn)
{
    if (conn->addresses != NULL)
        freeaddrinfo(conn->addresses);
    conn->addresses = conn->address = NULL;
    conn->state = CONN_LIVE;
    conn->last_read_us = net_now_us(conn->net);
    conn_update_reading(conn);
    if (conn->out.end > conn->out.start)
        conn_mark_dirty(conn); /* what was said before */
    conn->ops->on_open(conn->arg, 0);
}

/* Starts on the first of the addresses that are left that does not fail at once. */
static int connect_any(struct conn *conn)
{
    int error = -EHOSTUNREACH;

    while (conn->address != NULL) {
        const struct addrinfo *address = conn->address;

        conn->address = address->ai_next;
        error = connect_tcp(conn, address);
        if (error == 0)
            return 0;
        drop_socket(conn);
    }
    return error;
}

/* An address failed: tries the others; with none left, tells the owner why the last one did. */
static void open_next(struct conn *conn, int error)
{
    drop_socket(conn);
    if (conn->address != NULL)
        error = connect_any(conn);
    else if (error == 0)
        error = -EHOSTUNREACH;
    if (conn->fd >= 0)
        return;
    conn_bury(conn);
    conn->ops->on_open(conn->arg, error);
}

static void open_failed_later(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;

    (void)fd;
    (void)what;
    if (conn->state == CONN_OPENING)
        open_next(conn, -(int)conn->lingered);
}

/* conn_open promises never to call back from within: a failure that is known at once is told from
 * the loop. `lingered` carries the error until then. */
static void fail_later(struct conn *conn, int error)
{
    drop_socket(conn);
    conn->lingered = (size_t)-error;
    conn->write_event = event_new(conn->net->base, -1, 0, open_failed_later, conn);
    if (conn->write_event != NULL)
        event_active(conn->write_event, EV_TIMEOUT, 0);
}

static int resolve(struct conn *conn, const struct conf_uri *uri)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char port[8];

    snprintf(port, sizeof port, "%u", uri->port);
    if (getaddrinfo(uri->host, port, &hints, &conn->addresses) != 0)
        return -EHOSTUNREACH;
    conn->address = conn->addresses;
    return 0;
}

struct conn *conn_open(struct net *net, const struct conf_uri *uri, uint64_t timeout_ms,
                       size_t max_in, const struct conn_ops *ops, void *arg)
{
    struct conn *conn = conn_make(net, max_in, ops, arg);
    int error;

    if (conn == NULL)
        return NULL;
    conn->state = CONN_OPENING;
    conn->open_timeout = (struct timeval){.tv_sec = (time_t)(timeout_ms / 1000),
                                          .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};
    if (uri->scheme == SCHEME_UNIX)
        error = connect_unix(conn, uri->host);
    else
        error = resolve(conn, uri);
    if (error == 0 && uri->scheme != SCHEME_UNIX)
        error = connect_any(conn);
    if (error != 0)
        fail_later(conn, error);
    return conn;
}

void conn_connected(struct conn *conn, short what)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (what & EV_TIMEOUT)
        error = ETIMEDOUT;
    else
        getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0)
        open_next(conn, -error);
    else
        opened(conn);
}
