#include "tests/bench/tally.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOWN 5 /* of each kind */

static const struct {
    const char *name, *meaning;
} faults[] = {
#define X(symbol, meaning) [TALLY_##symbol] = {#symbol, meaning},
    TALLY_FAULTS(X)
#undef X
};

const char *tally_fault_name(enum tally_fault fault)
{
    return faults[fault].name;
}

uint64_t tally_faults(const struct tally *tally)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < TALLY_FAULT_COUNT; i++)
        sum += tally->faults[i];
    return sum;
}

void tally_fault(struct tally *tally, enum tally_fault fault, unsigned session, uint64_t n,
                 uint32_t detail)
{
    if (tally->faults[fault]++ < SHOWN)
        fprintf(stderr, "sg-load: %s: session %u, message %" PRIu64 " (%#x): %s\n",
                faults[fault].name, session, n, detail, faults[fault].meaning);
}
