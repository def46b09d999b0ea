/* The door to libsmpp34: whatever comes, nothing unbounded goes through, and what comes back is
 * what went in. */
#include "smpp/codec34.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t out[CODEC34_MAX];
    int n = codec34_round_trip(data, size, out, sizeof(out));
    if (n >= 0 && ((size_t)n != size || memcmp(out, data, size) != 0))
        abort();
    return 0;
}
