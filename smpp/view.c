#include "smpp/view.h"

#include <string.h>

#define TLV_HEAD 4u /* tag and length */

/* What is left of a body. `cut` is sticky: readers go on without looking, the caller looks once. */
struct cursor {
    const uint8_t *p, *end;
    bool cut;
};

static inline size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->p);
}

static inline uint8_t take_octet(struct cursor *c)
{
    if (c->p == c->end) {
        c->cut = true;
        return 0;
    }
    return *c->p++;
}

static inline struct smpp_str take_string(struct cursor *c)
{
    const uint8_t *start = c->p;
    const uint8_t *nul = memchr(start, 0, left(c));
    if (nul == NULL) {
        c->cut = true;
        c->p = c->end;
        return (struct smpp_str){0};
    }
    c->p = nul + 1;
    return (struct smpp_str){start, (size_t)(nul - start)};
}

static inline struct smpp_addr take_addr(struct cursor *c)
{
    struct smpp_addr addr;
    addr.ton = take_octet(c);
    addr.npi = take_octet(c);
    addr.digits = take_string(c);
    return addr;
}

/* The cursor over the body of one whole PDU. Octets behind header->length are not looked at. */
static uint32_t open_body(const uint8_t *pdu, size_t len, struct smpp_header *header,
                          struct cursor *c)
{
    if (smpp_frame_next(pdu, len, UINT32_MAX, header) != SMPP_FRAME_PDU)
        return ESME_RINVCMDLEN;
    *c = (struct cursor){pdu + SMPP_HEADER_LEN, pdu + header->length, false};
    return ESME_ROK;
}

static bool is_tlv_stream(const uint8_t *p, const uint8_t *end)
{
    while ((size_t)(end - p) >= TLV_HEAD) {
        size_t value_len = smpp_get16(p + 2);
        if (value_len > (size_t)(end - p) - TLV_HEAD)
            return false;
        p += TLV_HEAD + value_len;
    }
    return p == end;
}

static uint32_t take_tlvs(struct cursor *c, struct smpp_str *tlvs)
{
    *tlvs = (struct smpp_str){c->p, left(c)};
    return is_tlv_stream(c->p, c->end) ? ESME_ROK : ESME_RINVTLVSTREAM;
}

/* sm_length, short_message and what follows. */
static uint32_t take_text(struct cursor *c, struct smpp_msg *msg)
{
    size_t sm_length = take_octet(c);
    if (c->cut)
        return ESME_RINVCMDLEN;
    if (sm_length > left(c))
        return ESME_RINVMSGLEN;
    msg->short_message = (struct smpp_str){c->p, sm_length};
    c->p += sm_length;

    uint32_t status = take_tlvs(c, &msg->tlvs);
    if (status == ESME_ROK || *c->p != 0)
        return status;
    /* Perhaps the client ended its text with a NUL and did not count it in sm_length. */
    c->p++;
    return take_tlvs(c, &msg->tlvs);
}

static uint32_t take_dest(struct cursor *c, struct smpp_dest *dest)
{
    *dest = (struct smpp_dest){0};
    if (left(c) == 0)
        return ESME_RINVNUMDESTS;
    const uint8_t *start = c->p;
    dest->flag = take_octet(c);
    if (dest->flag == 1)
        dest->addr = take_addr(c);
    else if (dest->flag == 2)
        dest->list = take_string(c);
    else
        return ESME_RINVDESTFLAG;
    dest->raw = (struct smpp_str){start, (size_t)(c->p - start)};
    return c->cut ? ESME_RINVCMDLEN : ESME_ROK;
}

static uint32_t take_dests(struct cursor *c, struct smpp_msg *msg)
{
    msg->dest_count = take_octet(c);
    if (c->cut)
        return ESME_RINVCMDLEN;
    if (msg->dest_count == 0)
        return ESME_RINVNUMDESTS;
    const uint8_t *start = c->p;
    for (unsigned i = 0; i < msg->dest_count; i++) {
        struct smpp_dest dest;
        uint32_t status = take_dest(c, &dest);
        if (status != ESME_ROK)
            return status;
    }
    msg->dests = (struct smpp_str){start, (size_t)(c->p - start)};
    return ESME_ROK;
}

/* submit_sm, deliver_sm and submit_multi, which differ in the destination alone. */
static uint32_t read_submit(struct cursor *c, struct smpp_msg *msg)
{
    msg->service_type = take_string(c);
    msg->src = take_addr(c);
    if (msg->header.command_id == SMPP_submit_multi) {
        uint32_t status = take_dests(c, msg);
        if (status != ESME_ROK)
            return status;
    } else {
        msg->dst = take_addr(c);
    }
    msg->esm_class = take_octet(c);
    msg->protocol_id = take_octet(c);
    msg->priority_flag = take_octet(c);
    msg->schedule_delivery_time = take_string(c);
    msg->validity_period = take_string(c);
    msg->registered_delivery = take_octet(c);
    msg->replace_if_present = take_octet(c);
    msg->data_coding = take_octet(c);
    msg->sm_default_msg_id = take_octet(c);
    return take_text(c, msg);
}

