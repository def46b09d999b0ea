#include "tests/sim/compose.h"

#include "smpp/build.h"
#include "tests/sim/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SINGLE_OCTETS 140 /* of a short message; in the default alphabet these are 160 septets */
#define UDH_LEN       6

int compose_addr(const char *text, struct smpp_addr *addr)
{
    unsigned ton, npi;
    int skip = 0;

    if (sscanf(text, "%u/%u:%n", &ton, &npi, &skip) == 2 && skip > 0) {
        if (ton > 255 || npi > 255)
            return -EINVAL;
        text += skip;
    } else {
        const char *digits = text + (text[0] == '+');
        size_t len = strspn(digits, "0123456789");
        bool number = digits[0] != '\0' && digits[len] == '\0';
        bool empty = strcmp(text, "-") == 0;
        ton = empty ? 0 : !number ? 5 : len > 6 ? 1 : 0;
        npi = number ? 1 : 0;
    }
    if (strcmp(text, "-") == 0)
        text = "";
    *addr = (struct smpp_addr){(uint8_t)ton, (uint8_t)npi, {(const uint8_t *)text, strlen(text)}};
    return 0;
}

/* The next character of valid UTF-8, or -1. */
static int32_t utf8_next(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    unsigned more = p[0] < 0x80 ? 0 : p[0] < 0xC2 ? 9 : p[0] < 0xE0 ? 1 : p[0] < 0xF0 ? 2 : 3;
    uint32_t c = more == 0 ? p[0] : p[0] & (0x3Fu >> more);

    if (more > 3 || p[0] > 0xF4)
        return -1;
    for (unsigned i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return -1;
        c = c << 6 | (p[i] & 0x3F);
    }
    if ((more == 2 && c < 0x800) || (more == 3 && c < 0x10000) || c > 0x10FFFF ||
        (c >= 0xD800 && c < 0xE000))
        return -1;
    *text += more + 1;
    return (int32_t)c;
}

/* Looks a character up in the decoder's own table, so that there is only one. The extension table
 * comes last: what it does not have is read as something that the default one has. */
static size_t gsm_put(const char *utf8, size_t len, uint8_t *out)
{
    char decoded[8];

    for (unsigned i = 0; i < 0x100; i++) {
        const uint8_t octets[2] = {0x1B, i & 0x7F};
        size_t skip = i < 0x80 ? 1 : 0;
        struct smpp_str one = {octets + skip, 2 - skip};
        if (octets[1] == 0x1B)
            continue;
        size_t n = smpp_text_decode(one, SMPP_ALPHABET_GSM, decoded, sizeof(decoded));
        if (n == len && memcmp(decoded, utf8, n) == 0) {
            memcpy(out, one.p, one.len);
            return one.len;
        }
    }
    return 0;
}

static size_t ucs2_put(uint32_t c, uint8_t *out)
{
    if (c < 0x10000) {
        smpp_put16(out, (uint16_t)c);
        return 2;
    }
    c -= 0x10000;
    smpp_put16(out, (uint16_t)(0xD800 | c >> 10));
    smpp_put16(out + 2, (uint16_t)(0xDC00 | (c & 0x3FF)));
    return 4;
}

/* One character in an alphabet; 0 where it is not in it. */
static size_t put_char(const char *utf8, size_t len, uint32_t c, enum smpp_alphabet alphabet,
                       uint8_t out[4])
{
    switch (alphabet) {
    case SMPP_ALPHABET_GSM: return gsm_put(utf8, len, out);
    case SMPP_ALPHABET_UCS2: return ucs2_put(c, out);
    case SMPP_ALPHABET_ASCII:
    case SMPP_ALPHABET_LATIN1:
        out[0] = (uint8_t)c;
        return c < (alphabet == SMPP_ALPHABET_ASCII ? 0x80u : 0x100u) ? 1 : 0;
    case SMPP_ALPHABET_UTF8:
    case SMPP_ALPHABET_BINARY: memcpy(out, utf8, len); return len;
    default: return 0;
    }
}

struct encoded {
    uint8_t octets[4 * COMPOSE_TEXT_MAX];
    size_t len;
    uint8_t coding;
    enum smpp_alphabet alphabet;
};

static int encode(const char *text, enum smpp_alphabet alphabet, struct encoded *out)
{
    out->alphabet = alphabet;
    out->len = 0;
    if (strlen(text) > COMPOSE_TEXT_MAX)
        return -EMSGSIZE;
    while (*text != '\0') {
        const char *start = text;
        int32_t c = utf8_next(&text);
        if (c < 0)
            return -EILSEQ;
        size_t n =
            put_char(start, (size_t)(text - start), (uint32_t)c, alphabet, out->octets + out->len);
        if (n == 0)
            return -EILSEQ;
        out->len += n;
    }
    return 0;
}

