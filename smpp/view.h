/*
 * The fields of a PDU where they lie: a view points into the caller's bytes, copies nothing and is
 * good for as long as they stay where they are. Every length is checked here, so that whoever reads
 * a view needs no bounds of their own. Field limits of the standard (an address of 20 octets, a
 * message_id of 65) are not enforced: real carriers exceed them and a proxy passes them on. Only
 * what makes a PDU unreadable is an error.
 */
#ifndef SMPP_VIEW_H
#define SMPP_VIEW_H

#include "smpp/frame.h"

/* A run of octets. No terminating NUL; may hold any octet, for C-octet strings any but NUL. */
struct smpp_str {
    const uint8_t *p;
    size_t len;
};

struct smpp_addr {
    uint8_t ton, npi;
    struct smpp_str digits; /* the address as written: digits, '+', letters, anything */
};

/* bind_receiver, bind_transmitter, bind_transceiver (SMPP 3.4, 4.1). */
struct smpp_bind {
    struct smpp_str system_id, password, system_type;
    uint8_t interface_version;
    struct smpp_addr range; /* addr_ton, addr_npi, address_range */
    struct smpp_str tlvs;
};

/*
 * submit_sm, deliver_sm (4.4.1, 4.6.1), data_sm (4.7.1), submit_multi (4.5.1), replace_sm (4.10.1),
 * query_sm, cancel_sm (4.8.1, 4.9.1). What a command does not have is zero. For submit_multi `dst`
 * is empty and `dests` holds the destinations: walk them with smpp_dest_next().
 */
struct smpp_msg {
    struct smpp_header header;
    struct smpp_str service_type;
    struct smpp_str message_id; /* replace_sm, query_sm, cancel_sm only */
    struct smpp_addr src, dst;
    uint8_t dest_count; /* submit_multi: number_of_dests */
    struct smpp_str dests;
    uint8_t esm_class, protocol_id, priority_flag, registered_delivery, replace_if_present;
    uint8_t data_coding, sm_default_msg_id;
    struct smpp_str schedule_delivery_time, validity_period;
    struct smpp_str short_message; /* empty in data_sm */
    struct smpp_str tlvs; /* the octets behind the mandatory part, checked as a TLV stream */
};

/* submit_sm_resp, deliver_sm_resp, data_sm_resp, submit_multi_resp, *bind*_resp: the string that
 * leads the body (message_id or system_id), absent in many error responses. */
struct smpp_resp {
    struct smpp_header header;
    struct smpp_str id; /* empty where the body is missing or holds no string */
};

struct smpp_dest {
    uint8_t flag; /* 1: SME address, 2: distribution list (5.2.25) */
    struct smpp_addr addr;
    struct smpp_str list; /* dl_name */
    struct smpp_str raw;  /* the whole entry, dest_flag included */
};

struct smpp_tlv {
    uint16_t tag, len;
    const uint8_t *value;
};

/* Reads one whole PDU of header.length octets. Returns ESME_ROK, or the standard's status for what
 * is wrong: ESME_RINVCMDLEN (fields cut off or NUL missing), ESME_RINVMSGLEN (sm_length beyond the
 * body), ESME_RINVTLVSTREAM (a TLV runs over the end), ESME_RINVNUMDESTS (none, or more than the
 * body holds), ESME_RINVDESTFLAG, ESME_RINVCMDID (no command of the kind). On an error only header
 * means anything, and that as far as its octets have arrived. A single NUL octet behind
 * short_message, which some clients leave there, is tolerated: it and TLVs behind it are read as
 * they were meant. */
__attribute__((nonnull)) uint32_t smpp_view_msg(const uint8_t *pdu, size_t len,
                                                struct smpp_msg *msg);
__attribute__((nonnull)) uint32_t smpp_view_bind(const uint8_t *pdu, size_t len,
                                                 struct smpp_bind *bind);
/* Never fails: a body that cannot be read leaves id empty. An id without its NUL goes to the end of
 * the body; a body that begins with an octet under 0x20 holds TLVs and no id. */
__attribute__((nonnull)) void smpp_view_resp(const uint8_t *pdu, size_t len,
                                             struct smpp_resp *resp);

/* Walks a TLV stream or a destination list: *rest is cut by what was read. True while there was
 * one more; false at the end or where the rest does not parse (*rest is then not empty). */
__attribute__((nonnull)) bool smpp_tlv_next(struct smpp_str *rest, struct smpp_tlv *tlv);
__attribute__((nonnull)) bool smpp_dest_next(struct smpp_str *rest, struct smpp_dest *dest);

/* The first TLV with this tag. Where a tag is doubled, the first counts. */
__attribute__((nonnull)) bool smpp_tlv_find(struct smpp_str tlvs, uint16_t tag,
                                            struct smpp_tlv *tlv);

/* The text octets of a message: message_payload where short_message is empty, short_message
 * otherwise (SMPP 3.4, 5.3.2.32 forbids both; where both are there short_message is what handsets
 * show first, and message_payload is in *more). UDH, if any, is still in front. */
__attribute__((nonnull(1))) struct smpp_str smpp_msg_octets(const struct smpp_msg *msg,
                                                            struct smpp_str *more);

#endif
