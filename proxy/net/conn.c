#include "proxy/net/net.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_ROOM   4096u                 /* least room worth a read */
#define OUT_HIGH    ((size_t)128 * 1024)  /* conn_out_full above */
#define OUT_LOW     ((size_t)32 * 1024)   /* on_drain below */
#define LINGER_MAX  ((size_t)1024 * 1024) /* octets thrown away after our last word */
#define LINGER_SECS 2

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

void conn_mark_dirty(struct conn *conn)
{
    if (conn->is_dirty)
        return;
    conn->is_dirty = true;
    conn->next_dirty = conn->net->dirty;
    conn->net->dirty = conn;
}

void conn_update_reading(struct conn *conn)
{
    bool full = conn->in.end - conn->in.start >= conn->max_in;
    bool want = conn->state == CONN_LIVE && !conn->paused && !full;

    if (want == conn->reading)
        return;
    conn->reading = want;
    if (want)
        event_add(conn->read_event, NULL);
    else
        event_del(conn->read_event);
}

struct conn *conn_make(struct net *net, size_t max_in, const struct conn_ops *ops, void *arg)
{
    struct conn *conn = calloc(1, sizeof *conn);

    if (conn == NULL)
        return NULL;
    conn->net = net;
    conn->ops = ops;
    conn->arg = arg;
    conn->max_in = max_in;
    conn->fd = -1;
    conn->last_read_us = net_now_us(net);
    conn->next = net->all;
    conn->prev = &net->all;
    if (net->all != NULL)
        net->all->prev = &conn->next;
    net->all = conn;
    return conn;
}

static void conn_destroy(struct conn *conn)
{
    *conn->prev = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    if (conn->read_event != NULL)
        event_free(conn->read_event);
    if (conn->write_event != NULL)
        event_free(conn->write_event);
    if (conn->fd >= 0)
        close(conn->fd);
    if (conn->addresses != NULL)
        freeaddrinfo(conn->addresses);
    iobuf_release(conn->net, &conn->in);
    iobuf_release(conn->net, &conn->out);
    free(conn);
}

void conn_bury(struct conn *conn)
{
    if (conn->state == CONN_DEAD)
        return;
    conn->state = CONN_DEAD;
    if (conn->read_event != NULL)
        event_del(conn->read_event);
    if (conn->write_event != NULL)
        event_del(conn->write_event);
    conn->reading = conn->write_armed = false;
    conn->next_dead = conn->net->dead;
    conn->net->dead = conn;
}

