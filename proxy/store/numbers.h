/* Many numbers at once: sorted, so that those of one bucket lie together, and without repeats. */
#ifndef PROXY_STORE_NUMBERS_H
#define PROXY_STORE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* Sorts `n` numbers below 2^55 and drops repeats; `scratch` has as much room. Returns how many are
 * left. */
size_t numbers_sort(uint64_t *numbers, uint64_t *scratch, size_t n);

#endif
