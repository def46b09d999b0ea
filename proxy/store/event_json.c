#include "proxy/store/event_json.h"

#include "proxy/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SALT_BYTES ((size_t)16)
#define SALT_HEX   (2 * SALT_BYTES)

#define NO_CHARACTER "\xEF\xBF\xBD" /* U+FFFD */

enum {
#define X(symbol) STRING_##symbol,
    EVENT_STRINGS(X)
#undef X
        STRING_COUNT
};
_Static_assert(STRING_text == STRING_COUNT - 1, "the text is not among the hashed members");

struct member {
    const char *key;
    size_t len;
};

static const struct member members[] = {
#define X(symbol) {",\"" #symbol "\":", sizeof(",\"" #symbol "\":") - 1},
    EVENT_STRINGS(X)
#undef X
};

/* More than all that is not a string of the event or the instance: keys (tens of bytes each),
 * digits, time, three digests. */
#define FIXED_MAX (32 * STRING_COUNT + 1024)
_Static_assert(FIXED_MAX + 6 * (EVENT_TEXT_MAX + STRING_COUNT * EVENT_STRING_MAX) < EVENT_LINE_MAX,
               "readers take every line that can be written");

void event_link_init(struct event_link *link, const char *instance)
{
    link->instance = instance;
    link->seq = 0;
    memset(link->hash, '0', SHA_HEX);
    link->hash[SHA_HEX] = '\0';
}