static uint32_t read_data(struct cursor *c, struct smpp_msg *msg)
{
    msg->service_type = take_string(c);
    msg->src = take_addr(c);
    msg->dst = take_addr(c);
    msg->esm_class = take_octet(c);
    msg->registered_delivery = take_octet(c);
    msg->data_coding = take_octet(c);
    return c->cut ? ESME_RINVCMDLEN : take_tlvs(c, &msg->tlvs);
}

static uint32_t read_replace(struct cursor *c, struct smpp_msg *msg)
{
    msg->message_id = take_string(c);
    msg->src = take_addr(c);
    msg->schedule_delivery_time = take_string(c);
    msg->validity_period = take_string(c);
    msg->registered_delivery = take_octet(c);
    msg->sm_default_msg_id = take_octet(c);
    return take_text(c, msg);
}

static uint32_t read_query(struct cursor *c, struct smpp_msg *msg)
{
    msg->message_id = take_string(c);
    msg->src = take_addr(c);
    return c->cut ? ESME_RINVCMDLEN : take_tlvs(c, &msg->tlvs);
}

static uint32_t read_cancel(struct cursor *c, struct smpp_msg *msg)
{
    msg->service_type = take_string(c);
    msg->message_id = take_string(c);
    msg->src = take_addr(c);
    msg->dst = take_addr(c);
    return c->cut ? ESME_RINVCMDLEN : take_tlvs(c, &msg->tlvs);
}

uint32_t smpp_view_msg(const uint8_t *pdu, size_t len, struct smpp_msg *msg)
{
    struct cursor c;
    *msg = (struct smpp_msg){0};
    uint32_t status = open_body(pdu, len, &msg->header, &c);
    if (status != ESME_ROK)
        return status;

    switch (msg->header.command_id) {
    case SMPP_submit_sm:
    case SMPP_deliver_sm:
    case SMPP_submit_multi: return read_submit(&c, msg);
    case SMPP_data_sm: return read_data(&c, msg);
    case SMPP_replace_sm: return read_replace(&c, msg);
    case SMPP_query_sm: return read_query(&c, msg);
    case SMPP_cancel_sm: return read_cancel(&c, msg);
    default: return ESME_RINVCMDID;
    }
}

uint32_t smpp_view_bind(const uint8_t *pdu, size_t len, struct smpp_bind *bind)
{
    struct cursor c;
    struct smpp_header header;
    *bind = (struct smpp_bind){0};
    uint32_t status = open_body(pdu, len, &header, &c);
    if (status != ESME_ROK)
        return status;
    if (!smpp_is_bind(header.command_id))
        return ESME_RINVCMDID;

    bind->system_id = take_string(&c);
    bind->password = take_string(&c);
    bind->system_type = take_string(&c);
    bind->interface_version = take_octet(&c);
    bind->range = take_addr(&c);
    return c.cut ? ESME_RINVCMDLEN : take_tlvs(&c, &bind->tlvs);
}

void smpp_view_resp(const uint8_t *pdu, size_t len, struct smpp_resp *resp)
{
    struct cursor c;
    *resp = (struct smpp_resp){0};
    if (open_body(pdu, len, &resp->header, &c) != ESME_ROK || left(&c) == 0)
        return;
    /* Error responses may hold TLVs alone. Tags begin with an octet that begins no identifier. */
    if (*c.p < 0x20)
        return;
    const uint8_t *nul = memchr(c.p, 0, left(&c));
    resp->id = (struct smpp_str){c.p, nul != NULL ? (size_t)(nul - c.p) : left(&c)};
}

bool smpp_tlv_next(struct smpp_str *rest, struct smpp_tlv *tlv)
{
    if (rest->len < TLV_HEAD)
        return false;
    uint16_t value_len = smpp_get16(rest->p + 2);
    if (value_len > rest->len - TLV_HEAD)
        return false;
    tlv->tag = smpp_get16(rest->p);
    tlv->len = value_len;
    tlv->value = rest->p + TLV_HEAD;
    rest->p += TLV_HEAD + value_len;
    rest->len -= TLV_HEAD + value_len;
    return true;
}

bool smpp_dest_next(struct smpp_str *rest, struct smpp_dest *dest)
{
    if (rest->len == 0)
        return false;
    struct cursor c = {rest->p, rest->p + rest->len, false};
    if (take_dest(&c, dest) != ESME_ROK)
        return false;
    *rest = (struct smpp_str){c.p, left(&c)};
    return true;
}

bool smpp_tlv_find(struct smpp_str tlvs, uint16_t tag, struct smpp_tlv *tlv)
{
    while (smpp_tlv_next(&tlvs, tlv)) {
        if (tlv->tag == tag)
            return true;
    }
    return false;
}

struct smpp_str smpp_msg_octets(const struct smpp_msg *msg, struct smpp_str *more)
{
    struct smpp_str payload = {0};
    struct smpp_tlv tlv;
    if (smpp_tlv_find(msg->tlvs, SMPP_TLV_message_payload, &tlv))
        payload = (struct smpp_str){tlv.value, tlv.len};

    bool has_short = msg->short_message.len > 0;
    if (more != NULL)
        *more = has_short ? payload : (struct smpp_str){0};
    return has_short ? msg->short_message : payload;
}
