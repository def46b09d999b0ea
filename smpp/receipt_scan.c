#include "smpp/receipt_scan.h"

#include <string.h>
#include <strings.h>

#define SEEN(key) (1u << SMPP_RECEIPT_KEY_##key)

/* The underscore of the GSM alphabet is a control character elsewhere, and stands in ids. */
#define GSM_UNDERSCORE 0x11

static const struct {
    const char *word;
    enum smpp_receipt_key key;
} keys[] = {
    {"id", SMPP_RECEIPT_KEY_ID},         {"sub", SMPP_RECEIPT_KEY_SUB},
    {"dlvrd", SMPP_RECEIPT_KEY_DLVRD},   {"submitdate", SMPP_RECEIPT_KEY_SUBMIT},
    {"donedate", SMPP_RECEIPT_KEY_DONE}, {"stat", SMPP_RECEIPT_KEY_STAT},
    {"err", SMPP_RECEIPT_KEY_ERR},       {"text", SMPP_RECEIPT_KEY_TEXT},
};

/* A key where it stands: from its first letter to behind its colon. */
struct place {
    enum smpp_receipt_key key;
    size_t start, end;
};

static bool is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(uint8_t c)
{
    return (c <= ' ' && c != GSM_UNDERSCORE) || c == 0x7F;
}

static bool is_separator(uint8_t c)
{
    return c == ',' || c == ';' || c == '|';
}

static bool is_word(struct smpp_str text, size_t start, size_t end, const char *word, size_t len)
{
    return end - start == len && strncasecmp((const char *)text.p + start, word, len) == 0;
}

static enum smpp_receipt_key key_of(struct smpp_str text, size_t start, size_t end)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        if (is_word(text, start, end, keys[i].word, strlen(keys[i].word)))
            return keys[i].key;
    }
    return SMPP_RECEIPT_KEY_OTHER;
}

static size_t word_before(struct smpp_str text, size_t from, size_t end)
{
    while (end > from && is_letter(text.p[end - 1]))
        end--;
    return end;
}

static size_t blanks_before(struct smpp_str text, size_t from, size_t end)
{
    while (end > from && (is_blank(text.p[end - 1]) || text.p[end - 1] == '_'))
        end--;
    return end;
}

/* "date" with "submit" or "done" in front of it, a blank, a line end or nothing between. */
static bool two_words(struct smpp_str text, size_t from, struct place *place, size_t end)
{
    if (!is_word(text, place->start, end, "date", 4))
        return false;
    size_t first_end = blanks_before(text, from, place->start);
    size_t first = word_before(text, from, first_end);
    if (is_word(text, first, first_end, "submit", 6))
        place->key = SMPP_RECEIPT_KEY_SUBMIT;
    else if (is_word(text, first, first_end, "done", 4))
        place->key = SMPP_RECEIPT_KEY_DONE;
    else
        return false;
    place->start = first;
    return true;
}

/* Whether the colon ends a key; if not ("10:30", "SMSC1:4711") it belongs to a value. */
static bool key_at(struct smpp_str text, size_t from, size_t colon, struct place *place)
{
    size_t end = colon;
    while (end > from && is_blank(text.p[end - 1]))
        end--;
    place->start = word_before(text, from, end);
    place->end = colon + 1;
    if (place->start == end)
        return false;
    place->key = key_of(text, place->start, end);
    if (place->key == SMPP_RECEIPT_KEY_OTHER)
        two_words(text, from, place, end);

    size_t start = place->start;
    if (place->key == SMPP_RECEIPT_KEY_OTHER)
        return end == colon && (start == 0 || (start > from && is_blank(text.p[start - 1])));
    if (start == from || is_blank(text.p[start - 1]) || is_separator(text.p[start - 1]))
        return true;
    /* "sub:001dlvrd:001stat:": a blank was forgotten. "id" is too short to be sure of that. */
    return place->key != SMPP_RECEIPT_KEY_ID && is_digit(text.p[start - 1]);
}

