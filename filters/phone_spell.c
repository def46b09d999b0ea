#include "filters/phone_spell.h"

#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <unistr.h>

#define ZEROS_MAX 12 /* leading zeros that are kept; more say nothing more */
#define TAIL      20 /* last digits that are kept where there are too many */
#define FULL      7  /* digits that may be a number with something behind it */
#define LONGEST   20 /* digits behind leading zeros: prefixes, trunk zero and a number of 15 */
#define EXTENSION 7  /* digits of the longest extension */

enum mark { MARK_DIGIT, MARK_PLUS, MARK_OPEN, MARK_CLOSE, MARK_SPACE, MARK_FOREIGN };

struct scan {
    struct phone_digits all;
    unsigned head;    /* digits in front of the first foreign octet; 0: none was met */
    unsigned bracket; /* digits in front of the last open bracket */
    bool open;        /* that bracket is not closed yet */
    unsigned zero;    /* digits in front of a "(0)"; 0: there is none */
    bool too_many;    /* digits were left out, so that positions say nothing */
    bool ended;       /* a foreign octet was met */
    unsigned number;  /* digits in front of it */
    bool foreign;     /* and it does not begin an extension or parameters */
};

bool phone_spell_plain(struct smpp_str address, struct phone_digits *digits)
{
    const uint8_t *p = address.p;
    size_t n = address.len;

    digits->plus = n > 0 && p[0] == '+';
    if (digits->plus) {
        p++;
        n--;
    }
    if (n == 0 || n > PHONE_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        digits->d[i] = (char)p[i];
    }
    digits->n = (unsigned)n;
    return true;
}

static enum mark ascii_mark(uint8_t c)
{
    switch (c) {
    case '+': return MARK_PLUS;
    case '(':
    case '[': return MARK_OPEN;
    case ')':
    case ']': return MARK_CLOSE;
    case ' ':
    case '-':
    case '.':
    case '/':
    case '~':
    case '\t':
    case '\r':
    case '\n': return MARK_SPACE;
    default: return c >= '0' && c <= '9' ? MARK_DIGIT : MARK_FOREIGN;
    }
}

static enum mark unicode_mark(ucs4_t c, unsigned *digit)
{
    int value = uc_decimal_value(c);

    if (value >= 0) {
        *digit = (unsigned)value;
        return MARK_DIGIT;
    }
    if (c == 0xFF0B || c == 0xFE62) /* full-width and small plus sign */
        return MARK_PLUS;
    if (c == 0x2212 || c == 0x30FC) /* minus sign; the sound mark that is typed for a dash */
        return MARK_SPACE;
    if (c >= 0xFF01 && c <= 0xFF5E) /* full-width ASCII */
        return ascii_mark((uint8_t)(c - 0xFF01 + '!'));
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Ps))
        return MARK_OPEN;
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Pe))
        return MARK_CLOSE;
    if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z | UC_CATEGORY_MASK_Pd |
                                                UC_CATEGORY_MASK_Cf))
        return MARK_SPACE;
    return MARK_FOREIGN;
}

/* Reads one character; returns its octets. What is no UTF-8 is one octet of Latin-1 or CP1252. */
static size_t next_mark(struct smpp_str rest, enum mark *mark, unsigned *digit)
{
    uint8_t c = rest.p[0];
    ucs4_t wide;
    int len;

    if (c < 0x80) {
        *mark = ascii_mark(c);
        *digit = (unsigned)(c - '0');
        return 1;
    }
    len = u8_mbtoucr(&wide, rest.p, rest.len < 4 ? rest.len : 4);
    if (len > 0) {
        *mark = unicode_mark(wide, digit);
        return (size_t)len;
    }
    *mark = c == 0xA0 || c == 0xAD || c == 0x96 || c == 0x97 ? MARK_SPACE : MARK_FOREIGN;
    return 1;
}

static void take_digit(struct scan *scan, unsigned digit)
{
    struct phone_digits *all = &scan->all;

    if (digit == 0 && all->n == ZEROS_MAX && memcmp(all->d, "000000000000", ZEROS_MAX) == 0)
        return;
    if (all->n == PHONE_SPELLED_MAX) {
        /* The ends are what may still hold a number. */
        memmove(all->d + PHONE_SPELLED_MAX - TAIL, all->d + PHONE_SPELLED_MAX - TAIL + 1, TAIL - 1);
        all->n--;
        scan->too_many = true;
    }
    all->d[all->n++] = (char)('0' + digit);
}

static void take_close(struct scan *scan)
{
    const struct phone_digits *all = &scan->all;

    if (scan->open && scan->zero == 0 && scan->bracket > 0 && all->n == scan->bracket + 1 &&
        all->d[scan->bracket] == '0')
        scan->zero = scan->bracket;
    scan->open = false;
}

