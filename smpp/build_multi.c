#include "smpp/build.h"

#include "smpp/writer.h"

#define UNSUCCESS_MAX 255u /* no_unsuccess is one octet */

size_t smpp_build_multi_subset(uint8_t *out, size_t cap, const uint8_t *pdu,
                               const struct smpp_msg *msg, bool (*keep)(void *ctx, unsigned i),
                               void *ctx)
{
    if (msg->header.command_id != SMPP_submit_multi || msg->dest_count == 0)
        return 0;
    const uint8_t *dests = msg->dests.p, *behind = dests + msg->dests.len;
    const uint8_t *end = pdu + msg->header.length;
    struct writer w = {out, cap, 0, false};
    put_bytes(&w, pdu, (size_t)(dests - pdu));
    size_t count_at = w.len - 1;

    struct smpp_str rest = msg->dests;
    struct smpp_dest dest;
    uint8_t kept = 0;
    for (unsigned i = 0; smpp_dest_next(&rest, &dest); i++) {
        if (keep(ctx, i)) {
            put_bytes(&w, dest.raw.p, dest.raw.len);
            kept++;
        }
    }
    put_bytes(&w, behind, (size_t)(end - behind));
    if (w.failed || kept == 0)
        return 0;
    out[count_at] = kept;
    return writer_close(&w);
}

static void put_unsuccess(struct writer *w, const struct smpp_unsuccess *entry)
{
    uint8_t status[4];
    smpp_put32(status, entry->status);
    put_addr(w, &entry->addr);
    put_bytes(w, status, sizeof(status));
}

/* A submit_multi_resp taken apart. */
struct multi_resp {
    struct smpp_resp head;
    unsigned count;          /* no_unsuccess */
    struct smpp_str entries; /* the octets of that many unsuccess_sme */
    struct smpp_str tlvs;
};

/* Ours go behind the entries that are there, up to what no_unsuccess can count. */
static size_t put_multi_resp(struct writer *w, const struct multi_resp *r,
                             const struct smpp_unsuccess *entries, unsigned n)
{
    if (n > UNSUCCESS_MAX - r->count)
        n = UNSUCCESS_MAX - r->count;
    put_string(w, r->head.id);
    put_octet(w, (uint8_t)(r->count + n));
    put_bytes(w, r->entries.p, r->entries.len);
    for (unsigned i = 0; i < n; i++)
        put_unsuccess(w, &entries[i]);
    put_bytes(w, r->tlvs.p, r->tlvs.len);
    return writer_close(w);
}

size_t smpp_build_multi_resp(uint8_t *out, size_t cap, uint32_t status, uint32_t sequence,
                             struct smpp_str message_id, const struct smpp_unsuccess *entries,
                             unsigned n)
{
    struct multi_resp r = {.head.id = message_id};
    struct writer w;
    writer_open(&w, out, cap, SMPP_submit_multi_resp, status, sequence);
    return put_multi_resp(&w, &r, entries, n);
}

static bool is_tlv_stream(struct smpp_str rest)
{
    struct smpp_tlv tlv;
    while (smpp_tlv_next(&rest, &tlv))
        ;
    return rest.len == 0;
}

/* The octets that `count` entries of unsuccess_sme take at the front of `rest`. */
static bool measure_entries(struct smpp_str rest, unsigned count, size_t *taken)
{
    size_t at = 0;
    for (unsigned i = 0; i < count; i++) {
        if (rest.len - at < 2)
            return false;
        const uint8_t *digits = rest.p + at + 2;
        const uint8_t *nul = memchr(digits, 0, rest.len - at - 2);
        if (nul == NULL || (size_t)(rest.p + rest.len - nul) < 1 + 4)
            return false;
        at = (size_t)(nul - rest.p) + 1 + 4;
    }
    *taken = at;
    return true;
}

/* no_unsuccess, its entries and TLVs, up to the end of `rest`. */
static bool read_counted(struct smpp_str rest, struct multi_resp *r)
{
    size_t taken;
    if (rest.len == 0)
        return false;
    struct smpp_str entries = {rest.p + 1, rest.len - 1};
    if (!measure_entries(entries, rest.p[0], &taken))
        return false;
    struct smpp_str tlvs = {entries.p + taken, entries.len - taken};
    if (!is_tlv_stream(tlvs))
        return false;
    r->count = rest.p[0];
    r->entries = (struct smpp_str){entries.p, taken};
    r->tlvs = tlvs;
    return true;
}

/* What cannot be read stays empty. Error responses may leave out no_unsuccess, with or without TLVs
 * behind message_id, or hold TLVs alone. */
static void read_multi_resp(const uint8_t *pdu, size_t len, struct multi_resp *r)
{
    *r = (struct multi_resp){0};
    smpp_view_resp(pdu, len, &r->head);
    size_t length = r->head.header.length;
    if (length <= SMPP_HEADER_LEN || length > len)
        return;

    struct smpp_str body = {pdu + SMPP_HEADER_LEN, length - SMPP_HEADER_LEN};
    size_t id_len = r->head.id.len;
    if (id_len == body.len)
        return;
    struct smpp_str behind_id = {body.p + id_len + 1, body.len - id_len - 1};
    if (body.p[id_len] == 0 && read_counted(behind_id, r))
        return;
    if (body.p[id_len] == 0 && is_tlv_stream(behind_id))
        r->tlvs = behind_id;
    else if (is_tlv_stream(body))
        r->tlvs = body;
}

size_t smpp_build_multi_resp_added(uint8_t *out, size_t cap, const uint8_t *pdu, size_t len,
                                   const struct smpp_unsuccess *entries, unsigned n)
{
    struct multi_resp r;
    struct writer w;
    read_multi_resp(pdu, len, &r);
    writer_open(&w, out, cap, SMPP_submit_multi_resp, r.head.header.status, r.head.header.sequence);
    return put_multi_resp(&w, &r, entries, n);
}
