/*
 * One SMPP connection of the test tools: PDUs in, PDUs out. The owner frees it, in on_close or
 * later; never inside on_pdu, where peer_close() asks for the end instead. Nothing is read while
 * the other side leaves much unread, so memory stays bounded. Knows framing, but no commands.
 */
#ifndef SIM_PEER_H
#define SIM_PEER_H

#include "smpp/frame.h"

#include <event2/event.h>

#define PEER_MAX_PDU (256u * 1024u)

struct peer;

struct peer_calls {
    void (*on_open)(void *ctx); /* connected; for peer_connect() only, may be NULL */
    void (*on_pdu)(void *ctx, const struct smpp_header *header, const uint8_t *pdu);
    void (*on_sent)(void *ctx, const uint8_t *pdu, size_t len); /* before it is sent; may be NULL */
    void (*on_close)(void *ctx, const char *why);               /* once; no call follows */
};

/* Takes over the socket. NULL when out of memory; the socket is closed then. */
struct peer *peer_accept(struct event_base *base, evutil_socket_t fd,
                         const struct peer_calls *calls, void *ctx);
struct peer *peer_connect(struct event_base *base, const char *host, const char *port,
                          const struct peer_calls *calls, void *ctx);
void peer_free(struct peer *peer);

void peer_send(struct peer *peer, const uint8_t *pdu, size_t len);

/* The next sequence number of our own requests. */
uint32_t peer_sequence(struct peer *peer);

/* Ends the connection when all that was sent has gone out, or at once. on_close follows from the
 * event loop. */
void peer_close(struct peer *peer);
void peer_drop(struct peer *peer);

/* Stops and resumes reading from the socket. */
void peer_read(struct peer *peer, bool on);

#endif
