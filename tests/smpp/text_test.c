#include "smpp/text.h"

#include "tests/smpp/text_vectors.h"

#include <criterion/criterion.h>
#include <errno.h>

static char *split_at_arrow(char *line)
{
    char *arrow = strstr(line, "=>");
    cr_assert_not_null(arrow, "no arrow in \"%s\"", line);
    char *right = arrow + 2;
    right += strspn(right, " ");
    while (arrow > line && arrow[-1] == ' ')
        arrow--;
    *arrow = '\0';
    return right;
}

/* A copy that ends where the octets end, so that a sanitizer sees a read beyond them. */
static struct smpp_str exact(const void *octets, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    if (len > 0)
        memcpy(copy, octets, len);
    return (struct smpp_str){copy, len};
}

static void check_decode(struct smpp_str octets, enum smpp_alphabet alphabet, const char *want,
                         size_t want_len, const struct vector_file *v)
{
    char out[VECTOR_LINE_MAX];
    size_t len = smpp_text_decode(octets, alphabet, out, sizeof(out));
    cr_expect(len == want_len && memcmp(out, want, len) == 0 && out[len] == '\0',
              "line %d (%s): \"%s\"", v->number, v->comment, out);

    /* Whatever the room: a prefix, whole characters, its NUL, and not an octet more. */
    for (size_t cap = 0; cap <= want_len + 1; cap++) {
        char *tight = malloc(cap > 0 ? cap : 1);
        size_t part = smpp_text_decode(octets, alphabet, tight, cap);
        cr_expect(cap == 0 ? part == 0 : part < cap, "line %d, cap %zu", v->number, cap);
        if (cap > 0) {
            cr_expect(memcmp(tight, want, part) == 0 && tight[part] == '\0');
            cr_expect(part == want_len || ((uint8_t)want[part] & 0xC0) != 0x80);
            cr_expect(part + 4 >= cap || part == want_len, "line %d wastes room", v->number);
        }
        free(tight);
    }
}

Test(text, alphabets)
{
    struct vector_file v = {.file = fopen(VECTORS "/text.txt", "r")};
    cr_assert_not_null(v.file);
    int seen = 0;
    for (char *line; (line = vector_line(&v)) != NULL; seen++) {
        char *want = split_at_arrow(line);
        enum smpp_alphabet alphabet;
        char *name = vector_word(&line);
        cr_assert_eq(smpp_alphabet_parse(name, &alphabet), 0, "line %d: %s", v.number, name);
        size_t want_len = vector_octets(want);
        struct smpp_str octets = exact(line, vector_octets(line));
        check_decode(octets, alphabet, want, want_len, &v);
        free((void *)octets.p);
    }
    fclose(v.file);
    cr_assert_gt(seen, 50);
}

Test(text, every_gsm_septet_is_one_character)
{
    for (unsigned c = 0; c < 128; c++) {
        const uint8_t octets[] = {(uint8_t)c, 'x'};
        char out[8];
        if (c == 0x1B)
            continue;
        size_t len =
            smpp_text_decode((struct smpp_str){octets, 2}, SMPP_ALPHABET_GSM, out, sizeof(out));
        cr_expect(len >= 2 && len <= 3 && out[len - 1] == 'x', "%02x", c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            cr_expect_eq((unsigned char)out[0], c);
    }
}

Test(text, no_octets_at_all)
{
    char out[4] = "xyz";
    for (int a = SMPP_ALPHABET_GSM; a <= SMPP_ALPHABET_HEBREW; a++) {
        cr_expect_eq(
            smpp_text_decode((struct smpp_str){NULL, 0}, (enum smpp_alphabet)a, out, sizeof(out)),
            0u);
        cr_expect_eq(out[0], '\0');
    }
}

Test(text, alphabet_names)
{
    enum smpp_alphabet alphabet = SMPP_ALPHABET_UCS2;
    cr_expect_eq(smpp_alphabet_parse("gsm", &alphabet), 0);
    cr_expect_eq(alphabet, SMPP_ALPHABET_GSM);
    cr_expect_eq(smpp_alphabet_parse("binary", &alphabet), 0);
    cr_expect_eq(alphabet, SMPP_ALPHABET_BINARY);
    cr_expect_eq(smpp_alphabet_parse("ebcdic", &alphabet), -EINVAL);
    cr_expect_eq(smpp_alphabet_parse("", &alphabet), -EINVAL);
    cr_expect_eq(alphabet, SMPP_ALPHABET_BINARY);
}

Test(text, data_coding)
{
    static const struct {
        uint8_t from, to;
        int alphabet; /* -1: what 0 means at the carrier */
    } table[] = {
        {0x00, 0x00, -1},
        {0x01, 0x01, SMPP_ALPHABET_ASCII},
        {0x02, 0x02, SMPP_ALPHABET_BINARY},
        {0x03, 0x03, SMPP_ALPHABET_LATIN1},
        {0x04, 0x04, SMPP_ALPHABET_BINARY},
        {0x05, 0x05, -1},
        {0x06, 0x06, SMPP_ALPHABET_CYRILLIC},
        {0x07, 0x07, SMPP_ALPHABET_HEBREW},
        {0x08, 0x08, SMPP_ALPHABET_UCS2},
        {0x09, 0x0F, -1},
        {0x10, 0x13, -1},
        {0x14, 0x17, SMPP_ALPHABET_BINARY},
        {0x18, 0x1B, SMPP_ALPHABET_UCS2},
        {0x1C, 0x1F, -1},
        {0x20, 0xBF, -1},
        {0xC0, 0xDF, -1},
        {0xE0, 0xEF, SMPP_ALPHABET_UCS2},
        {0xF0, 0xF3, -1},
        {0xF4, 0xF7, SMPP_ALPHABET_BINARY},
        {0xF8, 0xFB, -1},
        {0xFC, 0xFF, SMPP_ALPHABET_BINARY},
    };
    unsigned next = 0;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        cr_assert_eq(table[i].from, next);
        for (; next <= table[i].to; next++) {
            for (int zero = SMPP_ALPHABET_GSM; zero <= SMPP_ALPHABET_UTF8; zero++) {
                int want = table[i].alphabet < 0 ? zero : table[i].alphabet;
                cr_expect_eq((int)smpp_alphabet_of((uint8_t)next, (enum smpp_alphabet)zero), want,
                             "data_coding %02x", next);
            }
        }
    }
    cr_assert_eq(next, 256u);
}