static void take(struct scan *scan, enum mark mark, unsigned digit)
{
    switch (mark) {
    case MARK_DIGIT: take_digit(scan, digit); break;
    case MARK_OPEN:
        scan->open = true;
        scan->bracket = scan->all.n;
        break;
    case MARK_CLOSE: take_close(scan); break;
    case MARK_PLUS:
        if (scan->all.n == 0) {
            scan->all.plus = true;
            break;
        }
        /* A second number begins. */
        /* fall through */
    case MARK_FOREIGN:
        if (scan->head == 0)
            scan->head = scan->all.n;
        break;
    case MARK_SPACE: break;
    }
}

static void add_first(struct phone_spellings *spellings, const struct phone_digits *all, unsigned n)
{
    spellings->as[spellings->n] = *all;
    spellings->as[spellings->n++].n = n;
}

/* The first n digits, and the same without the "(0)". Where that 0 is a trunk prefix both say the
 * same; where it is none (Italy) it belongs to the number more often than not. */
static void add_spelling(struct phone_spellings *spellings, const struct scan *scan, unsigned n)
{
    struct phone_digits *last;

    if (n == 0)
        return;
    add_first(spellings, &scan->all, n);
    if (scan->too_many || scan->zero == 0 || scan->zero >= n)
        return;
    add_first(spellings, &scan->all, n - 1);
    last = &spellings->as[spellings->n - 1];
    memcpy(last->d + scan->zero, scan->all.d + scan->zero + 1, n - scan->zero - 1);
}

static bool skip_word(struct smpp_str *rest, const char *word)
{
    size_t len = strlen(word);

    if (rest->len < len || strncasecmp((const char *)rest->p, word, len) != 0)
        return false;
    rest->p += len;
    rest->len -= len;
    return true;
}

/* RFC 3966: what is in front of a phone-context is only a part of the number. */
static bool is_parameters(struct smpp_str rest)
{
    for (; rest.len > 0; rest.p++, rest.len--) {
        struct smpp_str word = rest;

        if (skip_word(&word, "phone-context"))
            return false;
    }
    return true;
}

/* Whether all that follows a number is its parameters (";ext=5") or its extension ("x5", "#5"). */
static bool is_extension(struct smpp_str rest)
{
    static const char *const words[] = {"extension", "extn", "ext", "x", "#", ","};
    unsigned digits = 0;
    size_t i = 0;

    if (rest.p[0] == ';')
        return is_parameters(rest);
    while (i < sizeof words / sizeof words[0] && !skip_word(&rest, words[i]))
        i++;
    if (i == sizeof words / sizeof words[0])
        return false;
    while (rest.len > 0) {
        enum mark mark;
        unsigned digit = 0;
        size_t len = next_mark(rest, &mark, &digit);

        digits += mark == MARK_DIGIT;
        if ((mark != MARK_DIGIT && mark != MARK_SPACE && rest.p[0] != ':') || digits > EXTENSION)
            return false;
        rest.p += len;
        rest.len -= len;
    }
    return true;
}

/* What a foreign octet is, is decided by the first: an extension goes to the end. */
static void meet_foreign(struct scan *scan, struct smpp_str rest)
{
    if (scan->ended)
        return;
    scan->ended = true;
    scan->number = scan->all.n;
    scan->foreign = scan->number < FULL || !is_extension(rest);
}

static bool is_too_long(const struct phone_digits *all, unsigned n)
{
    unsigned zeros = 0;

    while (zeros < n && all->d[zeros] == '0')
        zeros++;
    return n - zeros > LONGEST;
}

/* The spellings in their order, and which of them are of the number in front. */
static void add_spellings(struct phone_spellings *spellings, struct scan *scan)
{
    unsigned all = scan->all.n, front = scan->head > 0 ? scan->head : all;
    bool full = (front >= FULL && scan->number >= FULL) || !scan->foreign;

    if (front < FULL && !scan->foreign)
        front = all;
    scan->foreign =
        scan->foreign || scan->too_many || is_too_long(&scan->all, scan->ended ? front : all);
    if (front >= FULL && front < all) /* the number itself, with something behind it */
        add_spelling(spellings, scan, front);
    else
        add_spelling(spellings, scan, all);
    if (full && front <= PHONE_SPELLED_MAX - TAIL && !is_too_long(&scan->all, front))
        spellings->leading = spellings->n;
    if (front >= FULL && front < all)
        add_spelling(spellings, scan, all);
    else if (scan->head > 0 && scan->head < FULL && scan->head < all)
        add_spelling(spellings, scan, scan->head);
}

void phone_spell(struct smpp_str address, struct phone_spellings *spellings)
{
    struct scan scan = {.all = {.n = 0}};

    *spellings = (struct phone_spellings){.n = 0};
    while (address.len > 0 && ascii_mark(address.p[0]) == MARK_SPACE) {
        address.p++;
        address.len--;
    }
    skip_word(&address, "tel:");
    while (address.len > 0) {
        enum mark mark;
        unsigned digit = 0;
        size_t len = next_mark(address, &mark, &digit);

        if (mark == MARK_FOREIGN)
            meet_foreign(&scan, address);
        take(&scan, mark, digit);
        address.p += len;
        address.len -= len;
    }
    add_spellings(spellings, &scan);
    spellings->foreign = scan.foreign;
}
