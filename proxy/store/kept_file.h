/*
 * The numbers of an import as they are kept beside the journal, so that Redis can be rebuilt
 * without the file that somebody once had: `imports/<sha256>.gz`, canonical numbers in decimal, one
 * a line. The SHA-256 is of the text inside, so `zcat FILE | sha256sum` proves it. A file is there
 * whole or not at all. Knows no lists and no Redis.
 */
#ifndef PROXY_STORE_KEPT_FILE_H
#define PROXY_STORE_KEPT_FILE_H

#include "proxy/store/sha.h"

#include <stddef.h>
#include <stdint.h>

struct kept_writer;

/* Begins a file under `dir`/imports, which is made where it is missing. NULL and -errno. */
struct kept_writer *kept_create(const char *dir, int *error);

/* 0 or -errno. */
int kept_add(struct kept_writer *writer, const uint64_t *numbers, size_t n);

/* Syncs the file and gives it its name. Frees the writer in any case. 0 or -errno. */
int kept_finish(struct kept_writer *writer, char sha[SHA_HEX + 1]);
void kept_discard(struct kept_writer *writer); /* NULL is fine */

struct kept_reader;

/* `sha` is 64 hex digits. NULL and -errno. */
struct kept_reader *kept_open(const char *dir, const char *sha, int *error);
void kept_close(struct kept_reader *reader);

/* Up to `cap` numbers, in the order of the file; 0 at its end. -EBADMSG where it is damaged or its
 * SHA-256 is not its name (known only at the end). */
int kept_next(struct kept_reader *reader, uint64_t *numbers, size_t cap);

#endif
