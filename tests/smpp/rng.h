/*
 * Numbers that look random and are the same in every run, so that a failure can be repeated.
 */
#ifndef TESTS_SMPP_RNG_H
#define TESTS_SMPP_RNG_H

#include "smpp/view.h"

struct rng {
    uint64_t state;
};

/* xorshift64* */
static inline uint32_t rng_next(struct rng *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (uint32_t)((r->state * 0x2545F4914F6CDD1Du) >> 32);
}

/* 0 to below - 1. */
static inline uint32_t rng_below(struct rng *r, uint32_t below)
{
    return rng_next(r) % below;
}

/* 0 to max octets, written to space; without NULs where they are to be a C-octet string. */
static inline struct smpp_str rng_str(struct rng *r, uint8_t *space, size_t max, bool nul)
{
    size_t n = rng_below(r, (uint32_t)max + 1);
    for (size_t i = 0; i < n; i++)
        space[i] = nul ? (uint8_t)rng_next(r) : (uint8_t)(1 + rng_below(r, 255));
    return (struct smpp_str){space, n};
}

#endif