static char *put(char *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t len = 0;
    do {
        digits[sizeof digits - ++len] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return put(at, digits + sizeof digits - len, len);
}

static char *put_escaped(char *at, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char shorts[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

    *at++ = '\\';
    if (c >= 32) {
        *at++ = (char)c;
    } else if (shorts[c] != 0) {
        *at++ = shorts[c];
    } else {
        at = PUT(at, "u00");
        *at++ = hex[c >> 4];
        *at++ = hex[c & 15];
    }
    return at;
}

static bool is_plain(unsigned char c)
{
    return c >= 32 && c < 128 && c != '"' && c != '\\';
}

static char *put_string(char *at, const char *string, size_t len)
{
    const unsigned char *s = (const unsigned char *)string, *end = s + len;

    *at++ = '"';
    while (s < end) {
        const unsigned char *run = s;
        while (s < end && is_plain(*s))
            s++;
        at = put(at, run, (size_t)(s - run));
        if (s == end)
            break;
        size_t n = utf8_char(s, (size_t)(end - s));
        if (n == 0)
            at = PUT(at, NO_CHARACTER);
        else if (n == 1)
            at = put_escaped(at, *s);
        else
            at = put(at, s, n);
        s += n == 0 ? 1 : n;
    }
    *at++ = '"';
    return at;
}

/* Over the salt as it is written and the text as a reader of the JSON gets it, so that anybody can
 * check it with sha256sum. */
static void hash_text(struct sha *sha, const char *salt, const char *text, size_t len,
                      char hex[SHA_HEX + 1])
{
    const unsigned char *s = (const unsigned char *)text, *end = s + len;

    sha_add(sha, salt, SALT_HEX);
    while (s < end) {
        const unsigned char *run = s;
        size_t n = 1;
        while (s < end && (n = utf8_char(s, (size_t)(end - s))) != 0)
            s += n;
        sha_add(sha, run, (size_t)(s - run));
        if (n == 0) {
            sha_add(sha, NO_CHARACTER, sizeof NO_CHARACTER - 1);
            s++;
        }
    }
    sha_hex(sha, hex);
}

/* Like strnlen, but a cut falls between characters. */
static size_t bounded_len(const char *s, size_t max)
{
    size_t len = s == NULL ? 0 : strnlen(s, max + 1);
    if (len <= max)
        return len;
    len = max;
    while (len > max - 3 && ((unsigned char)s[len] & 0xC0) == 0x80)
        len--;
    return len;
}

static int reserve(struct line_buf *out, size_t more)
{
    if (out->cap - out->len >= more)
        return 0;
    size_t cap = out->cap * 2 > out->len + more ? out->cap * 2 : out->len + more;
    char *data = realloc(out->data, cap);
    if (data == NULL)
        return -ENOMEM;
    out->data = data;
    out->cap = cap;
    return 0;
}

static int make_salt(char salt[SALT_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[SALT_BYTES];

    if (getentropy(bytes, sizeof bytes) != 0)
        return -EIO;
    for (size_t i = 0; i < sizeof bytes; i++) {
        salt[2 * i] = digits[bytes[i] >> 4];
        salt[2 * i + 1] = digits[bytes[i] & 15];
    }
    return 0;
}

/* The members of the event itself, up to `count`; `lens` are the lengths of its strings. */
static char *put_event(char *at, const struct event *event, const char *const *strings,
                       const size_t *lens)
{
    const char *type = event_type_name(event->type), *source = event_source_name(event->source);
    char time[EVENT_TIME_LEN + 1];

    event_time_format(event->time_ms, time);
    at = PUT(at, ",\"time\":\"");
    at = put(at, time, EVENT_TIME_LEN);
    at = PUT(at, "\",\"type\":\"");
    at = put(at, type, strlen(type));
    *at++ = '"';
    if (source != NULL) {
        at = PUT(at, ",\"source\":\"");
        at = put(at, source, strlen(source));
        *at++ = '"';
    }
    for (unsigned i = 0; i < STRING_text; i++) {
        if (lens[i] == 0)
            continue;
        at = put(at, members[i].key, members[i].len);
        at = put_string(at, strings[i], lens[i]);
    }
    if (event->count != 0) {
        at = PUT(at, ",\"count\":");
        at = put_number(at, event->count < INT64_MAX ? event->count : INT64_MAX);
    }
    return at;
}

/* The hash is over the line without text and salt: `at` stands behind the last hashed member. */
static char *put_tail(char *at, const char *line, const char *salt, const char *text, size_t len,
                      struct sha *sha, char hash[SHA_HEX + 1])
{
    sha_add(sha, line, (size_t)(at - line));
    sha_add(sha, "}", 1);
    sha_hex(sha, hash);
    if (len > 0) {
        at = put(at, members[STRING_text].key, members[STRING_text].len);
        at = put_string(at, text, len);
        at = PUT(at, ",\"salt\":\"");
        at = put(at, salt, SALT_HEX);
        *at++ = '"';
    }
    at = PUT(at, ",\"hash\":\"");
    at = put(at, hash, SHA_HEX);
    return PUT(at, "\"}\n");
}

int event_json_write(struct line_buf *out, const struct event *event, struct event_link *link,
                     struct sha *sha)
{
#define X(symbol) event->symbol,
    const char *const strings[] = {EVENT_STRINGS(X)};
#undef X
    size_t lens[STRING_COUNT], bound = FIXED_MAX;
    size_t instance_len = strlen(link->instance);

    for (unsigned i = 0; i < STRING_COUNT; i++) {
        lens[i] = bounded_len(strings[i], i == STRING_text ? EVENT_TEXT_MAX : EVENT_STRING_MAX);
        bound += 6 * lens[i];
    }
    bound += 6 * instance_len;
    if (reserve(out, bound) != 0)
        return -ENOMEM;

    const char *text = strings[STRING_text];
    size_t text_len = lens[STRING_text];
    char salt[SALT_HEX], text_hash[SHA_HEX + 1];
    if (text_len > 0) {
        if (make_salt(salt) != 0)
            return -EIO;
        hash_text(sha, salt, text, text_len, text_hash);
    }

    char *line = out->data + out->len, *at = line;
    at = PUT(at, "{\"seq\":");
    at = put_number(at, link->seq + 1);
    at = put_event(at, event, strings, lens);
    at = PUT(at, ",\"instance\":");
    at = put_string(at, link->instance, instance_len);
    if (text_len > 0) {
        at = PUT(at, ",\"text_hash\":\"");
        at = put(at, text_hash, SHA_HEX);
        *at++ = '"';
    }
    at = PUT(at, ",\"prev\":\"");
    at = put(at, link->hash, SHA_HEX);
    *at++ = '"';
    at = put_tail(at, line, salt, text, text_len, sha, link->hash);
    assert((size_t)(at - line) <= bound);
    link->seq++;
    out->len += (size_t)(at - line);
    return 0;
}
