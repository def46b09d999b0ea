#include "smpp/ids.h"

#include <errno.h>
#include <string.h>

const char *smpp_command_name(uint32_t command_id)
{
    switch (command_id) {
#define X(symbol, number)                                                                          \
    case number: return #symbol;
        SMPP_COMMANDS(X)
#undef X
    default: return NULL;
    }
}

const char *smpp_status_name(uint32_t status)
{
    switch (status) {
#define X(symbol, number)                                                                          \
    case number: return "ESME_" #symbol;
        SMPP_STATUSES(X)
#undef X
    default: return NULL;
    }
}

const char *smpp_tlv_name(uint16_t tag)
{
    switch (tag) {
#define X(symbol, number)                                                                          \
    case number: return #symbol;
        SMPP_TLVS(X)
#undef X
    default: return NULL;
    }
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Stricter than strtoul(), which takes signs, blanks and octal. */
static int parse_number(const char *text, uint32_t *number)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return -EINVAL;
    uint64_t value = 0;
    for (; *text != '\0'; text++) {
        int digit = digit_value(*text);
        if (digit < 0 || (unsigned)digit >= base)
            return -EINVAL;
        value = value * base + (unsigned)digit;
        if (value > UINT32_MAX)
            return -EINVAL;
    }
    *number = (uint32_t)value;
    return 0;
}

int smpp_status_parse(const char *text, uint32_t *status)
{
    static const struct {
        const char *name;
        uint32_t number;
    } statuses[] = {
#define X(symbol, number) {"ESME_" #symbol, number},
        SMPP_STATUSES(X)
#undef X
    };

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (strcmp(text, statuses[i].name) == 0) {
            *status = statuses[i].number;
            return 0;
        }
    }
    return parse_number(text, status);
}
