#include "proxy/store/event_json.h"
#include "proxy/store/event_line.h"
#include "proxy/store/journal_read.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN "host-0123abcd"

static struct sha *sha;
static struct line_buf out;
static struct event_link link_to;

static void set_up(void)
{
    sha = sha_new();
    out = (struct line_buf){0};
    event_link_init(&link_to, CHAIN);
}

static void tear_down(void)
{
    free(out.data);
    sha_free(sha);
}

TestSuite(event_json, .init = set_up, .fini = tear_down);

/* The next line, terminated by a zero in place of its newline. */
static const char *write_line(const struct event *event)
{
    out.len = 0;
    cr_assert_eq(event_json_write(&out, event, &link_to, sha), 0);
    cr_assert_eq(out.data[out.len - 1], '\n');
    out.data[--out.len] = '\0';
    cr_assert_eq(strlen(out.data), out.len);
    return out.data;
}

static void set_string(json_t *root, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0')
        cr_assert_eq(json_object_set_new(root, key, json_string(value)), 0);
}

/* The line as jansson writes it, from an event whose strings are well formed. */
static char *by_jansson(const struct event *event, uint64_t seq, const char *prev, const char *salt)
{
    char time[EVENT_TIME_LEN + 1], hex[SHA_HEX + 1];
    json_t *root = json_object();
    event_time_format(event->time_ms, time);
    json_object_set_new(root, "seq", json_integer((json_int_t)seq));
    set_string(root, "time", time);
    set_string(root, "type", event_type_name(event->type));
    set_string(root, "source", event_source_name(event->source));
#define X(symbol)                                                                                  \
    if (strcmp(#symbol, "text") != 0)                                                              \
        set_string(root, #symbol, event->symbol);
    EVENT_STRINGS(X)
#undef X
    if (event->count != 0)
        json_object_set_new(root, "count", json_integer((json_int_t)event->count));
    set_string(root, "instance", CHAIN);
    if (salt != NULL) {
        sha_add(sha, salt, strlen(salt));
        sha_add(sha, event->text, strlen(event->text));
        sha_hex(sha, hex);
        set_string(root, "text_hash", hex);
    }
    set_string(root, "prev", prev);
    char *base = json_dumps(root, JSON_COMPACT);
    sha_add(sha, base, strlen(base));
    sha_hex(sha, hex);
    free(base);
    if (salt != NULL) {
        set_string(root, "text", event->text);
        set_string(root, "salt", salt);
    }
    set_string(root, "hash", hex);
    char *line = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return line;
}

static void assert_as_jansson(const struct event *event)
{
    char prev[SHA_HEX + 1], salt[64] = "";
    memcpy(prev, link_to.hash, sizeof prev);
    const char *line = write_line(event);
    const char *at = strstr(line, ",\"salt\":\"");
    if (at != NULL)
        cr_assert_eq(sscanf(at, ",\"salt\":\"%63[0-9a-f]\"", salt), 1);
    char *expected = by_jansson(event, link_to.seq, prev, at == NULL ? NULL : salt);
    cr_assert_str_eq(line, expected);
    free(expected);

    struct line_facts facts;
    const char *problem = event_line_check(sha, line, out.len, CHAIN, &facts);
    cr_assert_null(problem, "%s", problem);
    cr_assert_eq(facts.seq, link_to.seq);
    cr_assert_str_eq(facts.prev, prev);
    cr_assert_str_eq(facts.hash, link_to.hash);
}

Test(event_json, digest_is_sha256)
{
    char hex[SHA_HEX + 1];
    sha_add(sha, "a", 1);
    sha_add(sha, "bc", 2);
    sha_hex(sha, hex);
    cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha_hex(sha, hex);
    cr_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

Test(event_json, written_as_jansson_writes)
{
    struct event event = {.type = EVENT_access, .time_ms = 1};
    assert_as_jansson(&event);

    event = (struct event){.type = EVENT_blocked, .count = UINT32_MAX, .time_ms = 1735689600123};
    event.source = EVENT_SOURCE_carrier;
#define X(symbol) event.symbol = #symbol " \"quoted\" back\\slash /solidus/ \u00e9\u20ac\U0001F600";
    EVENT_STRINGS(X)
#undef X
    assert_as_jansson(&event);

    /* Every character that JSON escapes or might. */
    static const char more[] = "\x7f\xc2\x80\u2028\ufeff\uffff";
    char all[127 + sizeof more];
    for (int c = 1; c < 128; c++)
        all[c - 1] = (char)c;
    memcpy(all + 127, more, sizeof more);
    event.text = event.reason = all;
    assert_as_jansson(&event);
}

Test(event_json, every_type_and_source)
{
    for (int type = 0; type < EVENT_TYPE_COUNT; type++) {
        for (int source = 0; source < EVENT_SOURCE_COUNT; source++) {
            struct event event = {.type = (enum event_type)type,
                                  .source = (enum event_source)source,
                                  .number = "14155550100"};
            assert_as_jansson(&event);
        }
    }
}

Test(event_json, bytes_that_are_no_text_are_replaced)
{
    static const char *const cases[][2] = {
        {"\xff", "\ufffd"},
        {"a\x80z", "a\ufffdz"},
        {"\xc0\xaf", "\ufffd\ufffd"},
        {"\xe0\x80\xaf", "\ufffd\ufffd\ufffd"},
        {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},           /* a surrogate */
        {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"}, /* beyond Unicode */
        {"\xe2\x82", "\ufffd\ufffd"},                     /* ends in the middle */
        {"\xe2\x82\"x", "\ufffd\ufffd\"x"},
        {"\xc3\xa9\xc3", "\u00e9\ufffd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct event event = {.number = "1", .text = cases[i][0], .reason = cases[i][0]}, read;
        struct event_line *keep;
        struct line_facts facts;
        write_line(&event);
        cr_assert_null(event_line_check(sha, out.data, out.len, CHAIN, &facts), "case %zu", i);
        cr_assert_eq(event_line_parse(out.data, out.len, &read, NULL, NULL, &keep), 0);
        cr_assert_str_eq(read.text, cases[i][1]);
        cr_assert_str_eq(read.reason, cases[i][1]);
        event_line_free(keep);
    }
}

/* Random octets in every string: always a line that verifies and reads. */
Test(event_json, any_octets)
{
    unsigned state = 1;
    char bytes[40];
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            state = state * 1103515245 + 12345;
            bytes[i] = (char)((state >> 16) % 255 + 1);
        }
        bytes[sizeof bytes - 1] = '\0';
        struct event event = {.text = bytes, .status = bytes + 20}, read;
        struct event_line *keep;
        struct line_facts facts;
        write_line(&event);
        const char *problem = event_line_check(sha, out.data, out.len, CHAIN, &facts);
        cr_assert_null(problem, "%s: %s", problem, out.data);
        cr_assert_eq(event_line_parse(out.data, out.len, &read, NULL, NULL, &keep), 0);
        event_line_free(keep);
    }
}

Test(event_json, read_as_written)
{
    struct event event = {.type = EVENT_import,
                          .source = EVENT_SOURCE_import,
                          .time_ms = EVENT_TIME_MAX_MS,
                          .count = INT64_MAX},
                 read;
#define X(symbol) event.symbol = "the " #symbol;
    EVENT_STRINGS(X)
#undef X
    const char *instance;
    uint64_t seq;
    struct event_line *keep;
    write_line(&event);
    write_line(&event);
    cr_assert_eq(event_line_parse(out.data, out.len, &read, &instance, &seq, &keep), 0);
    cr_assert_eq(seq, 2);
    cr_assert_str_eq(instance, CHAIN);
    cr_assert_eq(read.type, event.type);
    cr_assert_eq(read.source, event.source);
    cr_assert_eq(read.time_ms, event.time_ms);
    cr_assert_eq(read.count, event.count);
#define X(symbol) cr_assert_str_eq(read.symbol, "the " #symbol);
    EVENT_STRINGS(X)
#undef X
    event_line_free(keep);
}

Test(event_json, long_strings_are_cut_between_characters)
{
    size_t len = EVENT_TEXT_MAX + 100;
    char *text = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = i % 2 == 0 ? 'a' : "\xc3\xa9"[i / 2 % 2];
    for (size_t i = 0; i + 1 < len; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[0] = text[1] = 'x';
    text[len] = '\0';
    for (size_t shift = 0; shift < 2; shift++) {
        struct event event = {.text = text + shift, .reason = text + shift}, read;
        struct event_line *keep;
        write_line(&event);
        cr_assert_eq(event_line_parse(out.data, out.len, &read, NULL, NULL, &keep), 0);
        cr_assert_eq(strlen(read.text), EVENT_TEXT_MAX - shift);
        cr_assert_eq(strlen(read.reason), EVENT_STRING_MAX - shift);
        cr_assert_null(strstr(read.text, "\ufffd"));
        event_line_free(keep);
    }

    /* The longest of all lines is one that readers take. */
    memset(text, 1, len);
    struct event event = {0}, read;
#define X(symbol) event.symbol = text;
    EVENT_STRINGS(X)
#undef X
    struct event_line *keep;
    write_line(&event);
    cr_assert_leq(out.len, EVENT_LINE_MAX);
    cr_assert_eq(event_line_parse(out.data, out.len, &read, NULL, NULL, &keep), 0);
    event_line_free(keep);
    free(text);
}

Test(event_json, salts_differ)
{
    char first[32];
    struct event event = {.text = "STOP"};
    memcpy(first, strstr(write_line(&event), "\"salt\":\"") + 8, sizeof first);
    cr_assert_neq(memcmp(first, strstr(write_line(&event), "\"salt\":\"") + 8, sizeof first), 0);
}

Test(event_json, lines_that_are_no_events)
{
    static const char *const cases[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"seq\":1}",
        "{\"seq\":0,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\"}",
        "{\"seq\":-1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\"}",
        "{\"seq\":1.5,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\"}",
        "{\"seq\":1,\"time\":\"2025-01-01T00:00:00Z\",\"type\":\"optin\",\"instance\":\"c\"}",
        "{\"seq\":1,\"time\":\"2025-02-30T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\"}",
        "{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"other\",\"instance\":\"c\"}",
        "{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\"}",
        "{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":7}",
        ("{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\","
         "\"number\":14155550100}"),
        ("{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\","
         "\"source\":\"none\"}"),
        ("{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\",\"instance\":\"c\","
         "\"seq\":2}"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct event event;
        struct event_line *keep;
        cr_assert_eq(event_line_parse(cases[i], strlen(cases[i]), &event, NULL, NULL, &keep),
                     -EBADMSG, "%s", cases[i]);
        cr_assert_null(keep);
    }
    struct event event;
    struct event_line *keep;
    const char *fine = "{\"seq\":1,\"time\":\"2025-01-01T00:00:00.000Z\",\"type\":\"optin\","
                       "\"instance\":\"c\",\"later\":{\"x\":[1]}}";
    cr_assert_eq(event_line_parse(fine, strlen(fine), &event, NULL, NULL, &keep), 0);
    event_line_free(keep);
}

Test(event_json, a_line_cut_anywhere_is_none)
{
    struct event event = {.number = "14155550100", .text = "Stop \u00e9"}, read;
    struct event_line *keep;
    struct line_facts facts;
    write_line(&event);
    for (size_t len = 0; len < out.len; len++) {
        cr_assert_eq(event_line_parse(out.data, len, &read, NULL, NULL, &keep), -EBADMSG);
        cr_assert_not_null(event_line_check(sha, out.data, len, CHAIN, &facts));
    }
}

/* Whatever single octet is changed, the line no longer verifies. */
Test(event_json, a_changed_octet_is_seen)
{
    struct event event = {.type = EVENT_optout, .number = "14155550100", .text = "Stop \u00e9"};
    struct line_facts facts;
    write_line(&event);
    for (size_t i = 0; i < out.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            out.data[i] = (char)(out.data[i] ^ (1 << bit));
            cr_assert_not_null(event_line_check(sha, out.data, out.len, CHAIN, &facts),
                               "octet %zu bit %d: %s", i, bit, out.data);
            out.data[i] = (char)(out.data[i] ^ (1 << bit));
        }
    }
    cr_assert_null(event_line_check(sha, out.data, out.len, CHAIN, &facts));
}

Test(event_json, times)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"2000-02-29T12:34:56.789Z", 951827696789},
        {"2038-01-19T03:14:08.001Z", 2147483648001},
        {"9999-12-31T23:59:59.999Z", EVENT_TIME_MAX_MS},
    };
    static const char *const bad[] = {
        "",
        "2025-01-01",
        "2025-01-01T00:00:00Z",
        "2025-01-01T00:00:00.000",
        "2025-01-01T00:00:00.000+00:00",
        "2025-01-01t00:00:00.000Z",
        "2025-13-01T00:00:00.000Z",
        "2025-00-01T00:00:00.000Z",
        "2025-02-29T00:00:00.000Z",
        "2025-01-01T24:00:00.000Z",
        "2025-01-01T00:00:60.000Z",
        "1969-12-31T23:59:59.999Z",
        "2025-01-01T00:00:00.000Z ",
    };
    char text[EVENT_TIME_LEN + 1];
    uint64_t ms;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        event_time_format(good[i].ms, text);
        cr_assert_str_eq(text, good[i].text);
        cr_assert_eq(event_time_parse(text, &ms), 0);
        cr_assert_eq(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(event_time_parse(bad[i], &ms), -EINVAL, "%s", bad[i]);
    event_time_format(UINT64_MAX, text);
    cr_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