static bool next_key(struct smpp_str text, size_t from, struct place *place)
{
    for (size_t i = from; i < text.len; i++) {
        if (text.p[i] == ':' && key_at(text, from, i, place))
            return true;
    }
    return false;
}

static struct smpp_str skip(struct smpp_str s, size_t n)
{
    return (struct smpp_str){s.p + n, s.len - n};
}

/* Takes the next word off *value; empty at its end. Separators around it are not part of it. */
static struct smpp_str take_word(struct smpp_str *value)
{
    while (value->len > 0 && (is_blank(value->p[0]) || is_separator(value->p[0])))
        *value = skip(*value, 1);
    struct smpp_str word = {value->p, 0};
    while (word.len < value->len && !is_blank(value->p[word.len]))
        word.len++;
    *value = skip(*value, word.len);
    while (word.len > 0 && is_separator(word.p[word.len - 1]))
        word.len--;
    return word;
}

static bool is_word_octet(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == GSM_UNDERSCORE;
}

/* "DELIVRD." and "'DELIVRD'" mean DELIVRD. */
static struct smpp_str bare_word(struct smpp_str word)
{
    while (word.len > 0 && !is_word_octet(word.p[0]))
        word = skip(word, 1);
    size_t len = 0;
    while (len < word.len && is_word_octet(word.p[len]))
        len++;
    return (struct smpp_str){word.p, len};
}

static void keep_value(struct smpp_receipt_scan *scan, enum smpp_receipt_key key,
                       struct smpp_str value, struct smpp_str *loose)
{
    struct smpp_str word = take_word(&value);
    struct smpp_str second = take_word(&value);
    switch (key) {
    case SMPP_RECEIPT_KEY_ID:
        scan->id = word;
        scan->chatty = scan->chatty || second.len > 0;
        break;
    case SMPP_RECEIPT_KEY_STAT:
        scan->stat = bare_word(word);
        scan->chatty = scan->chatty || second.len > 0;
        break;
    case SMPP_RECEIPT_KEY_ERR: scan->err = word; break;
    case SMPP_RECEIPT_KEY_DONE: /* "done date:2101010000 DELIVRD err:000" has lost its stat: */
        if (smpp_state_of((const char *)second.p, second.len) != SMPP_STATE_NONE)
            *loose = second;
        break;
    default: break;
    }
}

void smpp_receipt_scan(struct smpp_str text, struct smpp_receipt_scan *scan)
{
    *scan = (struct smpp_receipt_scan){0};
    size_t first = 0;
    while (first < text.len && is_blank(text.p[first]))
        first++;

    struct smpp_str loose = {0};
    struct place place;
    bool more = next_key(text, 0, &place);
    if (more)
        scan->leads = place.start == first && place.key != SMPP_RECEIPT_KEY_OTHER;
    while (more && place.key != SMPP_RECEIPT_KEY_TEXT) {
        struct place next;
        more = next_key(text, place.end, &next);
        size_t end = more ? next.start : text.len;
        if ((scan->keys & (1u << place.key)) == 0)
            keep_value(scan, place.key, (struct smpp_str){text.p + place.end, end - place.end},
                       &loose);
        scan->keys |= 1u << place.key;
        place = next;
    }
    if (more)
        scan->keys |= SEEN(TEXT);
    if (scan->stat.len == 0)
        scan->stat = loose;
}

bool smpp_receipt_scan_customary(const struct smpp_receipt_scan *scan)
{
    if (!scan->leads)
        return false;
    unsigned technical =
        scan->keys & (SEEN(SUB) | SEEN(DLVRD) | SEEN(SUBMIT) | SEEN(DONE) | SEEN(ERR));
    if (__builtin_popcount(technical) >= 3)
        return true;
    if ((scan->keys & SEEN(ID)) == 0 || (scan->keys & SEEN(STAT)) == 0)
        return false;
    if ((technical & ~SEEN(SUB)) != 0)
        return true;
    return !scan->chatty && scan->id.len > 0 &&
           smpp_state_of((const char *)scan->stat.p, scan->stat.len) != SMPP_STATE_NONE;
}