void conn_name_peer(struct conn *conn, const struct sockaddr *address, socklen_t len)
{
    char host[48], port[8];

    if (address->sa_family == AF_UNIX ||
        getnameinfo(address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(conn->peer, sizeof conn->peer, "unix");
    else
        snprintf(conn->peer, sizeof conn->peer,
                 address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* Both ends of a PDU proxy speak in small messages that somebody waits for. */
int conn_adopt(struct conn *conn, int fd)
{
    int on = 1;

    conn->fd = fd;
    if (evutil_make_socket_nonblocking(fd) != 0)
        return -errno;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    conn->read_event = event_new(conn->net->base, fd, EV_READ | EV_PERSIST, on_readable, conn);
    conn->write_event = event_new(conn->net->base, fd, EV_WRITE, on_writable, conn);
    return conn->read_event == NULL || conn->write_event == NULL ? -ENOMEM : 0;
}

struct conn *conn_accept(struct net *net, int fd, size_t max_in, const struct conn_ops *ops,
                         void *arg)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    struct conn *conn = conn_make(net, max_in, ops, arg);

    if (conn == NULL) {
        close(fd);
        return NULL;
    }
    if (conn_adopt(conn, fd) != 0) {
        conn_destroy(conn);
        return NULL;
    }
    getpeername(fd, (struct sockaddr *)&address, &len);
    conn_name_peer(conn, (struct sockaddr *)&address, len);
    conn->state = CONN_LIVE;
    conn_update_reading(conn);
    return conn;
}

static void ended(struct conn *conn, int error)
{
    conn->state = CONN_ENDED;
    conn->broken = error != 0;
    conn_update_reading(conn);
    if (conn->broken && conn->write_armed) {
        event_del(conn->write_event);
        conn->write_armed = false;
    }
    conn->ops->on_close(conn->arg, error);
}

/* After our last word the socket is read until the peer has closed, so that closing it does not
 * turn into a reset that takes the last word back. */
static void linger(struct conn *conn)
{
    struct timeval limit = {.tv_sec = LINGER_SECS};

    conn->state = CONN_LINGER;
    shutdown(conn->fd, SHUT_WR);
    if (conn->write_armed)
        event_del(conn->write_event);
    conn->write_armed = false;
    event_del(conn->read_event);
    event_assign(conn->read_event, conn->net->base, conn->fd, EV_READ | EV_PERSIST, on_readable,
                 conn);
    event_add(conn->read_event, &limit);
    conn->last_read_us = net_now_us(conn->net);
}

static void lingering(struct conn *conn, short what)
{
    char waste[16384];
    ssize_t n = what & EV_TIMEOUT ? 0 : read(conn->fd, waste, sizeof waste);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        conn->lingered += (size_t)n;
    if (n <= 0 || conn->lingered > LINGER_MAX ||
        net_now_us(conn->net) - conn->last_read_us > LINGER_SECS * UINT64_C(1000000))
        conn_bury(conn);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    ssize_t n;

    if (conn->state == CONN_LINGER) {
        lingering(conn, what);
        return;
    }
    if (conn->state != CONN_LIVE)
        return;
    if (!iobuf_room(conn->net, &conn->in, READ_ROOM)) {
        ended(conn, -ENOMEM);
        return;
    }
    n = read(fd, conn->in.data + conn->in.end, conn->in.cap - conn->in.end);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        ended(conn, n == 0 ? 0 : -errno);
        return;
    }
    conn->in.end += (size_t)n;
    conn->last_read_us = net_now_us(conn->net);
    conn_update_reading(conn);
    conn->ops->on_data(conn->arg);
}

/* Offers the output to the kernel. 0, or -errno of a stream that is broken. */
static int flush(struct conn *conn)
{
    while (conn->out.end > conn->out.start) {
        ssize_t n = send(conn->fd, conn->out.data + conn->out.start,
                         conn->out.end - conn->out.start, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (!conn->write_armed && !conn->closing) {
                conn->write_armed = true;
                event_add(conn->write_event, NULL);
            }
            return 0;
        }
        if (n < 0)
            return -errno;
        conn->out.start += (size_t)n;
        conn->written += (uint64_t)n;
    }
    iobuf_release(conn->net, &conn->out);
    return 0;
}

/* A peer that has only closed its own half still reads. */
static bool writable(const struct conn *conn)
{
    return conn->state == CONN_LIVE || (conn->state == CONN_ENDED && !conn->broken);
}

static void write_failed(struct conn *conn, int error)
{
    if (conn->state == CONN_LIVE)
        ended(conn, error);
    else
        conn->broken = true;
}

static void flushed(struct conn *conn)
{
    if (conn->was_full && conn->out.end - conn->out.start < OUT_LOW) {
        conn->was_full = false;
        conn->ops->on_drain(conn->arg);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *conn = arg;
    int error;

    (void)fd;
    if (conn->state == CONN_OPENING) {
        conn_connected(conn, what);
        return;
    }
    conn->write_armed = false;
    if (!writable(conn) || conn->closing) /* the end of the pass sees to the last output */
        return;
    error = flush(conn);
    if (error != 0)
        write_failed(conn, error);
    else
        flushed(conn);
}

static void flush_closing(struct conn *conn)
{
    bool out = writable(conn) && flush(conn) == 0 && conn->out.end == conn->out.start;

    if (out && conn->queued > 0 && conn->state == CONN_LIVE) {
        iobuf_release(conn->net, &conn->in);
        linger(conn);
    } else {
        conn_bury(conn);
    }
}

void conn_flush_dirty(struct net *net)
{
    while (net->dirty != NULL) {
        struct conn *conn = net->dirty;
        int error;

        net->dirty = conn->next_dirty;
        conn->is_dirty = false;
        if (conn->closing) {
            if (conn->state != CONN_LINGER)
                flush_closing(conn);
            continue;
        }
        if (!writable(conn) || conn->write_armed)
            continue;
        error = flush(conn);
        if (error != 0)
            write_failed(conn, error);
        else
            flushed(conn);
    }
}

void conn_free_dead(struct net *net)
{
    while (net->dead != NULL) {
        struct conn *conn = net->dead;

        net->dead = conn->next_dead;
        conn_destroy(conn);
    }
}

void conn_free_all(struct net *net)
{
    net->dirty = net->dead = NULL;
    for (struct conn *conn = net->all, *next; conn != NULL; conn = next) {
        next = conn->next;
        conn_destroy(conn);
    }
}

void conn_close(struct conn *conn)
{
    if (conn->closing || conn->state == CONN_DEAD)
        return;
    conn->closing = true;
    if (writable(conn)) {
        conn->paused = true;
        conn_update_reading(conn);
        conn_mark_dirty(conn); /* the last output goes out with the pass */
    } else {
        conn_bury(conn);
    }
}

const uint8_t *conn_in(const struct conn *conn, size_t *len)
{
    *len = conn->in.end - conn->in.start;
    return conn->in.data == NULL ? NULL : conn->in.data + conn->in.start;
}

void conn_consume(struct conn *conn, size_t n)
{
    assert(n <= conn->in.end - conn->in.start);
    conn->in.start += n;
    if (conn->in.start == conn->in.end)
        iobuf_release(conn->net, &conn->in);
    conn_update_reading(conn);
}

void conn_read_pause(struct conn *conn)
{
    conn->paused = true;
    conn_update_reading(conn);
}

void conn_read_resume(struct conn *conn)
{
    if (conn->closing)
        return;
    conn->paused = false;
    conn_update_reading(conn);
}

uint8_t *conn_reserve(struct conn *conn, size_t n)
{
    if (!iobuf_room(conn->net, &conn->out, n))
        return NULL;
    return conn->out.data + conn->out.end;
}

void conn_commit(struct conn *conn, size_t n)
{
    assert(n <= conn->out.cap - conn->out.end);
    if (conn->closing)
        return;
    conn->out.end += n;
    conn->queued += n;
    conn_mark_dirty(conn);
    if (conn_out_full(conn))
        conn->was_full = true;
}

uint64_t conn_queued(const struct conn *conn)
{
    return conn->queued;
}

uint64_t conn_written(const struct conn *conn)
{
    return conn->written;
}

bool conn_out_full(const struct conn *conn)
{
    return conn->out.end - conn->out.start > OUT_HIGH;
}

uint64_t conn_last_read_us(const struct conn *conn)
{
    return conn->last_read_us;
}

const char *conn_peer(const struct conn *conn)
{
    return conn->peer;
}
