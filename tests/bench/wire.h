/*
 * Sockets for many peers on one epoll: whole PDUs in, PDUs out, one read a wake-up and one write a
 * pass and peer, so that the generator costs little beside what it measures. The wire owns its
 * peers until wire_free(); a closed peer stays valid and does nothing. Knows framing, no commands.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "smpp/frame.h"

#include <netinet/in.h>

struct wire;
struct peer;

struct peer_calls {
    void (*on_pdu)(void *ctx, struct peer *peer, const struct smpp_header *header,
                   const uint8_t *pdu);
    void (*on_read)(void *ctx);  /* after the PDUs of one read; may be NULL */
    void (*on_close)(void *ctx); /* the other side closed, or the stream is broken */
};

struct wire *wire_new(void); /* NULL: out of memory or descriptors */
void wire_free(struct wire *wire);

/* Nanoseconds of the monotonic clock: as of the last wake-up, and as of now. */
uint64_t wire_woken(const struct wire *wire);
uint64_t wire_now(void);

/* on_accept is called for each new peer and gives it its calls by peer_attach(). 0 or -errno. */
int wire_listen(struct wire *wire, const struct sockaddr_in *address,
                void (*on_accept)(void *ctx, struct peer *peer), void *ctx);

/* NULL: errno says why. */
struct peer *wire_connect(struct wire *wire, const struct sockaddr_in *address,
                          const struct peer_calls *calls, void *ctx);
void peer_attach(struct peer *peer, const struct peer_calls *calls, void *ctx);

/* Room for one PDU behind what waits to be written; commit says how much of it was used. */
uint8_t *peer_reserve(struct peer *peer, size_t len);
void peer_commit(struct peer *peer, size_t len);
void peer_close(struct peer *peer); /* on_close does not follow */

/* Writes what waits, sleeps until something comes or `until_ns`, and handles it: 0 or -errno. */
int wire_pass(struct wire *wire, uint64_t until_ns);

#endif
