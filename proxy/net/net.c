#include "proxy/net/net.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCKS_KEPT 256u

struct net *net_new(struct log *log)
{
    struct net *net = calloc(1, sizeof *net);

    if (net == NULL)
        return NULL;
    net->log = log;
    net->clocks = &net->read;
    net->base = event_base_new();
    if (net->base == NULL) {
        free(net);
        return NULL;
    }
    return net;
}

void net_free(struct net *net)
{
    if (net == NULL)
        return;
    conn_free_all(net);
    while (net->blocks != NULL) {
        void *block = net->blocks;

        memcpy(&net->blocks, block, sizeof net->blocks);
        free(block);
    }
    event_base_free(net->base);
    free(net);
}

struct event_base *net_base(const struct net *net)
{
    return net->base;
}

static uint64_t clock_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t net_now_us(const struct net *net)
{
    if (net->clocks->now_us == 0)
        net->clocks->now_us = clock_us(CLOCK_MONOTONIC);
    return net->clocks->now_us;
}

uint64_t net_unix_ms(const struct net *net)
{
    if (net->clocks->unix_ms == 0)
        net->clocks->unix_ms = clock_us(CLOCK_REALTIME) / 1000u;
    return net->clocks->unix_ms;
}

void net_hook_arm(struct net *net, struct net_hook *hook)
{
    if (hook->armed)
        return;
    hook->armed = true;
    hook->next = net->hooks;
    net->hooks = hook;
}

static void run_hooks(struct net *net)
{
    while (net->hooks != NULL) {
        struct net_hook *hook = net->hooks;

        net->hooks = hook->next;
        hook->armed = false;
        hook->run(hook->arg);
    }
}

/* A hook may produce output, and a failed write may make its owner produce more, or arm a hook
 * again: the pass ends when nothing is left of either. */
static void end_of_pass(struct net *net)
{
    do {
        run_hooks(net);
        conn_flush_dirty(net);
    } while (net->hooks != NULL || net->dirty != NULL);
    conn_free_dead(net);
    net->read = (struct net_clocks){0};
}

void net_run_once(struct net *net)
{
    event_base_loop(net->base, EVLOOP_ONCE);
    end_of_pass(net);
}

void net_run(struct net *net)
{
    net->stop = false;
    end_of_pass(net);
    while (!net->stop)
        net_run_once(net);
}

void net_stop(struct net *net)
{
    net->stop = true;
    event_base_loopbreak(net->base);
}

static uint8_t *block_take(struct net *net)
{
    void *block = net->blocks;

    if (block == NULL)
        return malloc(NET_BLOCK);
    memcpy(&net->blocks, block, sizeof net->blocks);
    net->block_count--;
    return block;
}

static void block_give(struct net *net, void *block)
{
    if (net->block_count >= BLOCKS_KEPT) {
        free(block);
        return;
    }
    memcpy(block, &net->blocks, sizeof net->blocks);
    net->blocks = block;
    net->block_count++;
}

void iobuf_release(struct net *net, struct iobuf *buf)
{
    if (buf->data == NULL)
        return;
    if (buf->cap == NET_BLOCK)
        block_give(net, buf->data);
    else
        free(buf->data);
    memset(buf, 0, sizeof *buf);
}

static bool iobuf_grow(struct net *net, struct iobuf *buf, size_t need)
{
    size_t used = buf->end - buf->start;
    size_t cap = buf->cap;
    uint8_t *data;

    while (cap - used < need) {
        if (cap > SIZE_MAX / 2)
            return false;
        cap *= 2;
    }
    data = malloc(cap);
    if (data == NULL)
        return false;
    memcpy(data, buf->data + buf->start, used);
    iobuf_release(net, buf);
    *buf = (struct iobuf){.data = data, .cap = cap, .start = 0, .end = used};
    return true;
}

bool iobuf_room(struct net *net, struct iobuf *buf, size_t need)
{
    size_t used = buf->end - buf->start;

    if (buf->data == NULL) {
        buf->data = block_take(net);
        if (buf->data == NULL)
            return false;
        buf->cap = NET_BLOCK;
        buf->start = buf->end = 0;
    }
    if (buf->cap - buf->end >= need)
        return true;
    /* Moving is worth it while it moves less than it frees; else the buffer is simply too small. */
    if (buf->cap - used >= need && used <= buf->start) {
        memmove(buf->data, buf->data + buf->start, used);
        buf->start = 0;
        buf->end = used;
        return true;
    }
    return iobuf_grow(net, buf, need);
}
