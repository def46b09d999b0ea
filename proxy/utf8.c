#include "proxy/utf8.h"

#include <stdbool.h>
#include <string.h>

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

size_t utf8_printable(const uint8_t *p, size_t len)
{
    size_t n = utf8_char(p, len);
    if (n == 1 && (p[0] < 0x20 || p[0] == 0x7F))
        return 0;
    if (n == 2 && p[0] == 0xC2 && p[1] < 0xA0)
        return 0;
    if (n == 3 && (memcmp(p, "\u2028", 3) == 0 || memcmp(p, "\u2029", 3) == 0))
        return 0;
    return n;
}
