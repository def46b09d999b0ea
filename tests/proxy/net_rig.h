/*
 * A loop with conns whose other ends the test holds as plain sockets. An owner does what a session
 * does, writes down what it is told, and fails the test if it is told anything after conn_close.
 */
#ifndef TESTS_PROXY_NET_RIG_H
#define TESTS_PROXY_NET_RIG_H

#include "proxy/net/conn.h"

#include <criterion/criterion.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RIG_MAX_IN (1024 * 1024)
#define RIG_PASSES 5000 /* of a millisecond at most: longer than anything takes here */

struct rig {
    struct net *net;
    struct event *tick; /* so that a pass never waits for long */
};

struct owner {
    struct rig *rig;
    struct conn *conn;
    int fd;   /* the other end */
    int ours; /* the conn's own, to see when it is closed; -1 where not known */
    unsigned opened, data, closed, drained;
    int open_error, close_error;
    bool gone;      /* conn_close was called */
    uint64_t place; /* in the stream, for the test's use */
    void (*then_open)(struct owner *owner);
    void (*then_data)(struct owner *owner);
    void (*then_close)(struct owner *owner);
    void (*then_drain)(struct owner *owner);
    struct owner *other; /* for these */
};

static inline void rig_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static inline void rig_begin(struct rig *rig)
{
    struct timeval soon = {.tv_usec = 1000};

    rig->net = net_new(NULL);
    cr_assert_not_null(rig->net);
    rig->tick = event_new(net_base(rig->net), -1, EV_PERSIST, rig_tick, NULL);
    event_add(rig->tick, &soon);
}

static inline void rig_end(struct rig *rig)
{
    event_free(rig->tick);
    net_free(rig->net);
}

/* Runs passes until something is so. */
#define UNTIL(rig, condition)                                                                      \
    do {                                                                                           \
        for (unsigned pass_ = 0; pass_ < RIG_PASSES && !(condition); pass_++)                      \
            net_run_once((rig)->net);                                                              \
        cr_assert(condition);                                                                      \
    } while (0)

/* A few passes, in which everything happens that was going to. */
static inline void rig_settle(struct rig *rig)
{
    for (unsigned i = 0; i < 10; i++)
        net_run_once(rig->net);
}

/* --- owners --- */

static inline void owner_on_open(void *arg, int error)
{
    struct owner *owner = arg;

    cr_assert_not(owner->gone, "on_open after conn_close");
    owner->opened++;
    owner->open_error = error;
    if (owner->then_open != NULL)
        owner->then_open(owner);
}

static inline void owner_on_data(void *arg)
{
    struct owner *owner = arg;

    cr_assert_not(owner->gone, "on_data after conn_close");
    cr_assert_eq(owner->closed, 0, "on_data after on_close");
    owner->data++;
    if (owner->then_data != NULL)
        owner->then_data(owner);
}

static inline void owner_on_close(void *arg, int error)
{
    struct owner *owner = arg;

    cr_assert_not(owner->gone, "on_close after conn_close");
    cr_assert_leq(error, 0);
    owner->closed++;
    owner->close_error = error;
    if (owner->then_close != NULL)
        owner->then_close(owner);
}

static inline void owner_on_drain(void *arg)
{
    struct owner *owner = arg;

    cr_assert_not(owner->gone, "on_drain after conn_close");
    owner->drained++;
    if (owner->then_drain != NULL)
        owner->then_drain(owner);
}

static const struct conn_ops owner_ops = {.on_open = owner_on_open,
                                          .on_data = owner_on_data,
                                          .on_close = owner_on_close,
                                          .on_drain = owner_on_drain};

static inline void owner_close(struct owner *owner)
{
    owner->gone = true;
    conn_close(owner->conn);
}

static inline void owner_take(struct owner *owner, struct rig *rig, const int fds[2], size_t max_in)
{
    *owner = (struct owner){.rig = rig, .fd = fds[1], .ours = fds[0]};
    cr_assert_eq(fcntl(owner->fd, F_SETFL, O_NONBLOCK), 0);
    owner->conn = conn_accept(rig->net, fds[0], max_in, &owner_ops, owner);
    cr_assert_not_null(owner->conn);
}

