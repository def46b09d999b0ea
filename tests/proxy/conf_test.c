#include "proxy/conf.h"

#include "filters/registry.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STORE     "store: {redis: \"unix:/r\", journal: j}\n"
#define CARRIERS  "carriers: [{name: c, addresses: [\"tcp://h:1\"]}]\n"
#define LISTENERS "listeners: [{name: l, address: \"tcp://h:2\", carrier: c}]\n"
#define BASE      STORE CARRIERS LISTENERS

static struct phone *phone;

static void setup(void)
{
    phone = phone_new();
    cr_assert_not_null(phone);
}

static void teardown(void)
{
    phone_free(phone);
}

TestSuite(conf, .init = setup, .fini = teardown);

static struct conf *parse(const char *text)
{
    char *error = NULL;
    struct conf *conf = conf_parse("f", text, strlen(text), phone, &error);
    cr_assert_not_null(conf, "%s", error);
    cr_assert_null(error);
    return conf;
}

static void expect_error(const char *text, size_t len, const char *part)
{
    char *error = NULL;
    struct conf *conf = conf_parse("f", text, len, phone, &error);
    cr_assert_null(conf, "accepted instead of: %s", part);
    cr_assert_not_null(error);
    cr_expect_not_null(strstr(error, part), "%s", error);
    free(error);
}