static int encode_any(const struct compose *from, struct encoded *out)
{
    if (from->coding != COMPOSE_AUTO) {
        out->coding = (uint8_t)from->coding;
        return encode(from->text, smpp_alphabet_of(out->coding, from->zero), out);
    }
    out->coding = 0;
    int r = encode(from->text, from->zero, out);
    if (r != -EILSEQ)
        return r;
    out->coding = 8;
    return encode(from->text, SMPP_ALPHABET_UCS2, out);
}

static int emit_one(const struct smpp_msg *msg, compose_emit *emit, void *ctx)
{
    size_t cap = 1024 + msg->tlvs.len;
    uint8_t *pdu = malloc(cap);

    if (pdu == NULL)
        return -ENOMEM;
    size_t len = smpp_build_msg(pdu, cap, msg);
    if (len > 0)
        emit(ctx, pdu, len);
    free(pdu);
    return len > 0 ? 1 : -EMSGSIZE;
}

static int emit_payload(const struct smpp_msg *msg, const uint8_t *octets, size_t len,
                        compose_emit *emit, void *ctx)
{
    uint8_t tlv[4 + 4 * COMPOSE_TEXT_MAX];
    struct smpp_msg whole = *msg;

    if (len > sizeof(tlv) - 4)
        return -EMSGSIZE;
    smpp_put16(tlv, SMPP_TLV_message_payload);
    smpp_put16(tlv + 2, (uint16_t)len);
    memcpy(tlv + 4, octets, len);
    whole.short_message = (struct smpp_str){0};
    whole.tlvs = (struct smpp_str){tlv, len + 4};
    return emit_one(&whole, emit, ctx);
}

/* The octets of the next part: never between the two halves of a character. */
static size_t part_len(const struct encoded *e, size_t from, size_t room)
{
    size_t n = e->len - from;

    if (n <= room)
        return n;
    const uint8_t *last = e->octets + from + room;
    if (e->alphabet == SMPP_ALPHABET_GSM && last[-1] == 0x1B)
        return room - 1;
    if (e->alphabet == SMPP_ALPHABET_UCS2)
        return (last[-2] & 0xFC) == 0xD8 ? room - 2 : room;
    return room;
}

static int emit_parts(const struct smpp_msg *msg, const struct encoded *e, size_t room,
                      compose_emit *emit, void *ctx)
{
    uint8_t part[254];
    struct smpp_msg one = *msg;
    int total = 0, number = 0;

    for (size_t at = 0; at < e->len; at += part_len(e, at, room))
        total++;
    if (total > 255)
        return -EMSGSIZE;
    /* Any reference will do that differs from that of the message before. */
    uint8_t reference = 0;
    for (size_t i = 0; i < e->len; i++)
        reference = (uint8_t)(reference * 31 + e->octets[i]);
    one.esm_class |= 0x40;
    for (size_t at = 0; at < e->len;) {
        size_t n = part_len(e, at, room);
        const uint8_t udh[UDH_LEN] = {5, 0, 3, reference, (uint8_t)total, (uint8_t)++number};
        memcpy(part, udh, UDH_LEN);
        memcpy(part + UDH_LEN, e->octets + at, n);
        one.short_message = (struct smpp_str){part, UDH_LEN + n};
        int r = emit_one(&one, emit, ctx);
        if (r < 0)
            return r;
        at += n;
    }
    return total;
}

int compose_text(const struct compose *from, compose_emit *emit, void *ctx)
{
    struct encoded *e = malloc(sizeof(*e));
    struct smpp_msg msg = from->msg;

    if (e == NULL)
        return -ENOMEM;
    int r = encode_any(from, e);
    if (r < 0)
        goto out;
    msg.data_coding = e->coding;
    bool septets = e->alphabet == SMPP_ALPHABET_GSM;
    if (from->payload || msg.header.command_id == SMPP_data_sm) {
        r = emit_payload(&msg, e->octets, e->len, emit, ctx);
    } else if (e->len <= (septets ? 160 : SINGLE_OCTETS)) {
        msg.short_message = (struct smpp_str){e->octets, e->len};
        r = emit_one(&msg, emit, ctx);
    } else {
        r = emit_parts(&msg, e, septets ? 153 : SINGLE_OCTETS - UDH_LEN, emit, ctx);
    }
out:
    free(e);
    return r;
}

int compose_octets(const struct smpp_msg *msg, const uint8_t *octets, size_t len,
                   compose_emit *emit, void *ctx)
{
    struct smpp_msg one = *msg;

    if (one.header.command_id == SMPP_data_sm || len > 254)
        return emit_payload(&one, octets, len, emit, ctx);
    one.short_message = (struct smpp_str){octets, len};
    return emit_one(&one, emit, ctx);
}
