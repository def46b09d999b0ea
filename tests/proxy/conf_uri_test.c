#include "proxy/conf_uri.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const all[] = {"tcp", "tls", "unix", "sentinel", "http", "https", NULL};

static struct conf_arena *arena;

static void setup(void)
{
    arena = conf_arena_new();
    cr_assert_not_null(arena);
}

static void teardown(void)
{
    conf_arena_free(arena);
}

TestSuite(conf_uri, .init = setup, .fini = teardown);

Test(conf_uri, reads)
{
    static const struct {
        const char *text, *host;
        enum conf_scheme scheme;
        uint16_t port;
    } cases[] = {
        {"tcp://127.0.0.1:2775", "127.0.0.1", SCHEME_TCP, 2775},
        {"tcp://smpp.example.net:1", "smpp.example.net", SCHEME_TCP, 1},
        {"tls://[2001:db8::1]:65535", "2001:db8::1", SCHEME_TLS, 65535},
        {"tcp://0.0.0.0:0", "0.0.0.0", SCHEME_TCP, 0},
        {"http://localhost:080", "localhost", SCHEME_HTTP, 80},
        {"https://a_b-c:443", "a_b-c", SCHEME_HTTPS, 443},
        {"unix:/run/redis.sock", "/run/redis.sock", SCHEME_UNIX, 0},
        {"sentinel://h1:26379,h2:26379/mymaster", "h1:26379,h2:26379/mymaster", SCHEME_SENTINEL, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conf_uri uri;
        const char *wrong = conf_uri_parse(cases[i].text, all, arena, &uri);
        cr_assert_null(wrong, "%s: %s", cases[i].text, wrong);
        cr_expect_eq(uri.scheme, cases[i].scheme);
        cr_expect_str_eq(uri.host, cases[i].host);
        cr_expect_eq(uri.port, cases[i].port);
        cr_expect_str_eq(uri.text, cases[i].text);
        cr_expect_eq(
            strncmp(uri.text, conf_scheme_name(uri.scheme), strlen(conf_scheme_name(uri.scheme))),
            0);
    }
}

Test(conf_uri, refuses)
{
    static const struct {
        const char *text, *wrong;
    } cases[] = {
        {"", "it begins with no scheme that is known"},
        {"127.0.0.1:2775", "it begins with no scheme that is known"},
        {"TCP://h:1", "it begins with no scheme that is known"},
        {"redis://h:1", "it begins with no scheme that is known"},
        {"tcp://", "a host is missing"},
        {"tcp://:1", "a host is missing"},
        {"tcp://h", "a port is missing"},
        {"tcp://h/", "a port is missing"},
        {"tcp://h:", "a port is missing"},
        {"tcp://h:x", "a port is missing"},
        {"tcp://h:65536", "the port is above 65535"},
        {"tcp://h:99999999999999999999999", "the port is above 65535"},
        {"tcp://h:1/", "nothing may follow the port"},
        {"tcp://h:1 ", "nothing may follow the port"},
        {"tcp://h h:1", "the host holds a character that no host has"},
        {"tcp://\xC3\xA9:1", "a host is missing"},
        {"tcp://u@h:1", "an address has no user name or password in it"},
        {"tcp://::1:1", "a host is missing"},
        {"tcp://2001:db8::1:1", "an IPv6 address is written in brackets: [::1]"},
        {"tcp://[::1", "what stands in brackets is no IPv6 address"},
        {"tcp://[]:1", "what stands in brackets is no IPv6 address"},
        {"tcp://[localhost]:1", "what stands in brackets is no IPv6 address"},
        {"tcp://[::1]", "a port is missing"},
        {"tcp://[::1]x:1", "the host holds a character that no host has"},
        {"unix:", "a socket's path begins with a slash: unix:/path"},
        {"unix:relative", "a socket's path begins with a slash: unix:/path"},
        {"sentinel://", "a host is missing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conf_uri uri;
        const char *wrong = conf_uri_parse(cases[i].text, all, arena, &uri);
        cr_assert_not_null(wrong, "%s", cases[i].text);
        cr_expect_str_eq(wrong, cases[i].wrong, "%s: %s", cases[i].text, wrong);
    }
}

Test(conf_uri, bounds)
{
    char text[400];
    struct conf_uri uri;
    memset(text, 'a', sizeof(text));
    memcpy(text, "unix:/", 6);
    text[6 + 106] = '\0';
    cr_expect_null(conf_uri_parse(text, all, arena, &uri));
    text[6 + 106] = 'a';
    text[6 + 107] = '\0';
    cr_expect_str_eq(conf_uri_parse(text, all, arena, &uri), "the path is too long for a socket");
    memset(text, 'a', sizeof(text));
    memcpy(text, "tcp://", 6);
    memcpy(text + 390, ":1", 3);
    cr_expect_str_eq(conf_uri_parse(text, all, arena, &uri), "the host's name is too long");
}

Test(conf_uri, scheme_must_be_allowed)
{
    static const char *const some[] = {"unix", NULL};
    struct conf_uri uri;
    cr_expect_null(conf_uri_parse("unix:/a", some, arena, &uri));
    cr_expect_str_eq(conf_uri_parse("tcp://h:1", some, arena, &uri), "tcp:// cannot be used here");
    cr_expect_str_eq(conf_uri_parse("tls://h:1", some, arena, &uri),
                     "tls:// is not supported here yet");
}

Test(conf_uri, loopback)
{
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"http://127.0.0.1:1", true},  {"http://127.9.9.9:1", true},
        {"http://[::1]:1", true},      {"http://LocalHost:1", true},
        {"http://0.0.0.0:1", false},   {"http://[::]:1", false},
        {"http://128.0.0.1:1", false}, {"http://127.0.0.1.example.net:1", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct conf_uri uri;
        cr_assert_null(conf_uri_parse(cases[i].text, all, arena, &uri));
        cr_expect_eq(conf_uri_is_loopback(&uri), cases[i].loopback, "%s", cases[i].text);
    }
}
