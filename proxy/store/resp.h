/*
 * How long a reply of Redis is, before anybody reads what it says: bounds what the reader of
 * hiredis is given to whole replies of a sane size, and tells what is no reply at all. Pure.
 */
#ifndef PROXY_STORE_RESP_H
#define PROXY_STORE_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RESP_BULK_MAX  ((int64_t)8 << 20) /* octets of one string */
#define RESP_PARTS_MAX ((int64_t)1 << 20) /* elements of one reply, all levels together */

/* Octets of the first reply in `data`; 0: it is not whole yet; -EBADMSG: not of this protocol. */
ssize_t resp_measure(const uint8_t *data, size_t len);

/* Whether there are four octets and they are the reply ":0\r\n" or ":1\r\n". */
static inline bool resp_boolean(const uint8_t *data, size_t len, bool *value)
{
    if (len < 4 || data[0] != ':' || (data[1] & 0xfe) != '0' || data[2] != '\r' || data[3] != '\n')
        return false;
    *value = data[1] == '1';
    return true;
}

#endif
