/*
 * Byte streams on one event loop: accepted or opened sockets with their own buffers. A conn knows
 * bytes, not PDUs and not sessions. What is written during a loop pass goes out in one write at its
 * end; what is closed during a pass is freed after it, so a callback may close any conn, its own
 * included, and nobody holds a stale pointer before the next pass.
 *
 * Buffers are taken from a pool when there is something in them and given back when there is not:
 * an idle conn costs its struct and its socket.
 */
#ifndef PROXY_NET_CONN_H
#define PROXY_NET_CONN_H

#include "proxy/conf.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The loop and what all conns of it share: pool, list of conns to flush, list of conns to free. */
struct net;
struct conn;

struct net *net_new(struct log *log);
void net_free(struct net *net);
struct event_base *net_base(const struct net *net);
uint64_t net_now_us(const struct net *net);  /* monotonic, read once a pass */
uint64_t net_unix_ms(const struct net *net); /* Unix time, read once a pass */

/* Runs passes until net_stop(): events, then `end_of_pass` callbacks, then writes, then frees. */
void net_run(struct net *net);
void net_run_once(struct net *net); /* one pass; waits for an event */
void net_stop(struct net *net);

/* Called at the end of each pass in which it was asked for, before the writes. */
struct net_hook {
    void (*run)(void *arg);
    void *arg;
    struct net_hook *next;
    bool armed;
};
void net_hook_arm(struct net *net, struct net_hook *hook);

struct conn_ops {
    /* A conn made by conn_open is connected (error 0), or could not be (-errno; then on_close does
     * not follow and the conn is gone). */
    void (*on_open)(void *arg, int error);
    /* New octets were added to conn_in(). Consume what is whole; the rest stays. */
    void (*on_data)(void *arg);
    /* The peer closed or the stream broke (error 0: an orderly end). Octets still in conn_in() may
     * be consumed. The owner must call conn_close, now or later. */
    void (*on_close)(void *arg, int error);
    /* The output has fallen below its low-water mark after conn_out_full() was true. */
    void (*on_drain)(void *arg);
};

/* Takes over a connected socket. `max_in` bounds the octets kept unread in conn_in(): beyond it the
 * socket is not read. NULL: out of memory (fd is then closed). */
struct conn *conn_accept(struct net *net, int fd, size_t max_in, const struct conn_ops *ops,
                         void *arg);

/* Opens a stream to tcp:// or unix: (host names are looked up with the system's resolver before the
 * call returns). Always calls on_open, never from within the call. NULL: out of memory. */
struct conn *conn_open(struct net *net, const struct conf_uri *uri, uint64_t timeout_ms,
                       size_t max_in, const struct conn_ops *ops, void *arg);

/* Flushes what can be written at once, closes, frees after the pass. No callback follows. */
void conn_close(struct conn *conn);

/* The unread octets. They may move when more arrive, never during a callback. */
const uint8_t *conn_in(const struct conn *conn, size_t *len);
void conn_consume(struct conn *conn, size_t n);

/* Stops and resumes reading the socket: how pressure travels backwards. */
void conn_read_pause(struct conn *conn);
void conn_read_resume(struct conn *conn);

/* Room for `n` octets at the end of the output, to be filled and then committed (not more than
 * reserved). NULL only when out of memory. Written at the end of the pass. */
uint8_t *conn_reserve(struct conn *conn, size_t n);
void conn_commit(struct conn *conn, size_t n);

/* Octets accepted by conn_commit since the conn was made, and of those the ones that the kernel has
 * taken: what lies between is not yet sent. */
uint64_t conn_queued(const struct conn *conn);
uint64_t conn_written(const struct conn *conn);

/* More is waiting than a well-behaved peer leaves there: stop producing until on_drain. */
bool conn_out_full(const struct conn *conn);

uint64_t conn_last_read_us(const struct conn *conn); /* net_now_us() of the last octet */
const char *conn_peer(const struct conn *conn);      /* "192.0.2.1:40000", for the log */

#endif