static size_t put_tlv(uint8_t *out, uint16_t tag, const void *value, size_t len)
{
    smpp_put16(out, tag);
    smpp_put16(out + 2, (uint16_t)len);
    if (len > 0)
        memcpy(out + 4, value, len);
    return 4 + len;
}

static size_t octets_or_nothing(char *text)
{
    return strcmp(text, "-") == 0 ? 0 : vector_octets(text);
}

static void check_part(char *line, const struct vector_file *v)
{
    struct smpp_msg msg = {0};
    uint8_t tlvs[VECTOR_LINE_MAX];
    size_t tlvs_len = 0;
    char *want = split_at_arrow(line);

    msg.esm_class = (uint8_t)strtoul(vector_word(&line), NULL, 16);
    bool payload = strcmp(vector_word(&line), "mp") == 0;
    char *octets = vector_word(&line);
    struct smpp_str text = exact(octets, octets_or_nothing(octets));
    while (*line != '\0') {
        char *value = vector_word(&line), *name = strsep(&value, "=");
        uint16_t tag = strcmp(name, "ref") == 0     ? SMPP_TLV_sar_msg_ref_num
                       : strcmp(name, "total") == 0 ? SMPP_TLV_sar_total_segments
                                                    : SMPP_TLV_sar_segment_seqnum;
        size_t len = octets_or_nothing(value);
        tlvs_len += put_tlv(tlvs + tlvs_len, tag, value, len);
    }
    if (payload)
        tlvs_len += put_tlv(tlvs + tlvs_len, SMPP_TLV_message_payload, text.p, text.len);
    else
        msg.short_message = text;
    msg.tlvs = exact(tlvs, tlvs_len);

    struct smpp_part part;
    smpp_part_of(&msg, &part);
    char place[32] = "single";
    if (part.concatenated)
        snprintf(place, sizeof(place), "%u/%u/%u", part.reference, part.total, part.number);
    cr_expect_str_eq(place, vector_word(&want), "line %d (%s): %s", v->number, v->comment, place);
    size_t want_len = octets_or_nothing(want);
    cr_expect(part.text.len == want_len &&
                  (want_len == 0 || memcmp(part.text.p, want, want_len) == 0),
              "line %d (%s): %zu octets", v->number, v->comment, part.text.len);
    free((void *)text.p);
    free((void *)msg.tlvs.p);
}

Test(text, parts)
{
    struct vector_file v = {.file = fopen(VECTORS "/part.txt", "r")};
    cr_assert_not_null(v.file);
    int seen = 0;
    for (char *line; (line = vector_line(&v)) != NULL; seen++)
        check_part(line, &v);
    fclose(v.file);
    cr_assert_gt(seen, 35);
}

Test(text, short_message_is_the_part_where_both_are_there)
{
    static const uint8_t tlvs[] = {0x04, 0x24, 0, 2, 'n', 'o'};
    struct smpp_msg msg = {.short_message = {(const uint8_t *)"yes", 3},
                           .tlvs = {tlvs, sizeof(tlvs)}};
    struct smpp_part part;
    smpp_part_of(&msg, &part);
    cr_expect(part.text.len == 3 && memcmp(part.text.p, "yes", 3) == 0);
}