static char *printed(size_t *len)
{
    int fd = memfd_create("conf", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(conf_print(fd), 0);
    off_t size = lseek(fd, 0, SEEK_END);
    cr_assert_gt(size, 0);
    *len = (size_t)size;
    char *text = calloc(*len + 1, 1);
    cr_assert_not_null(text);
    cr_assert_eq(pread(fd, text, *len, 0), size);
    close(fd);
    return text;
}

Test(conf, defaults)
{
    struct conf *conf = parse(BASE);
    cr_expect_eq(conf->references, 1);

    const struct conf_store *store = &conf->store;
    cr_expect_eq(store->redis.scheme, SCHEME_UNIX);
    cr_expect_str_eq(store->redis.host, "/r");
    cr_expect_str_eq(store->redis.text, "unix:/r");
    cr_expect_null(store->username);
    cr_expect_null(store->password);
    cr_expect_str_eq(store->prefix, "sg:");
    cr_expect_str_eq(store->journal, "j");
    cr_expect_str_eq(store->log, "log.db");
    cr_expect_eq(store->outage, OUTAGE_HOLD);
    cr_expect_eq(store->hold_for, 5000);
    cr_expect_eq(store->deadline, 2000);
    cr_expect_eq(store->segment_size, 64 << 20);
    cr_expect_eq(store->stream_length, 1000000);
    cr_expect_not(store->allow_eviction);

    cr_expect_str_eq(conf->world.region, "");
    cr_expect_eq(conf->world.program_count, 0);
    cr_expect_null(conf->console.address.text);
    cr_expect_null(conf->console.metrics_address.text);
    cr_expect_eq(conf->log_level, LOG_INFO);
    cr_expect_eq(conf->drain_for, 30000);
    cr_expect_not_null(conf->outbound);
    cr_expect_not_null(conf->inbound);
    conf_unref(conf);
}

Test(conf, defaults_of_peers)
{
    struct conf *conf = parse(BASE);
    cr_assert_eq(conf->carrier_count, 1);
    const struct conf_carrier *carrier = &conf->carriers[0];
    cr_expect_str_eq(carrier->name, "c");
    cr_assert_eq(carrier->address_count, 1);
    cr_expect_eq(carrier->addresses[0].scheme, SCHEME_TCP);
    cr_expect_str_eq(carrier->addresses[0].host, "h");
    cr_expect_eq(carrier->addresses[0].port, 1);
    cr_expect_eq(carrier->alphabet, SMPP_ALPHABET_GSM);
    cr_expect_eq(carrier->connect_timeout, 5000);
    cr_expect_eq(carrier->bind_timeout, 10000);
    cr_expect_eq(carrier->enquire_link, 30000);
    cr_expect_eq(carrier->enquire_timeout, 10000);
    cr_expect_eq(carrier->response_timeout, 600000);
    cr_expect_eq(carrier->window, 2000);

    cr_assert_eq(conf->listener_count, 1);
    const struct conf_listener *listener = &conf->listeners[0];
    cr_expect_str_eq(listener->name, "l");
    cr_expect_eq(listener->address.port, 2);
    cr_expect_eq(listener->carrier, carrier);
    cr_expect_eq(listener->bind_timeout, 30000);
    cr_expect_eq(listener->enquire_link, 60000);
    cr_expect_eq(listener->enquire_timeout, 30000);
    cr_expect_eq(listener->response_timeout, 600000);
    cr_expect_eq(listener->window, 2000);
    cr_expect_eq(listener->max_pdu, 128 << 10);
    cr_expect_eq(listener->buffer, 256 << 10);
    cr_expect_eq(listener->max_sessions, 20000);
    conf_unref(conf);
}

Test(conf, values)
{
    struct conf *conf =
        parse("store:\n"
              "  redis: tcp://[::1]:6379\n"
              "  journal: /var/lib/stopgate/journal/\n"
              "  username: u\n"
              "  password: 0123\n"
              "  prefix: \"\"\n"
              "  outage: pass\n"
              "  hold_for: 0\n"
              "  segment_size: 65536\n"
              "carriers:\n"
              "  - {name: a.b_c-1, addresses: [tcp://a:1, tcp://b:2], alphabet: latin1}\n"
              "  - {name: d, addresses: tcp://c:3, enquire_link: 0, window: 1}\n"
              "listeners:\n"
              "  - {name: l, address: tcp://0.0.0.0:0, carrier: d, max_pdu: 64KiB, buffer: 1MiB}\n"
              "region: US\n"
              "programs:\n"
              "  - {name: shop, senders: [\"12025550100\", 55512, ACME], region: NO}\n"
              "  - {name: news, senders: one}\n"
              "outbound: [{filter: suppression, mode: monitor, lists: dnc, status: 88}]\n"
              "inbound: []\n"
              "console: {address: unix:/c, metrics_address: 'http://localhost:0'}\n"
              "log: {level: warn}\n"
              "drain_for: 250ms\n");

    cr_expect_str_eq(conf->store.redis.host, "::1");
    cr_expect_eq(conf->store.redis.port, 6379);
    cr_expect_str_eq(conf->store.log, "/var/lib/stopgate/log.db");
    cr_expect_str_eq(conf->store.password, "0123");
    cr_expect_str_eq(conf->store.prefix, "");
    cr_expect_eq(conf->store.outage, OUTAGE_PASS);
    cr_expect_eq(conf->store.hold_for, 0);
    cr_expect_eq(conf->store.segment_size, 65536);
    cr_assert_eq(conf->carrier_count, 2);
    cr_expect_eq(conf->carriers[0].address_count, 2);
    cr_expect_str_eq(conf->carriers[0].addresses[1].host, "b");
    cr_expect_eq(conf->carriers[0].alphabet, SMPP_ALPHABET_LATIN1);
    cr_expect_eq(conf->carriers[1].address_count, 1);
    cr_expect_eq(conf->carriers[1].enquire_link, 0);
    cr_expect_eq(conf->listeners[0].carrier, &conf->carriers[1]);
    cr_expect_eq(conf->listeners[0].max_pdu, 65536);
    cr_expect_str_eq(conf->world.region, "US");
    cr_assert_eq(conf->world.program_count, 2);
    const struct flt_program *programs = conf->world.programs;
    cr_expect_str_eq(programs[0].region, "NO");
    cr_assert_eq(programs[0].senders.n, 3);
    cr_expect_str_eq(programs[0].senders.v[1], "55512");
    cr_expect_str_eq(programs[1].region, "");
    cr_assert_eq(programs[1].senders.n, 1);
    cr_expect_str_eq(programs[1].senders.v[0], "one");
    cr_expect_eq(conf->console.address.scheme, SCHEME_UNIX);
    cr_expect_eq(conf->console.metrics_address.scheme, SCHEME_HTTP);
    cr_expect_eq(conf->log_level, LOG_WARN);
    cr_expect_eq(conf->drain_for, 250);
    conf_unref(conf);
}

Test(conf, anchors_may_be_used)
{
    struct conf *conf = parse(STORE "carriers: [{name: c, addresses: &a [\"tcp://h:1\"]},"
                                    " {name: d, addresses: *a}]\n" LISTENERS);
    cr_expect_str_eq(conf->carriers[1].addresses[0].host, "h");
    conf_unref(conf);
}

Test(conf, a_byte_order_mark_is_skipped)
{
    conf_unref(parse("\xEF\xBB\xBF" BASE));
}

Test(conf, holders_count)
{
    struct conf *conf = parse(BASE);
    cr_expect_eq(conf_ref(conf), conf);
    conf_unref(conf);
    cr_expect_str_eq(conf->store.prefix, "sg:");
    conf_unref(conf);
    conf_unref(NULL);
}

/* The file in the repository is what this version would print. */
Test(conf, commented_file)
{
    size_t len;
    char *text = printed(&len);
    FILE *in = fopen(SOURCE_ROOT "/conf/stopgate.yaml", "r");
    cr_assert_not_null(in);
    char *file = calloc(len + 2, 1);
    cr_assert_not_null(file);
    size_t n = fread(file, 1, len + 1, in);
    fclose(in);
    cr_expect_eq(n, len);
    cr_expect_str_eq(file, text, "conf/stopgate.yaml is not what conf_print() prints");

    char *error = NULL;
    struct conf *conf = conf_load(SOURCE_ROOT "/conf/stopgate.yaml", phone, &error);
    cr_assert_not_null(conf, "%s", error);
    cr_expect_str_eq(conf->store.redis.text, "unix:/run/stopgate/redis.sock");
    cr_expect_str_eq(conf->listeners[0].carrier->addresses[0].text, "tcp://127.0.0.1:2775");
    cr_expect_str_eq(conf->console.address.text, "http://127.0.0.1:8080");
    conf_unref(conf);
    free(file);
    free(text);
}

/* No line is wider than 90 columns, unless it is a setting, and each setting has a comment. */
Test(conf, commented_file_is_readable)
{
    size_t len;
    char *text = printed(&len), *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        cr_expect(strlen(line) <= 90 || strchr(line, '#') == NULL, "%s", line);
    free(text);
}

static bool is_secret(const char *line)
{
    return strstr(line, "#password") != NULL || strstr(line, "#username") != NULL;
}

/* "  #window: 2000" */
static char *commented_setting(char *line)
{
    char *mark = line + strspn(line, " ");
    if (mark[0] != '#' || mark[1] < 'a' || mark[1] > 'z')
        return NULL;
    return strstr(mark, ": ") == NULL ? NULL : mark;
}

/* What is only mentioned is right, too: without the marks the file still loads. */
Test(conf, commented_settings_are_valid)
{
    size_t len;
    char *text = printed(&len), *rest = text;
    char *bare = calloc(len + 2, 1);
    cr_assert_not_null(bare);
    char *out = bare;
    unsigned settings = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *mark = commented_setting(line);
        if (mark != NULL && !is_secret(line)) {
            memmove(mark, mark + 1, strlen(mark));
            settings++;
        }
        out = stpcpy(stpcpy(out, line), "\n");
    }
    cr_expect_gt(settings, 20);
    conf_unref(parse(bare));
    free(bare);
    free(text);
}

