#include "smpp/build.h"
#include "tests/smpp/hex.h"

/* --- a submit_multi cut down --- */

struct mask {
    uint64_t keep;
    unsigned asked;
};

static bool in_mask(void *ctx, unsigned i)
{
    struct mask *m = ctx;
    cr_assert_eq(i, m->asked, "asked out of order");
    m->asked++;
    return i >= 64 || (m->keep >> i & 1) != 0;
}

/* The kept destinations, in their order; the octets around them unchanged. */
static void check_subset(const uint8_t *pdu, size_t len, const struct smpp_msg *whole,
                         uint64_t keep)
{
    struct mask mask = {keep, 0};
    struct smpp_msg cut;
    uint8_t *out = exact_room(len);
    size_t n = smpp_build_multi_subset(out, len, pdu, whole, in_mask, &mask);
    cr_assert_eq(mask.asked, whole->dest_count);
    if (keep == 0) {
        cr_assert_eq(n, 0);
        free(out);
        return;
    }
    cr_assert_eq(smpp_view_msg(out, n, &cut), ESME_ROK);
    size_t before = (size_t)(whole->dests.p - pdu) - 1;
    size_t behind = len - before - 1 - whole->dests.len;
    cr_assert_eq(memcmp(out + 4, pdu + 4, before - 4), 0);
    cr_assert_eq(memcmp(out + n - behind, pdu + len - behind, behind), 0);

    struct smpp_str rest = whole->dests, cut_rest = cut.dests;
    struct smpp_dest dest, kept;
    unsigned count = 0;
    for (unsigned i = 0; smpp_dest_next(&rest, &dest); i++) {
        if (i < 64 && (keep >> i & 1) == 0)
            continue;
        count++;
        cr_assert(smpp_dest_next(&cut_rest, &kept));
        cr_assert_eq(kept.raw.len, dest.raw.len);
        cr_assert_eq(memcmp(kept.raw.p, dest.raw.p, dest.raw.len), 0);
    }
    cr_assert_eq(cut.dest_count, count);
    cr_assert_eq(cut_rest.len, 0);
    free(out);
}

static void check_subsets(const struct hex_block *b)
{
    struct smpp_msg msg;
    if (smpp_view_msg(b->octets, b->len, &msg) != ESME_ROK || msg.dest_count == 0)
        return;
    for (uint64_t keep = 0; keep < 8; keep++) {
        uint64_t all = msg.dest_count < 64 ? (UINT64_C(1) << msg.dest_count) - 1 : UINT64_MAX;
        if (msg.dest_count < 64)
            check_subset(b->octets, b->len, &msg, keep & all);
        else
            check_subset(b->octets, b->len, &msg, keep << 20 | 1);
    }
}

Test(build_multi, every_subset_of_the_vectors)
{
    hex_each("view_other", check_subsets);
}

static void check_room(const struct hex_block *b)
{
    struct smpp_msg msg;
    if (smpp_view_msg(b->octets, b->len, &msg) != ESME_ROK || msg.dest_count == 0)
        return;
    for (size_t cap = 0; cap <= b->len; cap++) {
        struct mask mask = {UINT64_MAX, 0};
        uint8_t *out = exact_room(cap);
        size_t n = smpp_build_multi_subset(out, cap, b->octets, &msg, in_mask, &mask);
        cr_assert_eq(n, cap < b->len ? 0 : b->len);
        cr_assert(n == 0 || memcmp(out, b->octets, n) == 0, "%s: all kept is no change", b->title);
        free(out);
    }
}

Test(build_multi, subset_needs_its_room)
{
    hex_each("view_other", check_room);
}

Test(build_multi, only_submit_multi_has_subsets)
{
    struct mask mask = {UINT64_MAX, 0};
    struct smpp_msg msg = {.header = {16, SMPP_submit_sm, 0, 1}};
    uint8_t pdu[16] = {0}, out[64];
    cr_assert_eq(smpp_build_multi_subset(out, sizeof(out), pdu, &msg, in_mask, &mask), 0);
}

/* --- responses --- */

