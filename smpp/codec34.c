/*
 * Why libsmpp34 gets so little: it reads C-octet strings with strlen() and no bound, its log is a
 * global of 2,048 octets that a few dozen TLVs overflow, it allocates TLVs and destinations that
 * it loses on errors, and its packer writes past its buffer with 20 destinations. So every PDU is
 * measured here before the library sees it, against the shape of its command: strings must end
 * inside it, and nothing may stand behind the mandatory part. With that, no path of the library
 * allocates, and its log stays under 1,500 octets.
 */
#include "smpp/codec34.h"

#include "smpp/frame.h"

#include <libsmpp34/smpp34_structs.h>

#include <errno.h>
#include <string.h>

/* The mandatory part: s a C-octet string, 1 an octet, m sm_length and short_message.
 * submit_multi and its response have lists and are not let in. */
struct shape {
    uint32_t command_id;
    const char *fields;
};

static const struct shape shapes[] = {
    {SMPP_generic_nack, ""},
    {SMPP_bind_receiver, "sss111s"},
    {SMPP_bind_transmitter, "sss111s"},
    {SMPP_bind_transceiver, "sss111s"},
    {SMPP_bind_receiver_resp, "s"},
    {SMPP_bind_transmitter_resp, "s"},
    {SMPP_bind_transceiver_resp, "s"},
    {SMPP_outbind, "ss"},
    {SMPP_unbind, ""},
    {SMPP_unbind_resp, ""},
    {SMPP_enquire_link, ""},
    {SMPP_enquire_link_resp, ""},
    {SMPP_submit_sm, "s11s11s111ss1111m"},
    {SMPP_deliver_sm, "s11s11s111ss1111m"},
    {SMPP_data_sm, "s11s11s111"},
    {SMPP_submit_sm_resp, "s"},
    {SMPP_deliver_sm_resp, "s"},
    {SMPP_data_sm_resp, "s"},
    {SMPP_query_sm, "s11s"},
    {SMPP_query_sm_resp, "ss11"},
    {SMPP_cancel_sm, "ss11s11s"},
    {SMPP_cancel_sm_resp, ""},
    {SMPP_replace_sm, "s11sss11m"},
    {SMPP_replace_sm_resp, ""},
};

union any_pdu {
    bind_receiver_t bind_receiver;
    bind_transmitter_t bind_transmitter;
    bind_transceiver_t bind_transceiver;
    bind_receiver_resp_t bind_receiver_resp;
    bind_transmitter_resp_t bind_transmitter_resp;
    bind_transceiver_resp_t bind_transceiver_resp;
    outbind_t outbind;
    unbind_t header_only;
    submit_sm_t submit_sm;
    deliver_sm_t deliver_sm;
    data_sm_t data_sm;
    submit_sm_resp_t submit_sm_resp;
    deliver_sm_resp_t deliver_sm_resp;
    data_sm_resp_t data_sm_resp;
    query_sm_t query_sm;
    query_sm_resp_t query_sm_resp;
    cancel_sm_t cancel_sm;
    replace_sm_t replace_sm;
};

static const char *fields_of(uint32_t command_id)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (shapes[i].command_id == command_id)
            return shapes[i].fields;
    }
    return NULL;
}

/* Whether the body is exactly these fields, up to its last octet. */
static bool has_shape(const uint8_t *p, const uint8_t *end, const char *fields)
{
    for (; *fields != '\0'; fields++) {
        if (p == end)
            return false;
        size_t left = (size_t)(end - p);
        if (*fields == 's') {
            const uint8_t *nul = memchr(p, 0, left);
            if (nul == NULL)
                return false;
            p = nul + 1;
        } else if (*fields == 'm') {
            if (*p > left - 1)
                return false;
            p += 1u + *p;
        } else {
            p++;
        }
    }
    return p == end;
}

int codec34_round_trip(const uint8_t *pdu, size_t len, uint8_t *out, size_t cap)
{
    struct smpp_header header;
    if (smpp_frame_next(pdu, len, CODEC34_MAX, &header) != SMPP_FRAME_PDU || header.length != len ||
        header.status != ESME_ROK)
        return -EINVAL;
    const char *fields = fields_of(header.command_id);
    if (fields == NULL || !has_shape(pdu + SMPP_HEADER_LEN, pdu + len, fields))
        return -EINVAL;

    /* The library's packer wants more room than it fills, and its unpacker more than it may read:
     * both get a buffer of ours with zeros behind the PDU. */
    uint8_t in[CODEC34_MAX + 1] = {0}, packed[2 * CODEC34_MAX];
    union any_pdu any;
    int packed_len = 0;
    memcpy(in, pdu, len);
    memset(&any, 0, sizeof(any));
    if (smpp34_unpack2(&any, in, (int)len) != 0 ||
        smpp34_pack2(packed, (int)sizeof(packed), &packed_len, &any) != 0)
        return -EBADMSG;
    if (packed_len < 0 || (size_t)packed_len > cap)
        return -ENOSPC;
    memcpy(out, packed, (size_t)packed_len);
    return packed_len;
}
