/* What conn.c, conn_open.c and net.c share. Nobody else includes it. */
#ifndef PROXY_NET_NET_H
#define PROXY_NET_NET_H

#include "proxy/net/conn.h"

#include <sys/socket.h>
#include <sys/time.h>

#define NET_BLOCK 16384u /* the usual buffer; larger ones are made and freed as needed */

struct net_clocks {
    uint64_t now_us, unix_ms; /* 0: not read in this pass */
};

struct net {
    struct event_base *base;
    struct log *log;
    struct conn *dirty; /* have output that was not offered to the kernel in this pass */
    struct conn *dead;  /* to be freed after this pass */
    struct conn *all;   /* every conn that is not freed, so that net_free leaves nothing */
    struct net_hook *hooks;
    void *blocks; /* free blocks, linked through their first word */
    unsigned block_count;
    /* Points to `read`: a clock that is read once a pass is a cache, and no part of what a const
     * net keeps as it is. */
    struct net_clocks *clocks;
    struct net_clocks read;
    bool stop;
};

/* A growing run of octets: data[start..end) is in use. */
struct iobuf {
    uint8_t *data;
    size_t cap, start, end;
};

/* Makes room for `need` octets behind `end`, moving or growing. False: no memory. */
bool iobuf_room(struct net *net, struct iobuf *buf, size_t need);
void iobuf_release(struct net *net, struct iobuf *buf); /* gives the memory back */

enum conn_state {
    CONN_OPENING, /* connect() is under way */
    CONN_LIVE,
    CONN_ENDED,  /* the peer is gone, on_close was called, the owner has not closed yet */
    CONN_LINGER, /* closed by us: the last output is out, we wait for the peer to read it */
    CONN_DEAD
};

struct conn {
    struct net *net;
    const struct conn_ops *ops;
    void *arg;
    struct event *read_event, *write_event;
    struct iobuf in, out;
    size_t max_in;
    uint64_t queued, written, last_read_us;
    struct conn *next_dirty, *next_dead, *next, **prev;
    struct addrinfo *addresses, *address; /* while opening */
    struct timeval open_timeout;
    size_t lingered;
    int fd;
    enum conn_state state;
    bool is_dirty, paused, reading, write_armed, was_full, closing, broken;
    char peer[64];
};

/* conn.c, for those that make a stream and lose it. */
struct conn *conn_make(struct net *net, size_t max_in, const struct conn_ops *ops, void *arg);
int conn_adopt(struct conn *conn, int fd); /* the socket is the conn's, whatever comes of it */
void conn_name_peer(struct conn *conn, const struct sockaddr *address, socklen_t len);
void conn_update_reading(struct conn *conn);
void conn_mark_dirty(struct conn *conn); /* there is output, or an end, for the end of the pass */
void conn_bury(struct conn *conn);       /* no event follows; freed after the pass */

/* conn_open.c: the socket of a stream that is opening has an answer, or none in time. */
void conn_connected(struct conn *conn, short what);

/* conn.c: the two halves of the end of a pass. */
void conn_flush_dirty(struct net *net);
void conn_free_dead(struct net *net);
void conn_free_all(struct net *net);

#endif
