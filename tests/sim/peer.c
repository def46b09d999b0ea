#include "tests/sim/peer.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#define UNREAD_MAX ((size_t)4 * 1024 * 1024)

struct peer {
    struct bufferevent *wire;
    struct event *ending; /* calls on_close from the loop, so that nobody is freed under foot */
    const struct peer_calls *calls;
    void *ctx;
    const char *why;
    uint32_t sequence;
    bool closing, reading;
};

static void end(struct peer *peer, const char *why)
{
    if (peer->why != NULL)
        return;
    peer->why = why;
    bufferevent_disable(peer->wire, EV_READ | EV_WRITE);
    event_active(peer->ending, 0, 0);
}

static void on_ending(evutil_socket_t fd, short what, void *ctx)
{
    struct peer *peer = ctx;
    (void)fd;
    (void)what;
    peer->calls->on_close(peer->ctx, peer->why);
}

static size_t unread(const struct peer *peer)
{
    return evbuffer_get_length(bufferevent_get_output(peer->wire));
}

static void refuse_garbage(struct peer *peer)
{
    uint8_t nack[SMPP_HEADER_LEN];

    smpp_put_header(nack,
                    &(struct smpp_header){sizeof(nack), SMPP_generic_nack, ESME_RINVCMDLEN, 0});
    peer_send(peer, nack, sizeof(nack));
    peer_close(peer);
}

static void on_readable(struct bufferevent *wire, void *ctx)
{
    struct peer *peer = ctx;
    struct evbuffer *in = bufferevent_get_input(wire);

    while (!peer->closing && peer->why == NULL && peer->reading) {
        struct smpp_header header;
        uint8_t lead[SMPP_HEADER_LEN];
        ev_ssize_t have = evbuffer_copyout(in, lead, sizeof(lead));
        if (have <= 0)
            return;
        enum smpp_frame_result found = smpp_frame_next(lead, (size_t)have, PEER_MAX_PDU, &header);
        if (found == SMPP_FRAME_BAD) {
            refuse_garbage(peer);
            return;
        }
        if (header.length == 0 || evbuffer_get_length(in) < header.length)
            return;
        const uint8_t *pdu = evbuffer_pullup(in, (ev_ssize_t)header.length);
        if (pdu == NULL) {
            end(peer, "out of memory");
            return;
        }
        smpp_frame_next(pdu, header.length, PEER_MAX_PDU, &header);
        peer->calls->on_pdu(peer->ctx, &header, pdu);
        evbuffer_drain(in, header.length);
        if (unread(peer) > UNREAD_MAX)
            bufferevent_disable(wire, EV_READ);
    }
}

static void on_written(struct bufferevent *wire, void *ctx)
{
    struct peer *peer = ctx;

    if (peer->closing)
        end(peer, "closed by us");
    else if (peer->reading)
        bufferevent_enable(wire, EV_READ);
}

static void on_event(struct bufferevent *wire, short what, void *ctx)
{
    struct peer *peer = ctx;

    if (what & BEV_EVENT_CONNECTED) {
        int on = 1;
        setsockopt(bufferevent_getfd(wire), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (peer->calls->on_open != NULL)
            peer->calls->on_open(peer->ctx);
    } else if (what & BEV_EVENT_EOF) {
        end(peer, "closed by the other side");
    } else {
        end(peer, errno != 0 ? strerror(errno) : "connection failed");
    }
}

static struct peer *peer_new(struct event_base *base, evutil_socket_t fd,
                             const struct peer_calls *calls, void *ctx)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    if (peer == NULL)
        goto fail;
    peer->calls = calls;
    peer->ctx = ctx;
    peer->reading = true;
    peer->ending = event_new(base, -1, 0, on_ending, peer);
    peer->wire = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (peer->ending == NULL || peer->wire == NULL)
        goto fail;
    bufferevent_setcb(peer->wire, on_readable, on_written, on_event, peer);
    bufferevent_enable(peer->wire, EV_READ | EV_WRITE);
    return peer;
fail:
    if (fd >= 0 && (peer == NULL || peer->wire == NULL))
        close(fd);
    peer_free(peer);
    return NULL;
}

struct peer *peer_accept(struct event_base *base, evutil_socket_t fd,
                         const struct peer_calls *calls, void *ctx)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return peer_new(base, fd, calls, ctx);
}

struct peer *peer_connect(struct event_base *base, const char *host, const char *port,
                          const struct peer_calls *calls, void *ctx)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

    if (getaddrinfo(host, port, &hints, &found) != 0)
        return NULL;
    struct peer *peer = peer_new(base, -1, calls, ctx);
    if (peer != NULL &&
        bufferevent_socket_connect(peer->wire, found->ai_addr, (int)found->ai_addrlen) != 0)
        end(peer, "connection failed");
    freeaddrinfo(found);
    return peer;
}

void peer_free(struct peer *peer)
{
    if (peer == NULL)
        return;
    if (peer->wire != NULL)
        bufferevent_free(peer->wire);
    if (peer->ending != NULL)
        event_free(peer->ending);
    free(peer);
}

void peer_send(struct peer *peer, const uint8_t *pdu, size_t len)
{
    if (peer->why != NULL || peer->closing)
        return;
    if (peer->calls->on_sent != NULL)
        peer->calls->on_sent(peer->ctx, pdu, len);
    if (bufferevent_write(peer->wire, pdu, len) != 0)
        end(peer, "out of memory");
}

uint32_t peer_sequence(struct peer *peer)
{
    peer->sequence = peer->sequence >= 0x7FFFFFFFu ? 1 : peer->sequence + 1;
    return peer->sequence;
}

void peer_close(struct peer *peer)
{
    peer->closing = true;
    if (unread(peer) == 0)
        end(peer, "closed by us");
}

void peer_drop(struct peer *peer)
{
    peer->closing = true;
    end(peer, "dropped by us");
}

void peer_read(struct peer *peer, bool on)
{
    peer->reading = on;
    if (peer->why != NULL)
        return;
    if (on) {
        bufferevent_enable(peer->wire, EV_READ);
        bufferevent_trigger(peer->wire, EV_READ, BEV_OPT_DEFER_CALLBACKS);
    } else {
        bufferevent_disable(peer->wire, EV_READ);
    }
}
