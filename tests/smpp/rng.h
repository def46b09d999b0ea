/*
 * Numbers that look random and are the same in every run, so that a failure can be repeated.
 */
#ifndef TESTS_SMPP_RNG_H
#define TESTS_SMPP_RNG_H

#include <stdint.h>

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

#endif