/* A conn on a socket pair: SOCK_STREAM, or SOCK_SEQPACKET to see each write apart. */
static inline void owner_pair(struct owner *owner, struct rig *rig, int type, size_t max_in)
{
    int fds[2], small = 16 * 1024;

    cr_assert_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    owner_take(owner, rig, fds, max_in);
}

/* A listening socket on a loopback port. */
static inline int rig_listen(int backlog, uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(listen(fd, backlog), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* Connects to a loopback port; what connect() says is in *error. */
static inline int rig_connect(uint16_t port, int flags, int *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    *error = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    return fd;
}

/* A conn on a TCP connection over loopback. */
static inline void owner_tcp(struct owner *owner, struct rig *rig, size_t max_in)
{
    uint16_t port;
    int listening = rig_listen(1, &port), error;
    int fds[2];

    fds[1] = rig_connect(port, 0, &error);
    cr_assert_eq(error, 0);
    fds[0] = accept(listening, NULL, NULL);
    cr_assert_geq(fds[0], 0);
    close(listening);
    owner_take(owner, rig, fds, max_in);
}

static inline void owner_say(struct owner *owner, const void *octets, size_t n)
{
    uint8_t *out = conn_reserve(owner->conn, n);

    cr_assert_not_null(out);
    memcpy(out, octets, n);
    conn_commit(owner->conn, n);
}

static inline bool owner_has(const struct owner *owner, const char *expected)
{
    size_t len;
    const uint8_t *in = conn_in(owner->conn, &len);

    return len == strlen(expected) && (len == 0 || memcmp(in, expected, len) == 0);
}

static inline size_t owner_unread(const struct owner *owner)
{
    size_t len;

    conn_in(owner->conn, &len);
    return len;
}

static inline bool fd_is_closed(int fd)
{
    return fcntl(fd, F_GETFD) < 0;
}

/* --- the other end --- */

static inline void peer_say(struct owner *owner, const char *text)
{
    cr_assert_eq(write(owner->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* What one read gives, as a string: "" for nothing yet, "EOF", or "error". */
static inline const char *peer_hears(struct owner *owner, char out[256])
{
    ssize_t n = read(owner->fd, out, 255);

    if (n < 0)
        return errno == EAGAIN ? "" : "error";
    if (n == 0)
        return "EOF";
    out[n] = '\0';
    return out;
}

/* A stream of octets in which each place has its own value, so that a loss or a double shows. */
static inline uint8_t octet_at(uint64_t place)
{
    return (uint8_t)(place * 2654435761u >> 13);
}

/* Writes as much of the stream as goes, up to `end`. Returns where it stands. */
static inline uint64_t peer_pour(struct owner *owner, uint64_t from, uint64_t end)
{
    uint8_t octets[4096];

    while (from < end) {
        size_t n = end - from < sizeof octets ? (size_t)(end - from) : sizeof octets;
        ssize_t written;

        for (size_t i = 0; i < n; i++)
            octets[i] = octet_at(from + i);
        written = write(owner->fd, octets, n);
        if (written <= 0)
            break;
        from += (uint64_t)written;
    }
    return from;
}

/* Reads and checks as much of the stream as is there. */
static inline uint64_t peer_drink(struct owner *owner, uint64_t from)
{
    uint8_t octets[4096];
    ssize_t n;

    while ((n = read(owner->fd, octets, sizeof octets)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            cr_assert_eq(octets[i], octet_at(from + (uint64_t)i));
        from += (uint64_t)n;
    }
    return from;
}

/* Puts `n` octets of the stream into the output. */
static inline void owner_pour(struct owner *owner, size_t n)
{
    uint64_t from = conn_queued(owner->conn);
    uint8_t *out = conn_reserve(owner->conn, n);

    cr_assert_not_null(out);
    for (size_t i = 0; i < n; i++)
        out[i] = octet_at(from + i);
    conn_commit(owner->conn, n);
}

#endif
