#include "proxy/console/console.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const struct conf_uri any_port = {
    .scheme = SCHEME_HTTP, .text = "http://127.0.0.1:0", .host = "127.0.0.1"};

static int log_fd;
static struct log *log_;
static struct stats *stats;

static void setup(void)
{
    log_fd = memfd_create("log", MFD_CLOEXEC);
    log_ = log_new(log_fd, LOG_INFO);
    stats = stats_new();
    cr_assert(log_fd >= 0 && log_ != NULL && stats != NULL);
}

static void teardown(void)
{
    stats_free(stats);
    log_free(log_);
    close(log_fd);
}

TestSuite(console, .init = setup, .fini = teardown, .timeout = 60);

static struct console *start(const struct conf_console *conf)
{
    char *error;
    struct console *console = console_new(conf, log_, stats, &error);
    cr_assert_not_null(console, "%s", error);
    cr_assert_null(error);
    return console;
}

/* The port that the log names for what `serves`. */
static uint16_t port_of(const char *serves)
{
    char text[4096] = "", *rest = text, end[32];
    unsigned port = 0;
    cr_assert_gt(pread(log_fd, text, sizeof(text) - 1, 0), 0);
    snprintf(end, sizeof(end), " serves=%s", serves);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *address = strstr(line, "address=http://127.0.0.1:");
        if (address != NULL && strstr(line, end) != NULL)
            port = (unsigned)atoi(strrchr(address, ':') + 1);
    }
    cr_assert(port > 0 && port <= UINT16_MAX, "%s", text);
    return (uint16_t)port;
}

static int connect_tcp(uint16_t port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

/* Sends what it can and reads to the end: the answer, malloc'd. */
static char *talk(int fd, const char *request)
{
    char *text = calloc(1, 1 << 20);
    size_t used = 0;
    cr_assert_not_null(text);
    (void)!send(fd, request, strlen(request), MSG_NOSIGNAL);
    for (ssize_t n; (n = read(fd, text + used, (1 << 20) - 1 - used)) > 0;)
        used += (size_t)n;
    close(fd);
    return text;
}

static void expect_answer(int fd, const char *request, const char *status, const char *body)
{
    char *text = talk(fd, request);
    char *end = strstr(text, "\r\n\r\n");
    cr_assert_not_null(end, "no answer to %s", request);
    cr_expect_eq(strncmp(text, status, strlen(status)), 0, "%s: %s", request, text);
    cr_expect_str_eq(end + 4, body, "%s: %s", request, text);
    free(text);
}

static void get(uint16_t port, const char *path, const char *status, const char *body)
{
    char request[256];
    snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);
    expect_answer(connect_tcp(port), request, status, body);
}

#define NOT_FOUND                                                                                  \
    "{\"error\":{\"code\":\"not_found\",\"message\":\"There is nothing at this path.\"}}"
#define NOT_ALLOWED                                                                                \
    "{\"error\":{\"code\":\"method_not_allowed\",\"message\":\"This path answers GET only.\"}}"

Test(console, health_and_readiness)
{
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    get(port, "/healthz", "HTTP/1.0 200 ", "ok\n");
    get(port, "/healthz?verbose=1", "HTTP/1.0 200 ", "ok\n");
    get(port, "/readyz", "HTTP/1.0 503 ",
        "{\"error\":{\"code\":\"not_ready\",\"message\":\"starting\"}}");
    console_set_ready(console, true, NULL);
    get(port, "/readyz", "HTTP/1.0 200 ", "ok\n");
    console_set_ready(console, false, "Redis is \"away\"\n");
    get(port, "/readyz", "HTTP/1.0 503 ",
        "{\"error\":{\"code\":\"not_ready\",\"message\":\"Redis is \\\"away\\\"\\n\"}}");
    console_set_ready(console, false, NULL);
    get(port, "/readyz", "HTTP/1.0 503 ", "{\"error\":{\"code\":\"not_ready\",\"message\":\"\"}}");
    console_free(console);
}

