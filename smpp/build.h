/*
 * PDUs that we originate: responses, enquire_link, unbind, bind, receipts, and a submit_multi cut
 * down to some of its destinations. Everything is written into the caller's buffer; a builder
 * returns the octets written, or 0 where the buffer is too small or the fields make no PDU, as a
 * C-octet string with a NUL inside does (nothing is then promised of the buffer's contents). The
 * buffer must not overlap what is read. What others sent is never re-encoded here, only cut
 * (build_multi_subset).
 */
#ifndef SMPP_BUILD_H
#define SMPP_BUILD_H

#include "smpp/view.h"

/* A PDU of a header only: enquire_link(_resp), unbind(_resp), generic_nack, and responses with an
 * error status, for which SMPP 3.4 section 4.4.2 allows leaving the body out. */
size_t smpp_build_header(uint8_t *out, size_t cap, uint32_t command_id, uint32_t status,
                         uint32_t sequence);

/* A response whose body is one C-octet string (message_id, system_id; "" for none): submit_sm_resp,
 * deliver_sm_resp, data_sm_resp, bind_*_resp. */
size_t smpp_build_resp(uint8_t *out, size_t cap, uint32_t command_id, uint32_t status,
                       uint32_t sequence, const char *id);

/* The response that refuses `request` with `status`: with the body that every client library
 * parses (submit_sm_resp and deliver_sm_resp: an empty string; submit_multi_resp: empty string and
 * no_unsuccess 0; query_sm_resp, replace, cancel: as the standard says); generic_nack for commands
 * that no table lists; 0 where the standard gives no answer (see smpp_wants_resp). */
__attribute__((nonnull(1, 3))) size_t
smpp_build_refusal(uint8_t *out, size_t cap, const struct smpp_header *request, uint32_t status);

/* bind_* with the fields of `bind`; its TLVs are copied as they are. */
__attribute__((nonnull(1, 5))) size_t smpp_build_bind(uint8_t *out, size_t cap, uint32_t command_id,
                                                      uint32_t sequence,
                                                      const struct smpp_bind *bind);

/* submit_sm, deliver_sm or data_sm (header.command_id says which; else 0) from the fields of `msg`;
 * header.sequence and status are used, header.length is not; TLVs are copied as they are. 0 where
 * short_message has more than 254 octets; data_sm has none and leaves it out. */
__attribute__((nonnull(1, 3))) size_t smpp_build_msg(uint8_t *out, size_t cap,
                                                     const struct smpp_msg *msg);

/* `pdu`, a submit_multi that smpp_view_msg() has read into `msg`, with only those destinations i
 * (in the order of the PDU, from 0) for which keep(ctx, i) is true; the rest byte for byte. 0 where
 * none is kept: no PDU says that. */
__attribute__((nonnull(1, 3, 4, 5))) size_t
smpp_build_multi_subset(uint8_t *out, size_t cap, const uint8_t *pdu, const struct smpp_msg *msg,
                        bool (*keep)(void *ctx, unsigned i), void *ctx);

struct smpp_unsuccess {
    struct smpp_addr addr;
    uint32_t status;
};

/* submit_multi_resp with `n` entries of unsuccess_sme (SMPP 3.4, 4.5.2), of which the first 255
 * are written. */
size_t smpp_build_multi_resp(uint8_t *out, size_t cap, uint32_t status, uint32_t sequence,
                             struct smpp_str message_id, const struct smpp_unsuccess *entries,
                             unsigned n);

/* The carrier's submit_multi_resp `pdu` with `n` more entries behind its own, TLVs kept. A
 * response without a readable body gets one. A response that can hold no more (255 entries) keeps
 * its own entries and as many of ours as fit. */
__attribute__((nonnull(1, 3))) size_t
smpp_build_multi_resp_added(uint8_t *out, size_t cap, const uint8_t *pdu, size_t len,
                            const struct smpp_unsuccess *entries, unsigned n);

#endif
