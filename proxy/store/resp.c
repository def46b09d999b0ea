#include "proxy/store/resp.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_LEN 65536 /* of a status or error */

/* The number behind the type octet: 0, or -EBADMSG. */
static int header_number(const uint8_t *at, const uint8_t *end, int64_t *number)
{
    bool negative = at < end && *at == '-';
    int64_t value = 0;
    if (negative)
        at++;
    if (at == end || end - at > 18)
        return -EBADMSG;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return -EBADMSG;
        value = value * 10 + (*at - '0');
    }
    *number = negative ? -value : value;
    return 0;
}

/* One element without those it contains. Adds their number to *parts. */
static ssize_t measure_element(const uint8_t *data, size_t len, int64_t *parts)
{
    if (!memchr("+-:$*", data[0], 5))
        return -EBADMSG;
    size_t look = len < LINE_MAX_LEN ? len : LINE_MAX_LEN;
    const uint8_t *end = memchr(data, '\n', look);
    if (!end)
        return look == LINE_MAX_LEN ? -EBADMSG : 0;
    if (end[-1] != '\r')
        return -EBADMSG;
    size_t header = (size_t)(end - data) + 1;
    if (data[0] == '+' || data[0] == '-')
        return (ssize_t)header;
    int64_t number;
    if (header < 4)
        return -EBADMSG;
    if (data[0] == ':') /* an integer may have 19 digits and a sign */
        return header > 24 ? -EBADMSG : (ssize_t)header;
    if (header_number(data + 1, end - 1, &number) < 0 || number < -1)
        return -EBADMSG;
    if (data[0] == '*') {
        *parts += number > 0 ? number : 0;
        return number > RESP_PARTS_MAX || *parts > RESP_PARTS_MAX ? -EBADMSG : (ssize_t)header;
    }
    if (number > RESP_BULK_MAX)
        return -EBADMSG;
    return (ssize_t)header + (number < 0 ? 0 : (ssize_t)number + 2);
}

ssize_t resp_measure(const uint8_t *data, size_t len)
{
    size_t at = 0;
    int64_t parts = 1; /* elements promised, and of those */
    for (int64_t seen = 0; seen < parts; seen++) {
        if (at >= len)
            return 0;
        ssize_t n = measure_element(data + at, len - at, &parts);
        if (n <= 0)
            return n;
        at += (size_t)n;
    }
    return at <= len ? (ssize_t)at : 0;
}
