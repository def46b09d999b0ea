#include "filters/intent_fold.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* A longer text is no keyword, whatever it folds to. */
#define TEXT_MAX 200
/* Compatibility decomposition makes up to 33 octets of 3. */
#define WORK_MAX (TEXT_MAX * 12)

/* No letter, no digit, and no part of a wider character. */
static bool is_ascii_edge(char octet)
{
    uint8_t c = (uint8_t)octet;

    return c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
           !(c >= 'A' && c <= 'Z');
}

/* Gathers folded characters: separators inside become one space, those at the ends nothing. */
struct folded {
    uint8_t *out;
    size_t n, cap;
    bool gap, full;
};

static void put(struct folded *folded, const uint8_t *octets, size_t n)
{
    size_t space = folded->gap && folded->n > 0;

    folded->gap = false;
    if (folded->n + space + n > folded->cap) {
        folded->full = true;
        return;
    }
    if (space)
        folded->out[folded->n++] = ' ';
    memcpy(folded->out + folded->n, octets, n);
    folded->n += n;
}

static bool fold_ascii(const char *text, size_t len, struct folded *folded)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];

        if (c >= 0x80)
            return false;
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c + 32);
        if (c == ' ' || c == '-' || c == '_' || (c >= '\t' && c <= '\r'))
            folded->gap = true;
        else
            put(folded, &c, 1);
    }
    return true;
}

/* Letters that Unicode does not decompose, and Arabic letters that people type for one another.
 * NULL: stays as it is. */
static const char *replacement(ucs4_t c)
{
    switch (c) {
    case 0x00E6: return "ae";     /* æ */
    case 0x00F8: return "o";      /* ø */
    case 0x0111: return "d";      /* đ */
    case 0x0131: return "i";      /* dotless i: case folding leaves it, and makes i of I and İ */
    case 0x0142: return "l";      /* ł */
    case 0x0153: return "oe";     /* œ */
    case 0x0629: return "\u0647"; /* teh marbuta as heh */
    case 0x0649:                  /* alef maksura and Farsi yeh as yeh */
    case 0x06CC: return "\u064A";
    case 0x0671: return "\u0627"; /* alef wasla as alef */
    case 0x06A9: return "\u0643"; /* keheh as kaf */
    default: return NULL;
    }
}

/* Accents and vowel points that are often left out. Not the vowel signs of Indic scripts and Thai
 * and not the Japanese voicing marks, without which they are other words. */
static bool is_optional_mark(ucs4_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0591 && c <= 0x05C7) || c == 0x0640 ||
           (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0xFE00 && c <= 0xFE0F);
}

static bool is_gap(ucs4_t c)
{
    return (c >= '\t' && c <= '\r') || c == '_' || c == 0x2212 ||
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Pd);
}

/* Part of a word, or something that makes another text of it. A pictogram is: what a person means
 * by "stop" and a laughing face is not for a table to say. */
static bool is_word(ucs4_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N |
                                                   UC_CATEGORY_MASK_M) ||
           (c >= 0x80 && uc_is_property_extended_pictographic(c));
}

static void fold_characters(const uint8_t *text, size_t len, struct folded *folded)
{
    while (len > 0) {
        ucs4_t c;
        int n = u8_mbtouc(&c, text, len);
        const char *other = replacement(c);

        if (other)
            put(folded, (const uint8_t *)other, strlen(other));
        else if (is_gap(c))
            folded->gap = true;
        else if (!is_optional_mark(c) &&
                 !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cc))
            put(folded, text, (size_t)n);
        text += n;
        len -= (size_t)n;
    }
}

/* Cuts what is no part of a word from both ends. */
static void trim(const uint8_t **text, size_t *len)
{
    ucs4_t c;

    while (*len > 0) {
        int n = u8_mbtouc(&c, *text, *len);

        if (is_word(c))
            break;
        *text += n;
        *len -= (size_t)n;
    }
    while (*len > 0) {
        const uint8_t *last = u8_prev(&c, *text + *len, *text);

        if (!last || is_word(c))
            break;
        *len = (size_t)(last - *text);
    }
}

/* What libunistring hands back where the result does not fit the buffer is a block of its own. */
static bool in_place(uint8_t *result, uint8_t *buffer)
{
    if (result != buffer)
        free(result);
    return result == buffer;
}

/* Decomposition comes before case folding, which knows nothing of full-width and other styled
 * letters; composition comes last, so that a folded word can be shown. */
static bool fold_unicode(const char *text, size_t len, struct folded *folded)
{
    uint8_t a[WORK_MAX], b[WORK_MAX];
    size_t a_len = sizeof(a), b_len = sizeof(b);
    struct folded bare = {.out = a, .cap = sizeof(a)};
    const uint8_t *word = a;

    if (u8_check((const uint8_t *)text, len) ||
        !in_place(u8_normalize(UNINORM_NFKD, (const uint8_t *)text, len, a, &a_len), a) ||
        !in_place(u8_casefold(a, a_len, NULL, UNINORM_NFKD, b, &b_len), b))
        return false;
    fold_characters(b, b_len, &bare);
    trim(&word, &bare.n);
    b_len = sizeof(b);
    if (bare.full || !in_place(u8_normalize(UNINORM_NFC, word, bare.n, b, &b_len), b))
        return false;
    put(folded, b, b_len);
    return true;
}

bool intent_fold(const char *text, size_t len, char out[INTENT_FOLDED_MAX])
{
    struct folded folded = {.out = (uint8_t *)out, .cap = INTENT_FOLDED_MAX - 1};

    out[0] = '\0';
    while (len > 0 && is_ascii_edge(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_ascii_edge(text[len - 1]))
        len--;
    if (len == 0 || len > TEXT_MAX)
        return false;
    if (!fold_ascii(text, len, &folded)) {
        folded = (struct folded){.out = (uint8_t *)out, .cap = INTENT_FOLDED_MAX - 1};
        if (!fold_unicode(text, len, &folded))
            return false;
    }
    if (folded.full || folded.n == 0) {
        out[0] = '\0';
        return false;
    }
    out[folded.n] = '\0';
    return true;
}
