/*
 * Writes an event as a line of a journal (the format is in journal.h), byte for byte what jansson
 * would dump compactly, only faster: the journal's thread does this for every event. Bytes that are
 * no UTF-8 become U+FFFD and over-long strings are cut, because an event must never be lost over
 * them. Knows no files and no threads; reading is event_line.h.
 */
#ifndef PROXY_STORE_EVENT_JSON_H
#define PROXY_STORE_EVENT_JSON_H

#include "filters/event.h"
#include "proxy/store/sha.h"

#include <stddef.h>
#include <stdint.h>

/* Longest strings that are written whole, in bytes, and the longest line that can come of them
 * (every byte may need six). */
#define EVENT_TEXT_MAX   ((size_t)256 << 10)
#define EVENT_STRING_MAX ((size_t)16 << 10)
#define EVENT_LINE_MAX   ((size_t)4 << 20)

#define EVENT_TIME_LEN    24 /* 2025-01-31T23:59:59.999Z */
#define EVENT_TIME_MAX_MS 253402300799999ull

/* The last line of a chain; what the next one is linked to. */
struct event_link {
    const char *instance;
    uint64_t seq;           /* 0: nothing is written yet */
    char hash[SHA_HEX + 1]; /* then 64 zeros */
};

void event_link_init(struct event_link *link, const char *instance);

/* Bytes that grow; all zero is empty. `data` is freed by the owner. */
struct line_buf {
    char *data;
    size_t len, cap;
};

/* Appends the line that follows `link`, with its newline, and moves `link` to it. On -ENOMEM, or
 * -EIO where the system gives no random bytes, neither has changed. */
int event_json_write(struct line_buf *out, const struct event *event, struct event_link *link,
                     struct sha *sha);

/* RFC 3339 in UTC with milliseconds, exactly in this form. Times after the year 9999 become its
 * end. event_time_parse needs EVENT_TIME_LEN readable characters or a terminating zero before; 0,
 * or -EINVAL. */
void event_time_format(uint64_t ms, char out[EVENT_TIME_LEN + 1]);
int event_time_parse(const char *text, uint64_t *ms);

#endif
