#include "tests/bench/wire.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define READ_MAX   (256u * 1024)
#define PDU_MAX    4096u
#define EVENTS_MAX 256
#define NS_PER_S   UINT64_C(1000000000)

struct peer {
    struct wire *wire;
    const struct peer_calls *calls;
    void *ctx;
    struct peer *next;       /* of all */
    struct peer *next_dirty; /* of those with something to write in this pass */
    int fd;                  /* -1: closed */
    bool dirty, blocked;     /* blocked: the socket takes no more, epoll will tell */
    uint8_t *out;
    size_t out_at, out_len, out_cap;
    uint8_t *rest; /* the octets of a PDU that has not come whole */
    size_t rest_len;
};

struct wire {
    int epoll, listener;
    void (*on_accept)(void *ctx, struct peer *peer);
    void *accept_ctx;
    struct peer *peers, *dirty;
    uint64_t woken;
    uint8_t in[PDU_MAX + READ_MAX];
};

uint64_t wire_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t wire_woken(const struct wire *wire)
{
    return wire->woken;
}

struct wire *wire_new(void)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    wire->listener = -1;
    wire->woken = wire_now();
    wire->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (wire->epoll < 0) {
        free(wire);
        return NULL;
    }
    return wire;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    while (wire->peers) {
        struct peer *peer = wire->peers;
        wire->peers = peer->next;
        peer_close(peer);
        free(peer);
    }
    if (wire->listener >= 0)
        close(wire->listener);
    close(wire->epoll);
    free(wire);
}

static int watch(struct wire *wire, int how, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    return epoll_ctl(wire->epoll, how, fd, &event) < 0 ? -errno : 0;
}

static struct peer *peer_new(struct wire *wire, int fd, uint32_t events)
{
    int one = 1;
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer || watch(wire, EPOLL_CTL_ADD, fd, events, peer) < 0) {
        free(peer);
        close(fd);
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    peer->wire = wire;
    peer->fd = fd;
    peer->next = wire->peers;
    wire->peers = peer;
    return peer;
}

int wire_listen(struct wire *wire, const struct sockaddr_in *address,
                void (*on_accept)(void *ctx, struct peer *peer), void *ctx)
{
    int one = 1, error = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 || listen(fd, 1024) < 0)
        error = -errno;
    else
        error = watch(wire, EPOLL_CTL_ADD, fd, EPOLLIN, NULL);
    if (error) {
        close(fd);
        return error;
    }
    wire->listener = fd;
    wire->on_accept = on_accept;
    wire->accept_ctx = ctx;
    return 0;
}

struct peer *wire_connect(struct wire *wire, const struct sockaddr_in *address,
                          const struct peer_calls *calls, void *ctx)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return NULL;
    }
    struct peer *peer = peer_new(wire, fd, EPOLLIN | EPOLLOUT);
    if (peer) {
        peer->blocked = true; /* until epoll says that it is connected */
        peer_attach(peer, calls, ctx);
    }
    return peer;
}

void peer_attach(struct peer *peer, const struct peer_calls *calls, void *ctx)
{
    peer->calls = calls;
    peer->ctx = ctx;
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    free(peer->out);
    free(peer->rest);
    peer->out = peer->rest = NULL;
    peer->out_at = peer->out_len = peer->out_cap = peer->rest_len = 0;
}

static void broken(struct peer *peer)
{
    if (peer->fd < 0)
        return;
    peer_close(peer);
    peer->calls->on_close(peer->ctx);
}

/* Writing. */

uint8_t *peer_reserve(struct peer *peer, size_t len)
{
    if (peer->out_cap - peer->out_len < len) {
        size_t cap = peer->out_cap ? peer->out_cap * 2 : 1024;
        while (cap - peer->out_len < len)
            cap *= 2;
        peer->out = realloc(peer->out, cap);
        assert(peer->out);
        peer->out_cap = cap;
    }
    return peer->out + peer->out_len;
}

void peer_commit(struct peer *peer, size_t len)
{
    peer->out_len += len;
    if (peer->dirty)
        return;
    peer->dirty = true;
    peer->next_dirty = peer->wire->dirty;
    peer->wire->dirty = peer;
}

static void flush(struct peer *peer)
{
    size_t waiting = peer->out_len - peer->out_at;
    if (peer->fd < 0 || peer->blocked || waiting == 0)
        return;
    ssize_t n = send(peer->fd, peer->out + peer->out_at, waiting, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        broken(peer);
        return;
    }
    peer->out_at += n > 0 ? (size_t)n : 0;
    if (peer->out_at < peer->out_len) {
        peer->blocked = true;
        watch(peer->wire, EPOLL_CTL_MOD, peer->fd, EPOLLIN | EPOLLOUT, peer);
    } else {
        peer->out_at = peer->out_len = 0;
    }
}

static void flush_all(struct wire *wire)
{
    while (wire->dirty) {
        struct peer *peer = wire->dirty;
        wire->dirty = peer->next_dirty;
        peer->dirty = false;
        flush(peer);
    }
}

/* Reading. */

static void keep_rest(struct peer *peer, const uint8_t *bytes, size_t len)
{
    peer->rest_len = len;
    if (len == 0)
        return;
    if (!peer->rest)
        peer->rest = malloc(PDU_MAX);
    assert(peer->rest && len <= PDU_MAX);
    memcpy(peer->rest, bytes, len);
}

static void on_readable(struct peer *peer)
{
    uint8_t *in = peer->wire->in;
    struct smpp_header header;
    enum smpp_frame_result result = SMPP_FRAME_MORE;
    ssize_t n = recv(peer->fd, in + peer->rest_len, READ_MAX, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        broken(peer);
        return;
    }
    if (peer->rest_len)
        memcpy(in, peer->rest, peer->rest_len);
    size_t len = peer->rest_len + (size_t)n, at = 0;
    while (at < len) {
        result = smpp_frame_next(in + at, len - at, PDU_MAX, &header);
        if (result != SMPP_FRAME_PDU)
            break;
        peer->calls->on_pdu(peer->ctx, peer, &header, in + at);
        if (peer->fd < 0)
            return;
        at += header.length;
    }
    if (at < len && result == SMPP_FRAME_BAD) {
        broken(peer);
        return;
    }
    keep_rest(peer, in + at, len - at);
    if (peer->calls->on_read)
        peer->calls->on_read(peer->ctx);
}

static void on_writable(struct peer *peer)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
        broken(peer);
        return;
    }
    peer->blocked = false;
    watch(peer->wire, EPOLL_CTL_MOD, peer->fd, EPOLLIN, peer);
    flush(peer);
}

static void accept_all(struct wire *wire)
{
    for (;;) {
        int fd = accept4(wire->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct peer *peer = peer_new(wire, fd, EPOLLIN);
        if (peer)
            wire->on_accept(wire->accept_ctx, peer);
    }
}

int wire_pass(struct wire *wire, uint64_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    flush_all(wire);
    uint64_t now = wire_now(), left = until_ns > now ? until_ns - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S),
                               .tv_nsec = (long)(left % NS_PER_S)};
    int n = epoll_pwait2(wire->epoll, events, EVENTS_MAX, &timeout, NULL);
    wire->woken = wire_now();
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < n; i++) {
        struct peer *peer = events[i].data.ptr;
        if (!peer) {
            accept_all(wire);
            continue;
        }
        if (peer->fd >= 0 && (events[i].events & EPOLLOUT))
            on_writable(peer);
        if (peer->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
            on_readable(peer);
    }
    return 0;
}
