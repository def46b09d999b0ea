#include "smpp/text.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT 0xFFFDu
#define GSM_ESCAPE  0x1B

static const char *const alphabet_names[] = {
    [SMPP_ALPHABET_GSM] = "gsm",           [SMPP_ALPHABET_LATIN1] = "latin1",
    [SMPP_ALPHABET_ASCII] = "ascii",       [SMPP_ALPHABET_UTF8] = "utf8",
    [SMPP_ALPHABET_UCS2] = "ucs2",         [SMPP_ALPHABET_BINARY] = "binary",
    [SMPP_ALPHABET_CYRILLIC] = "cyrillic", [SMPP_ALPHABET_HEBREW] = "hebrew",
};

/* 3GPP TS 23.038, 6.2.1. The escape at 0x1B is read before the table is asked. */
static const uint16_t gsm_table[128] = {
    0x0040, 0x00A3, 0x0024, 0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC, /* @ £ $ ¥ è é ù ì */
    0x00F2, 0x00C7, 0x000A, 0x00D8, 0x00F8, 0x000D, 0x00C5, 0x00E5, /* ò Ç LF Ø ø CR Å å */
    0x0394, 0x005F, 0x03A6, 0x0393, 0x039B, 0x03A9, 0x03A0, 0x03A8, /* Δ _ Φ Γ Λ Ω Π Ψ */
    0x03A3, 0x0398, 0x039E, 0x0020, 0x00C6, 0x00E6, 0x00DF, 0x00C9, /* Σ Θ Ξ ESC Æ æ ß É */
    0x0020, 0x0021, 0x0022, 0x0023, 0x00A4, 0x0025, 0x0026, 0x0027, /* space ! " # ¤ % & ' */
    0x0028, 0x0029, 0x002A, 0x002B, 0x002C, 0x002D, 0x002E, 0x002F, /* ( ) * + , - . / */
    0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036, 0x0037, /* 0 to 7 */
    0x0038, 0x0039, 0x003A, 0x003B, 0x003C, 0x003D, 0x003E, 0x003F, /* 8 9 : ; < = > ? */
    0x00A1, 0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047, /* ¡ A to G */
    0x0048, 0x0049, 0x004A, 0x004B, 0x004C, 0x004D, 0x004E, 0x004F, /* H to O */
    0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056, 0x0057, /* P to W */
    0x0058, 0x0059, 0x005A, 0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7, /* X Y Z Ä Ö Ñ Ü § */
    0x00BF, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0067, /* ¿ a to g */
    0x0068, 0x0069, 0x006A, 0x006B, 0x006C, 0x006D, 0x006E, 0x006F, /* h to o */
    0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077, /* p to w */
    0x0078, 0x0079, 0x007A, 0x00E4, 0x00F6, 0x00F1, 0x00FC, 0x00E0, /* x y z ä ö ñ ü à */
};

/* What senders mean by 0x80 to 0x9F when they say Latin-1: the quotes, dashes and the euro of
 * Windows-1252. 0 where that table has nothing either. */
static const uint16_t latin1_high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, /* 0x80 */
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,      /* 0x88 */
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, /* 0x90 */
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178, /* 0x98 */
};

