/* What conn.c and net.c share. Nobody else includes it. */
#ifndef PROXY_NET_NET_H
#define PROXY_NET_NET_H

#include "proxy/net/conn.h"

#define NET_BLOCK 16384u /* the usual buffer; larger ones are made and freed as needed */

struct net {
    struct event_base *base;
    struct log *log;
    struct conn *dirty; /* have output that was not offered to the kernel in this pass */
    struct conn *dead;  /* to be freed after this pass */
    struct conn *all;   /* every conn that is not freed, so that net_free leaves nothing */
    struct net_hook *hooks;
    void *blocks; /* free blocks, linked through their first word */
    unsigned block_count;
    uint64_t now_us, unix_ms; /* 0: not read in this pass */
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

/* conn.c: the two halves of the end of a pass. */
void conn_flush_dirty(struct net *net);
void conn_free_dead(struct net *net);
void conn_free_all(struct net *net);

#endif
