/* No view reads outside its PDU, however that is cut or bent. */
#include "smpp/view.h"
#include "tests/smpp/hex.h"

/* Reads all that a view points at. A run outside the block is the sanitizer's to find. */
static unsigned touch(struct smpp_str s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum += s.p[i];
    return sum;
}

static unsigned touch_msg(const struct smpp_msg *m)
{
    struct smpp_str more, rest = m->dests;
    unsigned sum = touch(smpp_msg_octets(m, &more)) + touch(more) + touch(m->service_type) +
                   touch(m->message_id) + touch(m->src.digits) + touch(m->dst.digits) +
                   touch(m->schedule_delivery_time) + touch(m->validity_period) +
                   touch(m->short_message) + touch(m->tlvs);
    struct smpp_dest dest;
    while (smpp_dest_next(&rest, &dest))
        sum += touch(dest.raw) + touch(dest.addr.digits) + touch(dest.list);
    return sum;
}

static unsigned read_as_everything(const uint8_t *octets, size_t len)
{
    struct smpp_msg msg;
    struct smpp_bind bind;
    struct smpp_resp resp;
    uint8_t *exact = exact_copy(octets, len);
    unsigned sum = 0;
    if (smpp_view_msg(exact, len, &msg) == ESME_ROK)
        sum += touch_msg(&msg);
    if (smpp_view_bind(exact, len, &bind) == ESME_ROK)
        sum += touch(bind.system_id) + touch(bind.password) + touch(bind.system_type) +
               touch(bind.range.digits) + touch(bind.tlvs);
    smpp_view_resp(exact, len, &resp);
    sum += touch(resp.id);
    free(exact);
    return sum;
}

static volatile unsigned sink;

/* The PDU cut at every octet: once as it lies in the stream, once with a command_length to match.
 */
static void check_truncated(const struct hex_block *v)
{
    uint8_t cut[HEX_OCTETS];
    for (size_t len = 0; len < v->len; len++) {
        sink += read_as_everything(v->octets, len);
        if (len < SMPP_HEADER_LEN)
            continue;
        memcpy(cut, v->octets, len);
        smpp_put32(cut, (uint32_t)len);
        sink += read_as_everything(cut, len);
    }
}

/* Every octet of the body set to values that mean something to a parser. */
static void check_bent(const struct hex_block *v)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    uint8_t bent[HEX_OCTETS];
    memcpy(bent, v->octets, v->len);
    for (size_t i = SMPP_HEADER_LEN; i < v->len; i++) {
        for (size_t k = 0; k < sizeof(values); k++) {
            bent[i] = values[k];
            sink += read_as_everything(bent, v->len);
        }
        bent[i] = v->octets[i];
    }
}

static const char *const files[] = {"view_submit", "view_other", "view_broken", "view_bind",
                                    "view_resp"};

Test(view_bounds, truncated_at_every_octet)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        hex_each(files[i], check_truncated);
}

Test(view_bounds, bent_at_every_octet)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        hex_each(files[i], check_bent);
}

/* A good PDU cut anywhere is an error, or at the end of a TLV another good PDU. */
static void check_cut_is_error(const struct hex_block *v)
{
    if (strcmp(hex_expected(v, "status"), "ESME_ROK") != 0)
        return;
    uint8_t cut[HEX_OCTETS];
    struct smpp_msg whole, msg;
    cr_assert_eq(smpp_view_msg(v->octets, v->len, &whole), ESME_ROK, "%s", v->title);
    size_t mandatory = v->len - whole.tlvs.len;
    memcpy(cut, v->octets, v->len);
    for (size_t len = SMPP_HEADER_LEN; len < v->len; len++) {
        smpp_put32(cut, (uint32_t)len);
        uint32_t status = smpp_view_msg(cut, len, &msg);
        /* one less is the NUL that is tolerated, or needed */
        if (len + 1 < mandatory)
            cr_assert_neq(status, ESME_ROK, "%s, cut at %zu", v->title, len);
    }
}

Test(view_bounds, cut_mandatory_part_is_an_error)
{
    hex_each("view_submit", check_cut_is_error);
    hex_each("view_other", check_cut_is_error);
}

Test(view_bounds, octets_behind_the_pdu_are_not_read)
{
    static const uint8_t stream[] = "\0\0\0\x14\x80\0\0\4\0\0\0\0\0\0\0\1abc\0garbage";
    struct smpp_resp resp;
    smpp_view_resp(stream, sizeof(stream) - 1, &resp);
    cr_assert_eq(resp.id.len, 3);

    static const uint8_t cancel_then_more[] =
        "\0\0\0\x18\0\0\0\x08\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\2\4\0\1x";
    struct smpp_msg msg;
    cr_assert_eq(smpp_view_msg(cancel_then_more, sizeof(cancel_then_more) - 1, &msg), ESME_ROK);
    cr_assert_eq(msg.tlvs.len, 0);
}
