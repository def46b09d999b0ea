#include "proxy/store/numbers.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS     5
#define VALUES     (1u << DIGIT_BITS)

static unsigned digit(uint64_t number, unsigned place)
{
    return (unsigned)(number >> (place * DIGIT_BITS)) & (VALUES - 1);
}

static bool is_sorted(const uint64_t *numbers, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (numbers[i] <= numbers[i - 1]) {
            return false;
        }
    }
    return true;
}

size_t numbers_sort(uint64_t *numbers, uint64_t *scratch, size_t n)
{
    size_t starts[DIGITS][VALUES] = {{0}};
    uint64_t *from = numbers, *to = scratch;

    if (is_sorted(numbers, n)) {
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        assert(numbers[i] >> (DIGITS * DIGIT_BITS) == 0);
        for (unsigned place = 0; place < DIGITS; place++) {
            starts[place][digit(numbers[i], place)]++;
        }
    }
    for (unsigned place = 0; place < DIGITS; place++) {
        size_t sum = 0;
        for (unsigned value = 0; value < VALUES; value++) {
            size_t count = starts[place][value];
            starts[place][value] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++) {
            to[starts[place][digit(from[i], place)]++] = from[i];
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) { /* an odd number of passes: the result is in `from` */
        if (kept == 0 || from[i] != numbers[kept - 1]) {
            numbers[kept++] = from[i];
        }
    }
    return kept;
}
