/*
 * Messages between their arrival and their end: waiting for a verdict, for their turn, or for the
 * other side's answer. They live in one slab with room for the run of the filters, so that a
 * message costs no allocation. A ticket names one by slot and generation and may outlive it.
 */
#ifndef PROXY_RELAY_HELD_H
#define PROXY_RELAY_HELD_H

#include "filters/chain.h"
#include "proxy/conf.h"
#include "smpp/build.h"

enum held_state {
    HELD_PENDING,  /* a filter waits for a port */
    HELD_PASSED,   /* may go on */
    HELD_REJECTED, /* is to be answered with the call's status */
    HELD_ABSORBED, /* is to be answered as taken */
    HELD_SENT      /* waits for the other side's answer */
};

struct side;

struct held {
    struct held *next; /* in the lane, in order of arrival; or in the free list */
    struct side *from; /* who sent it */
    struct conf *conf; /* whose chain runs */
    struct chain_run *run;
    size_t run_capacity;
    bool running; /* run was started and not ended */
    enum held_state state;
    struct flt_ticket ticket;
    struct smpp_header header;
    uint64_t position; /* of its first octet in the stream from `from` */
    uint64_t arrived_us;
    /* submit_multi of which some destinations were dropped */
    struct smpp_unsuccess *unsuccess;
    unsigned unsuccess_count;
    uint8_t *unsuccess_octets; /* what their addresses point into */
};

struct held_pool;

/* `limit`: messages held at the same time, in all sessions together. */
struct held_pool *held_pool_new(uint32_t limit);
void held_pool_free(struct held_pool *pool);

/* NULL at the limit or out of memory: read no more for now. `conf` is referenced. */
struct held *held_take(struct held_pool *pool, struct conf *conf, size_t run_size);

/* Ends its run and forgets it; tickets to it become stale. */
void held_release(struct held_pool *pool, struct held *held);

/* The message a ticket names, or NULL where it is gone. */
struct held *held_find(struct held_pool *pool, struct flt_ticket ticket);
struct held *held_at(struct held_pool *pool, uint32_t slot);
uint32_t held_count(const struct held_pool *pool);

#endif
