#include "proxy/store/sha.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

struct sha {
    EVP_MD_CTX *ctx;
};

/* With the context set up, SHA-256 of memory cannot fail; going on with a wrong digest would spoil
 * the evidence, so it is checked in release builds too. */
static void must(int ok)
{
    if (ok != 1) {
        fputs("SHA-256 failed\n", stderr);
        abort();
    }
}

struct sha *sha_new(void)
{
    struct sha *sha = calloc(1, sizeof *sha);
    if (sha == NULL)
        return NULL;
    sha->ctx = EVP_MD_CTX_new();
    if (sha->ctx == NULL || EVP_DigestInit_ex(sha->ctx, EVP_sha256(), NULL) != 1) {
        sha_free(sha);
        return NULL;
    }
    return sha;
}

void sha_free(struct sha *sha)
{
    if (sha == NULL)
        return;
    EVP_MD_CTX_free(sha->ctx);
    free(sha);
}

void sha_add(struct sha *sha, const void *data, size_t len)
{
    must(EVP_DigestUpdate(sha->ctx, data, len));
}

void sha_hex(struct sha *sha, char hex[SHA_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    must(EVP_DigestFinal_ex(sha->ctx, digest, &len));
    must(len == SHA_HEX / 2);
    must(EVP_DigestInit_ex(sha->ctx, NULL, NULL));
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    hex[SHA_HEX] = '\0';
}