Test(conf, print_says_where_it_cannot_write)
{
    cr_expect_eq(conf_print(-1), -EBADF);
}

Test(conf, files_that_cannot_be_read)
{
    static const struct {
        const char *path, *error;
    } cases[] = {
        {"/nonexistent/f", "/nonexistent/f:1: cannot be read: No such file or directory"},
        {"/", "/:1: cannot be read: Is a directory"},
        {"/dev/zero", "/dev/zero:1: cannot be read: File too large"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *error = NULL;
        cr_expect_null(conf_load(cases[i].path, phone, &error));
        cr_expect_str_eq(error, cases[i].error);
        free(error);
    }
}

Test(conf, text_that_is_not_utf8)
{
    static const char latin1[] = BASE "region: \"\xE9\"\n";
    static const char utf16[] = "\xFF\xFE"
                                "a\0:\0 \0b\0";
    expect_error(latin1, sizeof(latin1) - 1, "f:4: not UTF-8 text");
    expect_error(utf16, sizeof(utf16) - 1, "f:1: not UTF-8 text");
    expect_error("a\0b", 3, "f:1: not UTF-8 text");
}

Test(conf, password_file)
{
    static const struct {
        const char *text, *password, *error;
    } cases[] = {
        {"secret\n", "secret", NULL},
        {"secret", "secret", NULL},
        {" se cret \r\nsecond line", " se cret ", NULL},
        {"", NULL, "its first line is empty"},
        {"\nsecret", NULL, "its first line is empty"},
    };
    char path[] = "/tmp/stopgate-conf-XXXXXX", text[512];
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    snprintf(text, sizeof(text), "store: {redis: \"unix:/r\", journal: j, password_file: %s}\n%s",
             path, CARRIERS LISTENERS);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].text);
        cr_assert_eq(ftruncate(fd, 0), 0);
        cr_assert_eq(pwrite(fd, cases[i].text, len, 0), (ssize_t)len);
        if (cases[i].error != NULL) {
            expect_error(text, strlen(text), cases[i].error);
            continue;
        }
        struct conf *conf = parse(text);
        cr_expect_str_eq(conf->store.password, cases[i].password);
        conf_unref(conf);
    }
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(ftruncate(fd, 8192), 0);
    expect_error(text, strlen(text), "too long for a password");
    cr_assert_eq(ftruncate(fd, 16), 0);
    expect_error(text, strlen(text), "it holds a NUL");
    close(fd);
    unlink(path);
}

