#include "proxy/utf8.h"

#include <stdbool.h>

/* Unicode 15, table 3-7: the octets that may follow `lead` second. */
static bool second_ok(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return second >= 0x80 && second <= 0xBF;
    }
}

size_t utf8_char(const uint8_t *p, size_t len)
{
    if (len == 0)
        return 0;
    size_t n;
    if (p[0] < 0x80)
        return 1;
    else if (p[0] >= 0xC2 && p[0] <= 0xDF)
        n = 2;
    else if (p[0] >= 0xE0 && p[0] <= 0xEF)
        n = 3;
    else if (p[0] >= 0xF0 && p[0] <= 0xF4)
        n = 4;
    else
        return 0;
    if (n > len || !second_ok(p[0], p[1]))
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return n;
}

/* Characters of three octets that would make a line look like another: zero-width ones and marks of
 * direction (U+200B to U+200F, U+2060 to U+206F, U+FEFF), separators and overrides (U+2028 to
 * U+202E). */
static bool is_invisible(const uint8_t *p)
{
    if (p[0] == 0xE2 && p[1] == 0x80)
        return (p[2] >= 0x8B && p[2] <= 0x8F) || (p[2] >= 0xA8 && p[2] <= 0xAE);
    if (p[0] == 0xE2 && p[1] == 0x81)
        return p[2] >= 0xA0 && p[2] <= 0xAF;
    return p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF;
}

size_t utf8_printable(const uint8_t *p, size_t len)
{
    size_t n = utf8_char(p, len);
    if (n == 1 && (p[0] < 0x20 || p[0] == 0x7F))
        return 0;
    if (n == 2 && p[0] == 0xC2 && p[1] < 0xA0)
        return 0;
    return n == 3 && is_invisible(p) ? 0 : n;
}
