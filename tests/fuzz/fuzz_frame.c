/* A stream in pieces: the first octet says how long a piece is. However it is cut, it must hold the
 * same PDUs. */
#include "smpp/frame.h"

#include <stdlib.h>

#define MAX_PDU 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t pdus, digest;
    enum smpp_frame_result last;
};

/* `piece` more octets of the stream are there each time nothing else can be read. */
static struct seen read_stream(const uint8_t *stream, size_t size, size_t piece)
{
    struct seen seen = {0, 0, SMPP_FRAME_MORE};
    size_t at = 0, arrived = 0;
    for (;;) {
        struct smpp_header h;
        seen.last = smpp_frame_next(stream + at, arrived - at, MAX_PDU, &h);
        if (seen.last == SMPP_FRAME_BAD || (seen.last == SMPP_FRAME_MORE && arrived == size))
            return seen;
        if (seen.last == SMPP_FRAME_MORE) {
            arrived = piece < size - arrived ? arrived + piece : size;
            continue;
        }
        if (h.length < SMPP_HEADER_LEN || h.length > arrived - at)
            abort();
        seen.pdus++;
        seen.digest = seen.digest * 31 + h.length + h.command_id + h.status + h.sequence;
        at += h.length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct seen whole = read_stream(data + 1, size - 1, size);
    struct seen cut = read_stream(data + 1, size - 1, 1u + data[0] % 32);
    if (whole.pdus != cut.pdus || whole.digest != cut.digest || whole.last != cut.last)
        abort();
    return 0;
}
