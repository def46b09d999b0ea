#include "smpp/frame.h"

enum smpp_frame_result smpp_frame_next(const uint8_t *bytes, size_t len, uint32_t max,
                                       struct smpp_header *header)
{
    *header = (struct smpp_header){0};
    if (len < 4)
        return SMPP_FRAME_MORE;
    header->length = smpp_get32(bytes);
    if (len >= 8)
        header->command_id = smpp_get32(bytes + 4);
    if (len >= 12)
        header->status = smpp_get32(bytes + 8);
    if (len >= SMPP_HEADER_LEN)
        header->sequence = smpp_get32(bytes + 12);

    if (header->length < SMPP_HEADER_LEN || header->length > max)
        return SMPP_FRAME_BAD;
    return len < header->length ? SMPP_FRAME_MORE : SMPP_FRAME_PDU;
}
