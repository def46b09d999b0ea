/*
 * Finds PDUs in a byte stream and reads and writes the 16-byte header (SMPP 3.4, 3.2; 5.0, 4.7).
 * Looks at nothing behind the header. The caller owns the bytes; nothing is copied or kept.
 */
#ifndef SMPP_FRAME_H
#define SMPP_FRAME_H

#include "smpp/ids.h"

#include <stddef.h>

struct smpp_header {
    uint32_t length; /* the whole PDU, header included, in octets */
    uint32_t command_id;
    uint32_t status;
    uint32_t sequence;
};

enum smpp_frame_result {
    SMPP_FRAME_MORE = 0, /* not a whole PDU yet; header->length is set once 4 octets are there */
    SMPP_FRAME_PDU,      /* header is filled, header->length octets may be read */
    SMPP_FRAME_BAD       /* command_length under 16 or over max: the stream is lost for good */
};

/* Judges the length as soon as 4 octets are there, so that "GET / HTTP" costs no buffer. On BAD
 * the header fields that have arrived are filled and the others are 0. header->length is 0 while
 * fewer than 4 octets have arrived. */
__attribute__((nonnull(4))) enum smpp_frame_result
smpp_frame_next(const uint8_t *bytes, size_t len, uint32_t max, struct smpp_header *header);

static inline uint16_t smpp_get16(const uint8_t *p)
{
    return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t smpp_get32(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline void smpp_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void smpp_put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

/* Writes the header's 16 octets. */
static inline void smpp_put_header(uint8_t *p, const struct smpp_header *h)
{
    smpp_put32(p, h->length);
    smpp_put32(p + 4, h->command_id);
    smpp_put32(p + 8, h->status);
    smpp_put32(p + 12, h->sequence);
}

static inline void smpp_set_sequence(uint8_t *pdu, uint32_t sequence)
{
    smpp_put32(pdu + 12, sequence);
}

#endif
