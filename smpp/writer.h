/*
 * Writes one PDU into a buffer of the caller's: what build.c and build_multi.c share. Running out
 * of room is sticky: writers go on without looking and writer_close() tells. Private to smpp/;
 * knows the shapes of fields, not of commands.
 */
#ifndef SMPP_WRITER_H
#define SMPP_WRITER_H

#include "smpp/view.h"

#include <string.h>

struct writer {
    uint8_t *out;
    size_t cap, len;
    bool failed; /* no room, or a string that cannot be written */
};

static inline void put_bytes(struct writer *w, const void *bytes, size_t n)
{
    if (n > w->cap - w->len) {
        w->failed = true;
        return;
    }
    if (n > 0)
        memcpy(w->out + w->len, bytes, n);
    w->len += n;
}

static inline void put_octet(struct writer *w, uint8_t octet)
{
    put_bytes(w, &octet, 1);
}

/* A C-octet string. One that holds a NUL would shift every field behind it: it fails the PDU. */
static inline void put_string(struct writer *w, struct smpp_str s)
{
    if (s.len > 0 && memchr(s.p, 0, s.len) != NULL)
        w->failed = true;
    put_bytes(w, s.p, s.len);
    put_octet(w, 0);
}

static inline void put_addr(struct writer *w, const struct smpp_addr *addr)
{
    put_octet(w, addr->ton);
    put_octet(w, addr->npi);
    put_string(w, addr->digits);
}

static inline void writer_open(struct writer *w, uint8_t *out, size_t cap, uint32_t command_id,
                               uint32_t status, uint32_t sequence)
{
    uint8_t head[SMPP_HEADER_LEN];
    smpp_put_header(head, &(struct smpp_header){0, command_id, status, sequence});
    *w = (struct writer){out, cap, 0, false};
    put_bytes(w, head, sizeof(head));
}

/* Sets command_length. Returns the octets written, or 0. */
static inline size_t writer_close(struct writer *w)
{
    if (w->failed || w->len > UINT32_MAX)
        return 0;
    smpp_put32(w->out, (uint32_t)w->len);
    return w->len;
}

#endif