/* Long, and no UTF-8 towards the end: what can be said is said. */
Test(console, any_reason_makes_an_answer)
{
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    char reason[400], expected[512];
    memset(reason, 'x', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    console_set_ready(console, false, reason);
    snprintf(expected, sizeof(expected),
             "{\"error\":{\"code\":\"not_ready\",\"message\":\"%.199s\"}}", reason);
    get(port, "/readyz", "HTTP/1.0 503 ", expected);
    console_set_ready(console, false, "caf\xE9");
    get(port, "/readyz", "HTTP/1.0 503 ",
        "{\"error\":{\"code\":\"not_ready\",\"message\":\"caf\"}}");
    console_free(console);
}

Test(console, metrics)
{
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    stat_add(stats_counter(stats, "a_total", "A.", "x=\"1\""), 2);
    get(port, "/metrics", "HTTP/1.0 200 ",
        "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"1\"} 2\n");
    char *text = talk(connect_tcp(port), "GET /metrics HTTP/1.0\r\n\r\n");
    cr_expect_not_null(strstr(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    free(text);
    console_free(console);
}

Test(console, what_there_is_not)
{
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    get(port, "/", "HTTP/1.0 404 ", NOT_FOUND);
    get(port, "/healthz/", "HTTP/1.0 404 ", NOT_FOUND);
    get(port, "/../healthz", "HTTP/1.0 404 ", NOT_FOUND);
    get(port, "/%00", "HTTP/1.0 404 ", NOT_FOUND);
    expect_answer(connect_tcp(port), "POST /healthz HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
                  "HTTP/1.0 405 ", NOT_ALLOWED);
    expect_answer(connect_tcp(port), "DELETE /metrics HTTP/1.0\r\n\r\n", "HTTP/1.0 405 ",
                  NOT_ALLOWED);
    console_free(console);
}

Test(console, metrics_apart)
{
    struct console *console =
        start(&(struct conf_console){.address = any_port, .metrics_address = any_port});
    uint16_t pages = port_of("pages"), probes = port_of("probes");
    cr_expect_neq(pages, probes);
    get(probes, "/healthz", "HTTP/1.0 200 ", "ok\n");
    get(probes, "/metrics", "HTTP/1.0 200 ", "");
    get(pages, "/healthz", "HTTP/1.0 404 ", NOT_FOUND);
    get(pages, "/metrics", "HTTP/1.0 404 ", NOT_FOUND);
    console_free(console);
}

/* Whatever one client sends, the next one is served. */
Test(console, bad_clients)
{
    static const char *const requests[] = {
        "",
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/9.9\r\n\r\n",
        "GET http://[ HTTP/1.1\r\n\r\n",
        "CONNECT h:1 HTTP/1.1\r\n\r\n",
        "OPTIONS * HTTP/1.0\r\n\r\n",
        "BREW /coffee HTTP/1.1\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01",
        "\x00\x00\x00\x10",
        "POST /healthz HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /healthz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n",
    };
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        int fd = connect_tcp(port);
        cr_assert_eq(send(fd, requests[i], strlen(requests[i]), MSG_NOSIGNAL),
                     (ssize_t)strlen(requests[i]));
        shutdown(fd, SHUT_WR);
        free(talk(fd, ""));
        get(port, "/healthz", "HTTP/1.0 200 ", "ok\n");
    }
    console_free(console);
}

Test(console, headers_are_bounded)
{
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    char *request = malloc(200000);
    cr_assert_not_null(request);
    memset(request, 'x', 200000);
    memcpy(request, "GET /healthz HTTP/1.0\r\nX: ", 26);
    memcpy(request + 199000, "\r\n\r\n", 5);
    char *text = talk(connect_tcp(port), request);
    cr_expect_neq(strncmp(text, "HTTP/1.0 200", 12), 0, "%s", text);
    free(text);
    free(request);
    get(port, "/healthz", "HTTP/1.0 200 ", "ok\n");
    console_free(console);
}

/* Clients that connect, or send half a request, and wait. */
Test(console, ends_while_clients_wait)
{
    struct console *console = start(&(struct conf_console){.address = any_port});
    uint16_t port = port_of("probes");
    int idle = connect_tcp(port), half = connect_tcp(port);
    cr_assert_eq(send(half, "GET /hea", 8, MSG_NOSIGNAL), 8);
    get(port, "/healthz", "HTTP/1.0 200 ", "ok\n");
    console_free(console);
    char octet;
    cr_expect_leq(read(idle, &octet, 1), 0);
    cr_expect_leq(read(half, &octet, 1), 0);
    close(idle);
    close(half);
}

struct place {
    char dir[64], path[96], text[104];
    struct conf_console conf;
};

static void make_place(struct place *place)
{
    snprintf(place->dir, sizeof(place->dir), "/tmp/stopgate-console-XXXXXX");
    cr_assert_not_null(mkdtemp(place->dir));
    snprintf(place->path, sizeof(place->path), "%s/sock", place->dir);
    snprintf(place->text, sizeof(place->text), "unix:%s", place->path);
    place->conf = (struct conf_console){
        .address = {.scheme = SCHEME_UNIX, .text = place->text, .host = place->path}};
}

Test(console, on_a_unix_socket)
{
    struct place place;
    struct stat there;
    make_place(&place);
    struct console *console = start(&place.conf);
    cr_assert_eq(stat(place.path, &there), 0);
    cr_expect_eq(there.st_mode & 07777, 0660);
    expect_answer(connect_unix(place.path), "GET /healthz HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ",
                  "ok\n");
    console_free(console);
    cr_expect_neq(stat(place.path, &there), 0);
    cr_expect_eq(rmdir(place.dir), 0);
}

/* An upgrade: the new process takes over while the old one still drains. */
Test(console, takes_a_socket_over)
{
    struct place place;
    struct stat there;
    make_place(&place);
    struct console *before = start(&place.conf);
    struct console *after = start(&place.conf);
    console_set_ready(after, true, NULL);
    expect_answer(connect_unix(place.path), "GET /readyz HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ",
                  "ok\n");
    console_free(before);
    expect_answer(connect_unix(place.path), "GET /readyz HTTP/1.0\r\n\r\n", "HTTP/1.0 200 ",
                  "ok\n");
    console_free(after);
    cr_expect_neq(stat(place.path, &there), 0);
    cr_expect_eq(rmdir(place.dir), 0);
}

Test(console, replaces_nothing_but_sockets)
{
    struct place place;
    char *error = NULL;
    make_place(&place);
    int fd = open(place.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_expect_null(console_new(&place.conf, log_, stats, &error));
    cr_assert_not_null(error);
    char expected[256];
    snprintf(expected, sizeof(expected), "the console cannot listen on %s: File exists",
             place.text);
    cr_expect_str_eq(error, expected);
    free(error);
    cr_expect_eq(unlink(place.path), 0);
    cr_expect_eq(rmdir(place.dir), 0);
}

Test(console, an_address_of_somebody_else)
{
    char *error = NULL;
    struct conf_console conf = {
        .address = {
            .scheme = SCHEME_HTTP, .text = "http://192.0.2.1:1", .host = "192.0.2.1", .port = 1}};
    cr_expect_null(console_new(&conf, log_, stats, &error));
    cr_expect_str_eq(error,
                     "the console cannot listen on http://192.0.2.1:1: Cannot assign requested "
                     "address");
    free(error);
}

Test(console, without_an_address)
{
    console_free(start(&(struct conf_console){.address = {.text = NULL}}));
    console_free(NULL);
}