/* A list of aliases to lists of aliases: small to write, large to read. */
Test(conf, aliases_are_bounded)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    cr_assert_not_null(out);
    fputs(BASE "programs:\n  - &p\n    name: p\n    senders: [", out);
    for (unsigned i = 0; i < 1000; i++)
        fprintf(out, "s%u, ", i);
    fputs("]\n", out);
    for (unsigned i = 0; i < 2000; i++)
        fputs("  - *p\n", out);
    fclose(out);
    expect_error(text, len, "values, aliases counted wherever they stand");
    free(text);
}

Test(conf, a_list_that_holds_itself)
{
    static const char text[] = BASE "programs: &a [*a, {name: *a, senders: *a}]\n";
    expect_error(text, sizeof(text) - 1, "f:4: ");
}

Test(conf, many_problems_are_cut_short)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    cr_assert_not_null(out);
    fputs(BASE, out);
    for (unsigned i = 0; i < 70; i++)
        fprintf(out, "nothing%u: 1\n", i);
    fclose(out);
    expect_error(text, len, "f:4: unknown key \"nothing0\"");
    expect_error(text, len, "f:1: and 20 problems more");
    free(text);
}

Test(conf, too_much_of_everything)
{
    char *text = calloc(1 << 20, 1);
    cr_assert_not_null(text);
    memset(text, '[', 1 << 19);
    expect_error(text, 1 << 19, "f:1: nested too deeply");
    for (size_t i = 0; i < 1 << 19; i += 8)
        memcpy(text + i, "- &a xx\n", 8);
    expect_error(text, 1 << 19, "f:1001: too many anchors (&)");
    memset(text, '\0', 1 << 19);
    char *out = stpcpy(text, STORE CARRIERS "listeners:\n");
    for (unsigned i = 0; i < 257; i++)
        out += sprintf(out, "- {name: l%u, address: \"tcp://h:%u\", carrier: c}\n", i, i + 1);
    expect_error(text, strlen(text), "listeners: more than 256");
    out = stpcpy(text, BASE "outbound:\n");
    for (unsigned i = 0; i < CHAIN_STEPS_MAX; i++)
        out = stpcpy(out, "- {filter: suppression}\n");
    expect_error(text, strlen(text), "outbound: more than 15");
    free(text);
}