static const struct smpp_unsuccess ours[] = {
    {{1, 1, {(const uint8_t *)"14155550100", 11}}, ESME_RINVDSTADR},
    {{0, 0, {(const uint8_t *)"+44", 3}}, ESME_RINVDSTADR},
};

static void check_added(const struct hex_block *b)
{
    char body[400], count[8];
    uint8_t out[HEX_OCTETS];
    struct smpp_header before, after;
    uint8_t *exact = exact_copy(b->octets, b->len);
    size_t n = smpp_build_multi_resp_added(out, sizeof(out), exact, b->len, ours, 2);
    cr_assert_eq(smpp_frame_next(exact, b->len, UINT32_MAX, &before), SMPP_FRAME_PDU);
    free(exact);
    cr_assert_eq(smpp_frame_next(out, n, UINT32_MAX, &after), SMPP_FRAME_PDU, "%s", b->title);
    cr_assert_eq(after.length, n);
    cr_assert_eq(after.command_id, SMPP_submit_multi_resp);
    cr_assert_eq(after.status, before.status);
    cr_assert_eq(after.sequence, before.sequence);

    struct smpp_resp resp;
    smpp_view_resp(out, n, &resp);
    snprintf(count, sizeof(count), "%u", out[16 + resp.id.len + 1]);
    cr_assert_str_eq(count, hex_expected(b, "count"), "%s", b->title);
    hex_format(body, sizeof(body), out + 16, n - 16);
    if (hex_expected(b, "body") != NULL)
        cr_assert_str_eq(body, hex_expected(b, "body"), "%s: %s", b->title, body);

    for (size_t cap = 0; cap < n; cap++)
        cr_assert_eq(smpp_build_multi_resp_added(out, cap, b->octets, b->len, ours, 2), 0);
}

Test(build_multi, resp_added_vectors)
{
    hex_each("multi_resp", check_added);
}

/* Cut anywhere, even in its header, the response still reads as one. */
static void check_added_to_cut(const struct hex_block *b)
{
    uint8_t cut[HEX_OCTETS], out[HEX_OCTETS];
    memcpy(cut, b->octets, b->len);
    for (size_t len = 0; len < b->len; len++) {
        if (len >= SMPP_HEADER_LEN)
            smpp_put32(cut, (uint32_t)len);
        uint8_t *exact = exact_copy(cut, len);
        size_t n = smpp_build_multi_resp_added(out, sizeof(out), exact, len, ours, 2);
        free(exact);
        cr_assert_geq(n, 16 + 1 + 1 + 18, "%s, cut at %zu", b->title, len);
    }
}

Test(build_multi, resp_added_to_what_was_cut)
{
    hex_each("multi_resp", check_added_to_cut);
}

Test(build_multi, full_response_stays_as_it_is)
{
    uint8_t full[HEX_OCTETS], out[HEX_OCTETS];
    struct smpp_unsuccess entries[300];
    for (size_t i = 0; i < 300; i++)
        entries[i] = ours[1];
    const struct smpp_str id = {(const uint8_t *)"42", 2};
    size_t len = smpp_build_multi_resp(full, sizeof(full), ESME_ROK, 5, id, entries, 300);
    cr_assert_eq(len, 16 + 3 + 1 + 255 * 10, "255 entries and no more");
    cr_assert_eq(full[19], 255);
    cr_assert_eq(smpp_build_multi_resp_added(out, sizeof(out), full, len, ours, 2), len);
    cr_assert_eq(memcmp(out, full, len), 0);
}

Test(build_multi, resp_without_entries)
{
    static const uint8_t want[] = {0, 0, 0, 18, 0x80, 0, 0, 0x21, 0, 0, 0, 0x0b, 0, 0, 0, 6, 0, 0};
    uint8_t out[32];
    const struct smpp_str none = {0};
    cr_assert_eq(smpp_build_multi_resp(out, sizeof(out), ESME_RINVDSTADR, 6, none, NULL, 0), 18);
    cr_assert_eq(memcmp(out, want, sizeof(want)), 0);
    cr_assert_eq(smpp_build_multi_resp(out, 17, ESME_RINVDSTADR, 6, none, NULL, 0), 0);
}
