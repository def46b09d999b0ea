/*
 * The only door to libsmpp34: an independent second opinion on PDUs of ours. It is not safe on
 * bytes from the network (see the note in codec34.c), so this door takes bounded data only: a
 * whole PDU of at most CODEC34_MAX octets, status 0, mandatory part without TLVs. Never on the way
 * of a message. One thread only: the library keeps globals.
 */
#ifndef SMPP_CODEC34_H
#define SMPP_CODEC34_H

#include <stddef.h>
#include <stdint.h>

#define CODEC34_MAX 400

/* Unpacks with libsmpp34 and packs again. Returns the octets written to out, -EINVAL where the
 * door refuses the PDU (too long, a status, TLVs), -EBADMSG where the library does. */
__attribute__((nonnull)) int codec34_round_trip(const uint8_t *pdu, size_t len, uint8_t *out,
                                                size_t cap);

#endif
