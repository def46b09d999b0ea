#include "proxy/conf_arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16 * 1024)

struct block {
    struct block *next;
    size_t used, cap;
    alignas(max_align_t) unsigned char data[];
};

struct cleanup {
    struct cleanup *next;
    void (*run)(void *object);
    void *object;
};

struct conf_arena {
    struct block *blocks;
    struct cleanup *cleanups;
};

struct conf_arena *conf_arena_new(void)
{
    return calloc(1, sizeof(struct conf_arena));
}

void conf_arena_free(struct conf_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct cleanup *c = arena->cleanups; c != NULL; c = c->next)
        c->run(c->object);
    while (arena->blocks != NULL) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    free(arena);
}

static struct block *block_add(struct conf_arena *arena, size_t need)
{
    size_t cap = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct block *block = calloc(1, sizeof(*block) + cap);
    if (block == NULL)
        return NULL;
    block->cap = cap;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *conf_arena_alloc(struct conf_arena *arena, size_t n, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t need;
    if (__builtin_mul_overflow(n, size, &need) || need > SIZE_MAX / 2)
        return NULL;
    need = (need + align - 1) / align * align;
    struct block *block = arena->blocks;
    if (block == NULL || block->cap - block->used < need)
        block = block_add(arena, need);
    if (block == NULL)
        return NULL;
    void *p = block->data + block->used;
    block->used += need;
    return p;
}

char *conf_arena_copy(struct conf_arena *arena, const char *text, size_t len)
{
    char *copy = conf_arena_alloc(arena, len + 1, 1);
    if (copy != NULL && len > 0)
        memcpy(copy, text, len);
    return copy;
}

int conf_arena_defer(struct conf_arena *arena, void (*run)(void *object), void *object)
{
    struct cleanup *cleanup = conf_arena_alloc(arena, 1, sizeof(*cleanup));
    if (cleanup == NULL) {
        run(object);
        return -ENOMEM;
    }
    *cleanup = (struct cleanup){.next = arena->cleanups, .run = run, .object = object};
    arena->cleanups = cleanup;
    return 0;
}
