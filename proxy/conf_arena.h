/*
 * The memory of one configuration snapshot: everything in it is freed at once, after the clean-ups
 * that were left with it have run, last one first. Knows nothing of what it holds.
 */
#ifndef PROXY_CONF_ARENA_H
#define PROXY_CONF_ARENA_H

#include <stddef.h>

struct conf_arena;

struct conf_arena *conf_arena_new(void);
void conf_arena_free(struct conf_arena *arena); /* NULL is fine */

/* `n` zeroed members of `size` octets, aligned for any type. NULL: out of memory. */
void *conf_arena_alloc(struct conf_arena *arena, size_t n, size_t size);

/* A copy of `len` octets with a NUL behind. NULL: out of memory. */
char *conf_arena_copy(struct conf_arena *arena, const char *text, size_t len);

/* Has `run(object)` called when the arena is freed. Returns 0, or -ENOMEM (then `run` was called at
 * once). */
int conf_arena_defer(struct conf_arena *arena, void (*run)(void *object), void *object);

#endif
