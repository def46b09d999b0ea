#include "proxy/store/list_form.h"

#include <string.h>
#include <strings.h>

/* Octets that stand for one ASCII character, or for none ('\0': left out). */
struct spelling {
    const char *octets;
    char means;
};

static const struct spelling spellings[] = {
    {"\xEF\xBC\x8B", '+'}, {"\xEF\xBC\x88", '('}, {"\xEF\xBC\x89", ')'}, {"\xEF\xBC\x8D", '-'},
    {"\xC2\xA0", ' '},     {"\xE3\x80\x80", ' '}, {"\xE2\x88\x92", '-'}, {"\xE2\x80\xAF", ' '},
    {"\xE2\x80\x89", ' '}, {"\xE2\x80\x8B", 0},   {"\xE2\x80\x8E", 0},   {"\xE2\x80\x8F", 0},
    {"\xE2\x80\xAA", 0},   {"\xE2\x80\xAC", 0},   {"\xE2\x81\xA0", 0},   {"\xEF\xBB\xBF", 0},
};

/* One character from p as ASCII into *means: its octets, 0 where it has no place in a number. */
static size_t read_character(const char *p, size_t len, char *means)
{
    const unsigned char *u = (const unsigned char *)p;

    if (u[0] < 0x80) {
        *means = p[0];
        return strchr("0123456789+()-./ \t", p[0]) != NULL && p[0] != '\0';
    }
    if (len >= 3 && u[0] == 0xEF && u[1] == 0xBC && u[2] >= 0x90 && u[2] <= 0x99) {
        *means = (char)('0' + (u[2] - 0x90)); /* full-width */
        return 3;
    }
    if (len >= 2 && u[0] == 0xD9 && u[1] >= 0xA0 && u[1] <= 0xA9) {
        *means = (char)('0' + (u[1] - 0xA0)); /* Arabic-Indic */
        return 2;
    }
    if (len >= 3 && u[0] == 0xE2 && u[1] == 0x80 && u[2] >= 0x90 && u[2] <= 0x95) {
        *means = '-'; /* hyphens and dashes */
        return 3;
    }
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        size_t n = strlen(spellings[i].octets);
        if (n <= len && memcmp(p, spellings[i].octets, n) == 0) {
            *means = spellings[i].means;
            return n;
        }
    }
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 1.41556E+10: what a spreadsheet makes of a long number. */
static bool is_scientific(const char *p, size_t len)
{
    size_t i = 0;

    while (i < len && (is_digit(p[i]) || p[i] == '.' || p[i] == ',')) {
        i++;
    }
    if (i == 0 || i + 1 >= len || (p[i] != 'E' && p[i] != 'e')) {
        return false;
    }
    i += p[i + 1] == '+' ? 2 : 1;
    size_t exponent = i;
    while (i < len && is_digit(p[i])) {
        i++;
    }
    return i == len && i > exponent;
}

/* What people and programs put in front of a number. */
static void strip_prefix(const char **p, size_t *len)
{
    static const char *const prefixes[] = {"tel:", "sms:", "phone:", "'", "="};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t n = strlen(prefixes[i]);
        if (*len >= n && strncasecmp(*p, prefixes[i], n) == 0) {
            *p += n;
            *len -= n;
        }
    }
    if (*len >= 2 && **p == '"' && (*p)[*len - 1] == '"') {
        (*p)++;
        *len -= 2;
    }
}

/* Whether it is dialled with an international prefix: 00, 011. */
static bool has_prefix(const char *text)
{
    const char *digits = strpbrk(text, "0123456789");

    return strncmp(digits, "00", 2) == 0 || strncmp(digits, "011", 3) == 0;
}

static const char *check(const char *text, unsigned digits)
{
    const char *plus = strrchr(text, '+');

    if (plus != NULL && strpbrk(text, "0123456789") < plus) {
        return "a '+' behind digits: two numbers, or none";
    }
    if (digits == 0) {
        return "no digits";
    }
    if (digits < 3) {
        return "too few digits for a number";
    }
    if (digits > PHONE_DIGITS_MAX + 3 || (digits > PHONE_DIGITS_MAX && !has_prefix(text))) {
        return "too many digits for a number";
    }
    return NULL;
}

const char *list_form_value(struct rows_field value, char out[64], size_t *len)
{
    const char *p = value.p;
    size_t left = value.len, n = 0;
    unsigned digits = 0;

    strip_prefix(&p, &left);
    if (is_scientific(p, left)) {
        return "a number in scientific notation: a spreadsheet has lost its digits";
    }
    while (left > 0) {
        char means;
        size_t taken = read_character(p, left, &means);
        if (taken == 0) {
            return "not a telephone number";
        }
        if (means != 0 && n + 1 >= 64) {
            return "too long for a number";
        }
        if (means != 0) {
            out[n++] = means;
        }
        digits += is_digit(means);
        p += taken;
        left -= taken;
    }
    out[n] = '\0';
    *len = n;
    return check(out, digits);
}

bool list_form_welcome(struct rows_field status)
{
    static const char *const words[] = {"opt-in",   "optin",      "opt in",
                                        "opt_in",   "opted-in",   "opted in",
                                        "opted_in", "subscribed", "resubscribed"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (status.len == strlen(words[i]) && strncasecmp(status.p, words[i], status.len) == 0) {
            return true;
        }
    }
    return false;
}
