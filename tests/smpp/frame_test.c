#include "smpp/frame.h"
#include "tests/smpp/hex.h"

#define MAX_PDU 65536u

/* What a reader of a stream does: keeps octets until they are a PDU. */
struct reader {
    uint8_t kept[HEX_OCTETS];
    size_t len;
    char log[400];
    bool lost;
};

static void reader_log(struct reader *r, const char *word)
{
    size_t used = strlen(r->log);
    snprintf(r->log + used, sizeof(r->log) - used, "%s%s", used > 0 ? " " : "", word);
}

static void reader_feed(struct reader *r, const uint8_t *octets, size_t n)
{
    if (n > 0)
        memcpy(r->kept + r->len, octets, n);
    r->len += n;
    for (;;) {
        struct smpp_header h;
        uint8_t *exact = exact_copy(r->kept, r->len);
        enum smpp_frame_result result =
            r->lost ? SMPP_FRAME_BAD : smpp_frame_next(exact, r->len, MAX_PDU, &h);
        free(exact);
        if (result != SMPP_FRAME_PDU) {
            r->lost = result == SMPP_FRAME_BAD;
            return;
        }
        char number[16];
        const char *name = smpp_command_name(h.command_id);
        snprintf(number, sizeof(number), "%08x", h.command_id);
        reader_log(r, name != NULL ? name : number);
        r->len -= h.length;
        memmove(r->kept, r->kept + h.length, r->len);
    }
}

static void reader_end(struct reader *r)
{
    reader_log(r, r->lost ? "BAD" : "MORE");
}

static void check_split(const struct hex_block *v, size_t first, size_t second)
{
    struct reader r = {.len = 0};
    reader_feed(&r, v->octets, first);
    reader_feed(&r, v->octets + first, second - first);
    reader_feed(&r, v->octets + second, v->len - second);
    reader_end(&r);
    cr_assert_str_eq(r.log, hex_expected(v, "frames"), "%s, split at %zu and %zu: %s", v->title,
                     first, second, r.log);
}

static void check_every_split(const struct hex_block *v)
{
    for (size_t first = 0; first <= v->len; first++) {
        for (size_t second = first; second <= v->len; second++)
            check_split(v, first, second);
    }
}

static void check_octet_by_octet(const struct hex_block *v)
{
    struct reader r = {.len = 0};
    for (size_t i = 0; i < v->len; i++)
        reader_feed(&r, v->octets + i, 1);
    reader_end(&r);
    cr_assert_str_eq(r.log, hex_expected(v, "frames"), "%s: %s", v->title, r.log);
}

Test(frame, vectors_split_at_every_pair)
{
    hex_each("frame", check_every_split);
}

Test(frame, vectors_octet_by_octet)
{
    hex_each("frame", check_octet_by_octet);
}

static const uint8_t enquire_link[] = {0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 9, 1, 2, 3, 4};

Test(frame, header_is_filled_as_it_arrives)
{
    for (size_t len = 0; len <= sizeof(enquire_link); len++) {
        struct smpp_header h = {99, 99, 99, 99};
        uint8_t *exact = exact_copy(enquire_link, len);
        enum smpp_frame_result result = smpp_frame_next(exact, len, MAX_PDU, &h);
        free(exact);
        cr_assert_eq(result, len < 16 ? SMPP_FRAME_MORE : SMPP_FRAME_PDU);
        cr_assert_eq(h.length, len < 4 ? 0 : 16);
        cr_assert_eq(h.command_id, len < 8 ? 0 : 0x15);
        cr_assert_eq(h.status, len < 12 ? 0 : 9);
        cr_assert_eq(h.sequence, len < 16 ? 0 : 0x01020304);
    }
}

Test(frame, no_octets_may_be_null)
{
    struct smpp_header h;
    cr_assert_eq(smpp_frame_next(NULL, 0, MAX_PDU, &h), SMPP_FRAME_MORE);
    cr_assert_eq(h.length, 0);
}

Test(frame, bad_length_is_judged_at_four_octets)
{
    struct smpp_header h;
    cr_assert_eq(smpp_frame_next((const uint8_t *)"GET", 3, MAX_PDU, &h), SMPP_FRAME_MORE);
    cr_assert_eq(smpp_frame_next((const uint8_t *)"GET ", 4, MAX_PDU, &h), SMPP_FRAME_BAD);
    cr_assert_eq(h.length, 1195725856u);
    cr_assert_eq(h.command_id, 0);
}

Test(frame, limits)
{
    struct smpp_header h;
    uint8_t head[16] = {0};
    smpp_put32(head, 1000);
    cr_assert_eq(smpp_frame_next(head, 4, 1000, &h), SMPP_FRAME_MORE);
    cr_assert_eq(smpp_frame_next(head, 4, 999, &h), SMPP_FRAME_BAD);
    smpp_put32(head, 16);
    cr_assert_eq(smpp_frame_next(head, 16, 16, &h), SMPP_FRAME_PDU);
    cr_assert_eq(smpp_frame_next(head, 16, 15, &h), SMPP_FRAME_BAD);
    smpp_put32(head, UINT32_MAX);
    cr_assert_eq(smpp_frame_next(head, 16, UINT32_MAX, &h), SMPP_FRAME_MORE);
}

Test(frame, header_reads_as_it_is_written)
{
    const struct smpp_header written = {16, 0x80000004, 0xfedcba98, 0x89abcdef};
    struct smpp_header read;
    uint8_t pdu[16];
    smpp_put_header(pdu, &written);
    cr_assert_eq(smpp_frame_next(pdu, sizeof(pdu), MAX_PDU, &read), SMPP_FRAME_PDU);
    cr_assert_eq(memcmp(&read, &written, sizeof(read)), 0);

    smpp_set_sequence(pdu, 7);
    cr_assert_eq(smpp_frame_next(pdu, sizeof(pdu), MAX_PDU, &read), SMPP_FRAME_PDU);
    cr_assert_eq(read.sequence, 7);
    cr_assert_eq(read.status, written.status);

    smpp_put16(pdu, 0xfedc);
    cr_assert_eq(smpp_get16(pdu), 0xfedc);
}
