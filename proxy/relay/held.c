#include "proxy/relay/held.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 256u

struct held_pool {
    struct held **chunks;
    uint32_t chunk_count, chunk_limit;
    uint32_t in_use, limit;
    struct held *free;
};

struct held_pool *held_pool_new(uint32_t limit)
{
    struct held_pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->limit = limit;
    pool->chunk_limit = limit / CHUNK + (limit % CHUNK != 0);
    pool->chunks = calloc(pool->chunk_limit, sizeof(struct held *));
    if (pool->chunks == NULL) {
        free(pool);
        return NULL;
    }
    return pool;
}

void held_pool_free(struct held_pool *pool)
{
    if (pool == NULL)
        return;
    for (uint32_t c = 0; c < pool->chunk_count; c++) {
        for (uint32_t i = 0; i < CHUNK; i++)
            free(pool->chunks[c][i].run);
        free(pool->chunks[c]);
    }
    free(pool->chunks);
    free(pool);
}

static bool add_chunk(struct held_pool *pool)
{
    struct held *chunk;

    if (pool->chunk_count == pool->chunk_limit)
        return false;
    chunk = calloc(CHUNK, sizeof *chunk);
    if (chunk == NULL)
        return false;
    for (uint32_t i = CHUNK; i-- > 0;) {
        chunk[i].ticket.slot = pool->chunk_count * CHUNK + i;
        chunk[i].ticket.generation = 1;
        chunk[i].next = pool->free;
        pool->free = &chunk[i];
    }
    pool->chunks[pool->chunk_count++] = chunk;
    return true;
}

struct held *held_take(struct held_pool *pool, struct conf *conf, size_t run_size)
{
    struct held *held;

    if (pool->in_use == pool->limit || (pool->free == NULL && !add_chunk(pool)))
        return NULL;
    held = pool->free;
    if (held->run_capacity < run_size) {
        free(held->run);
        held->run = malloc(run_size);
        held->run_capacity = held->run == NULL ? 0 : run_size;
        if (held->run == NULL)
            return NULL;
    }
    pool->free = held->next;
    pool->in_use++;
    held->next = NULL;
    held->conf = conf_ref(conf);
    held->running = false;
    held->unsuccess = NULL;
    held->unsuccess_count = 0;
    held->unsuccess_octets = NULL;
    return held;
}

void held_release(struct held_pool *pool, struct held *held)
{
    if (held->running)
        chain_end(held->run);
    held->running = false;
    conf_unref(held->conf);
    held->conf = NULL;
    free(held->unsuccess);
    free(held->unsuccess_octets);
    held->unsuccess = NULL;
    held->unsuccess_octets = NULL;
    held->ticket.generation++;
    held->next = pool->free;
    pool->free = held;
    pool->in_use--;
}

struct held *held_at(struct held_pool *pool, uint32_t slot)
{
    assert(slot < pool->chunk_count * CHUNK);
    return &pool->chunks[slot / CHUNK][slot % CHUNK];
}

struct held *held_find(struct held_pool *pool, struct flt_ticket ticket)
{
    struct held *held;

    if (ticket.slot >= pool->chunk_count * CHUNK)
        return NULL;
    held = held_at(pool, ticket.slot);
    return held->ticket.generation == ticket.generation ? held : NULL;
}

uint32_t held_count(const struct held_pool *pool)
{
    return pool->in_use;
}
