/*
 * Names under the journal directory: chains, their locks, and their numbered segments. Knows no
 * lines beyond the sequence number that each begins with.
 */
#ifndef PROXY_STORE_JOURNAL_DIR_H
#define PROXY_STORE_JOURNAL_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_MAX  99999999u
#define SEGMENT_NAME sizeof("00000001.jsonl")

/* Makes a directory and those above it that are missing, and syncs their entries. */
int journal_dir_make(const char *path);

/* 0 or -errno; what is made is synced into `fd`, an open directory. */
int journal_dir_sync(int fd);

/* An open directory of a chain, or -errno. -EINVAL where the name is no chain's. */
int chain_open(const char *dir, const char *chain);

/* Takes the lock of a free chain of `kind` for this host, or of a new one. The name is malloc'd;
 * the lock is held until *lock is closed. 0 or -errno. */
int chain_take(const char *dir, const char *kind, char **name, int *lock);

/* Whether a writer holds the chain's lock, as far as can be told without holding it. */
bool chain_is_live(int chain);

/* The lock's content: the last line that its writer has synced. A reader must not go beyond while
 * the writer lives: what lies behind may be taken back, and its numbers used again. Writing it may
 * fail; then readers lag. 0 where nothing can be read. */
void chain_mark_write(int lock, uint64_t seq);
uint64_t chain_mark_read(int chain);

void segment_name(uint32_t number, char name[SEGMENT_NAME]);

/* Numbers of the chain's segments, ascending; *numbers is malloc'd. 0 or -errno. */
int segment_list(int chain, uint32_t **numbers, size_t *n);

/* Opens a segment; `flags` as for open. A file descriptor of a regular file, or -errno. */
int segment_open(int chain, uint32_t number, int flags);

/* The number at the front of a line. 0, or -EBADMSG. */
int line_seq(const char *line, size_t len, uint64_t *seq);

/* Of a segment's first line. 0, -ENODATA where it has none yet, or -errno. */
int segment_first_seq(int chain, uint32_t number, uint64_t *seq);

#endif
