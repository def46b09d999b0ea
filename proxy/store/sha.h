/*
 * SHA-256 as hexadecimal text, over data that arrives in pieces. One object serves any number of
 * digests, one after the other; it belongs to one thread. Knows nothing of what is hashed.
 */
#ifndef PROXY_STORE_SHA_H
#define PROXY_STORE_SHA_H

#include <stddef.h>

#define SHA_HEX 64 /* characters of a digest, without the terminating zero */

struct sha;

struct sha *sha_new(void); /* NULL if out of memory */
void sha_free(struct sha *sha);

void sha_add(struct sha *sha, const void *data, size_t len);

/* Ends the digest of what was added since the last one, and begins the next. */
void sha_hex(struct sha *sha, char hex[SHA_HEX + 1]);

#endif