int smpp_alphabet_parse(const char *name, enum smpp_alphabet *alphabet)
{
    for (size_t i = 0; i < sizeof(alphabet_names) / sizeof(*alphabet_names); i++) {
        if (strcmp(name, alphabet_names[i]) == 0) {
            *alphabet = (enum smpp_alphabet)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* SMPP 3.4, 5.2.19. Japanese, Korean and pictogram codes have no table here. */
static enum smpp_alphabet smpp_table(uint8_t data_coding, enum smpp_alphabet zero)
{
    switch (data_coding) {
    case 1: return SMPP_ALPHABET_ASCII;
    case 2:
    case 4: return SMPP_ALPHABET_BINARY;
    case 3: return SMPP_ALPHABET_LATIN1;
    case 6: return SMPP_ALPHABET_CYRILLIC;
    case 7: return SMPP_ALPHABET_HEBREW;
    case 8: return SMPP_ALPHABET_UCS2;
    default: return zero;
    }
}

enum smpp_alphabet smpp_alphabet_of(uint8_t data_coding, enum smpp_alphabet zero)
{
    switch (data_coding >> 4) {
    case 0x0: return smpp_table(data_coding, zero);
    case 0x1: /* general group with message class: the alphabet is in bits 3 and 2 */
        if ((data_coding & 0x0C) == 0x04)
            return SMPP_ALPHABET_BINARY;
        return (data_coding & 0x0C) == 0x08 ? SMPP_ALPHABET_UCS2 : zero;
    case 0xE: return SMPP_ALPHABET_UCS2;
    case 0xF: return (data_coding & 0x04) != 0 ? SMPP_ALPHABET_BINARY : zero;
    default: return zero;
    }
}

/* A reader takes one character from the front of `p` (len > 0) and returns the octets used. */
typedef size_t (*reader_fn)(const uint8_t *p, size_t len, uint32_t *ch);

static uint32_t gsm_extension(uint8_t code)
{
    switch (code) {
    case 0x0A: return '\f';
    case 0x14: return '^';
    case 0x1B: return ' '; /* reserved for one more table; shown as a space until there is one */
    case 0x28: return '{';
    case 0x29: return '}';
    case 0x2F: return '\\';
    case 0x3C: return '[';
    case 0x3D: return '~';
    case 0x3E: return ']';
    case 0x40: return '|';
    case 0x65: return 0x20AC;
    default: return 0;
    }
}

static size_t read_gsm(const uint8_t *p, size_t len, uint32_t *ch)
{
    if (p[0] != GSM_ESCAPE) {
        *ch = p[0] < 128 ? gsm_table[p[0]] : REPLACEMENT;
        return 1;
    }
    if (len < 2) {
        *ch = REPLACEMENT;
        return 1;
    }
    *ch = gsm_extension(p[1]);
    /* 23.038: a code that the extension does not have shows what the default table has there. */
    if (*ch == 0)
        *ch = p[1] < 128 ? gsm_table[p[1]] : REPLACEMENT;
    return 2;
}

static size_t read_ascii(const uint8_t *p, size_t len, uint32_t *ch)
{
    (void)len;
    *ch = p[0] < 0x80 ? p[0] : REPLACEMENT;
    return 1;
}

static size_t read_latin1(const uint8_t *p, size_t len, uint32_t *ch)
{
    (void)len;
    *ch = p[0];
    if (p[0] >= 0x80 && p[0] < 0xA0)
        *ch = latin1_high[p[0] - 0x80] != 0 ? latin1_high[p[0] - 0x80] : REPLACEMENT;
    return 1;
}

/* ISO 8859-5: the Cyrillic block in its own order, but for three signs. */
static size_t read_cyrillic(const uint8_t *p, size_t len, uint32_t *ch)
{
    (void)len;
    switch (p[0]) {
    case 0xAD: *ch = 0x00AD; break;
    case 0xF0: *ch = 0x2116; break;
    case 0xFD: *ch = 0x00A7; break;
    default:
        if (p[0] > 0xA0)
            *ch = 0x0401u + (p[0] - 0xA1u);
        else
            *ch = p[0] < 0x80 || p[0] == 0xA0 ? p[0] : REPLACEMENT;
    }
    return 1;
}

/* ISO 8859-8: letters from 0xE0; the signs of Latin-1 below, with two exchanged. */
static size_t read_hebrew(const uint8_t *p, size_t len, uint32_t *ch)
{
    (void)len;
    uint8_t c = p[0];
    if (c >= 0xE0 && c <= 0xFA)
        *ch = 0x05D0u + (c - 0xE0u);
    else if (c == 0xAA || c == 0xBA)
        *ch = c == 0xAA ? 0x00D7 : 0x00F7;
    else if (c == 0xDF || c == 0xFD || c == 0xFE)
        *ch = c == 0xDF ? 0x2017 : c == 0xFD ? 0x200E : 0x200F;
    else
        *ch = c < 0x80 || (c >= 0xA0 && c <= 0xBE && c != 0xA1) ? c : REPLACEMENT;
    return 1;
}

/* Well-formed sequences only (RFC 3629): no overlong forms, no surrogates, nothing over 10FFFF. */
static size_t read_utf8(const uint8_t *p, size_t len, uint32_t *ch)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : (p[0] & 0xE0) == 0xC0 ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : 4;
    if (n == 1 || n > len || (n == 4 && (p[0] & 0xF8) != 0xF0))
        return read_latin1(p, len, ch);

    uint32_t value = p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return read_latin1(p, len, ch);
        value = (value << 6) | (p[i] & 0x3Fu);
    }
    if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return read_latin1(p, len, ch);
    *ch = value;
    return n;
}

static size_t utf16_char(uint32_t unit, uint32_t next, bool has_next, uint32_t *ch)
{
    *ch = unit;
    if (unit < 0xD800 || unit >= 0xE000)
        return 2;
    if (unit < 0xDC00 && has_next && next >= 0xDC00 && next < 0xE000) {
        *ch = 0x10000u + ((unit - 0xD800u) << 10) + (next - 0xDC00u);
        return 4;
    }
    *ch = REPLACEMENT;
    return 2;
}

static size_t read_ucs2(const uint8_t *p, size_t len, uint32_t *ch)
{
    if (len < 2) {
        *ch = REPLACEMENT;
        return 1;
    }
    bool more = len >= 4;
    return utf16_char(smpp_get16(p), more ? smpp_get16(p + 2) : 0, more, ch);
}

static size_t read_ucs2_little(const uint8_t *p, size_t len, uint32_t *ch)
{
    if (len < 2) {
        *ch = REPLACEMENT;
        return 1;
    }
    bool more = len >= 4;
    uint32_t unit = p[0] | (uint32_t)p[1] << 8;
    return utf16_char(unit, more ? p[2] | (uint32_t)p[3] << 8 : 0, more, ch);
}

static reader_fn reader_of(enum smpp_alphabet alphabet)
{
    switch (alphabet) {
    case SMPP_ALPHABET_GSM: return read_gsm;
    case SMPP_ALPHABET_LATIN1: return read_latin1;
    case SMPP_ALPHABET_UTF8: return read_utf8;
    case SMPP_ALPHABET_UCS2: return read_ucs2;
    case SMPP_ALPHABET_CYRILLIC: return read_cyrillic;
    case SMPP_ALPHABET_HEBREW: return read_hebrew;
    case SMPP_ALPHABET_ASCII:
    case SMPP_ALPHABET_BINARY: break;
    }
    return read_ascii;
}

static bool starts_with(struct smpp_str octets, const char *mark, size_t len)
{
    return octets.len >= len && memcmp(octets.p, mark, len) == 0;
}

/* Cuts a byte order mark off; one of them also says that the text is little endian. */
static reader_fn skip_mark(struct smpp_str *octets, reader_fn reader)
{
    size_t mark = 0;
    if (reader == read_utf8 && starts_with(*octets, "\xEF\xBB\xBF", 3))
        mark = 3;
    if (reader == read_ucs2 && starts_with(*octets, "\xFE\xFF", 2))
        mark = 2;
    if (reader == read_ucs2 && starts_with(*octets, "\xFF\xFE", 2)) {
        mark = 2;
        reader = read_ucs2_little;
    }
    if (mark > 0)
        *octets = (struct smpp_str){octets->p + mark, octets->len - mark};
    return reader;
}

static size_t put_utf8(uint32_t ch, char out[4])
{
    if (ch < 0x80) {
        out[0] = (char)ch;
        return 1;
    }
    if (ch < 0x800) {
        out[0] = (char)(0xC0 | ch >> 6);
        out[1] = (char)(0x80 | (ch & 0x3F));
        return 2;
    }
    if (ch < 0x10000) {
        out[0] = (char)(0xE0 | ch >> 12);
        out[1] = (char)(0x80 | (ch >> 6 & 0x3F));
        out[2] = (char)(0x80 | (ch & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | ch >> 18);
    out[1] = (char)(0x80 | (ch >> 12 & 0x3F));
    out[2] = (char)(0x80 | (ch >> 6 & 0x3F));
    out[3] = (char)(0x80 | (ch & 0x3F));
    return 4;
}

size_t smpp_text_decode(struct smpp_str octets, enum smpp_alphabet alphabet, char *out, size_t cap)
{
    if (cap == 0)
        return 0;

    reader_fn read_char = skip_mark(&octets, reader_of(alphabet));
    size_t len = 0;
    for (size_t at = 0; at < octets.len;) {
        uint32_t ch;
        char utf8[4];
        at += read_char(octets.p + at, octets.len - at, &ch);
        size_t n = put_utf8(ch != 0 ? ch : REPLACEMENT, utf8);
        if (n > cap - 1 - len)
            break;
        memcpy(out + len, utf8, n);
        len += n;
    }
    out[len] = '\0';
    return len;
}
