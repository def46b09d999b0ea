#include "tests/sim/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int words_duration(const char *text, uint32_t *ms)
{
    static const struct {
        const char *unit;
        uint32_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1}};
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return -EINVAL;
    unsigned long value = strtoul(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        if (value > UINT32_MAX / units[i].ms)
            return -EINVAL;
        *ms = (uint32_t)value * units[i].ms;
        return 0;
    }
    return -EINVAL;
}

int words_number(const char *text, uint32_t max, uint32_t *value)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return -EINVAL;
    errno = 0;
    unsigned long n = strtoul(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    if (errno != 0 || *end != '\0' || n > max)
        return -EINVAL;
    *value = (uint32_t)n;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int words_unhex(const char *text, uint8_t *out, size_t cap)
{
    size_t len = 0;

    for (; text[0] != '\0'; text += 2) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return -EINVAL;
        if (len == cap)
            return -EMSGSIZE;
        out[len++] = (uint8_t)(high << 4 | low);
    }
    return (int)len;
}

void words_hex(FILE *to, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(to, "%02x", p[i]);
}

void words_quote(FILE *to, const char *text, size_t len)
{
    fputc('"', to);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", to);
        else if (c < 0x20 || c == 0x7F)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
}

char *words_next(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    size_t len = strcspn(word, " \t");

    if (len == 0)
        return NULL;
    *rest = word + len;
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return word;
}

void words_unescape(char *text)
{
    char *out = text;

    for (; *text != '\0'; text++) {
        if (text[0] == '\\' && (text[1] == 'n' || text[1] == '\\')) {
            text++;
            *out++ = *text == 'n' ? '\n' : '\\';
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

int words_host_port(char *text, const char **host, const char **port)
{
    char *colon = strrchr(text, ':');

    if (colon == NULL || colon == text || colon[1] == '\0')
        return -EINVAL;
    *colon = '\0';
    *port = colon + 1;
    *host = text;
    if (text[0] == '[' && colon[-1] == ']') {
        colon[-1] = '\0';
        *host = text + 1;
    } else if (strchr(text, ':') != NULL) {
        return -EINVAL;
    }
    return 0;
}
