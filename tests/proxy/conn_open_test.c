/* Streams that we open: what comes of them is told later, and once. */
#include "tests/proxy/net_rig.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/un.h>

#define SECONDS 30000 /* ms: longer than this takes */

static struct conf_uri tcp(const char *host, uint16_t port)
{
    return (struct conf_uri){.scheme = SCHEME_TCP, .text = "", .host = host, .port = port};
}

static void open_to(struct owner *owner, struct rig *rig, struct conf_uri uri, uint64_t timeout_ms)
{
    *owner = (struct owner){.rig = rig, .fd = -1, .ours = -1};
    owner->conn = conn_open(rig->net, &uri, timeout_ms, RIG_MAX_IN, &owner_ops, owner);
    cr_assert_not_null(owner->conn);
    cr_assert_eq(owner->opened, 0, "never from within the call");
}

static void greet(struct owner *owner)
{
    if (owner->open_error == 0)
        owner_say(owner, "hello", 5);
}

static void accepted(struct owner *owner, int listening)
{
    owner->fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    cr_assert_geq(owner->fd, 0);
}

Test(conn_open, reaches_a_port)
{
    struct rig rig;
    struct owner a;
    char heard[256], name[64];
    uint16_t port;
    int listening = rig_listen(1, &port);

    rig_begin(&rig);
    open_to(&a, &rig, tcp("127.0.0.1", port), SECONDS);
    a.then_open = greet;
    UNTIL(&rig, a.opened == 1);
    cr_assert_eq(a.open_error, 0);
    snprintf(name, sizeof name, "127.0.0.1:%u", port);
    cr_assert_str_eq(conn_peer(a.conn), name);
    accepted(&a, listening);
    rig_settle(&rig);
    cr_assert_str_eq(peer_hears(&a, heard), "hello");
    peer_say(&a, "welcome");
    UNTIL(&rig, owner_has(&a, "welcome"));
    close(a.fd);
    UNTIL(&rig, a.closed == 1);
    cr_assert_eq(a.opened, 1);
    close(listening);
    rig_end(&rig);
}

Test(conn_open, looks_names_up)
{
    struct rig rig;
    struct owner a;
    uint16_t port;
    int listening = rig_listen(1, &port);

    /* Whichever address of this machine comes first, only one of them has a listener. */
    rig_begin(&rig);
    open_to(&a, &rig, tcp("localhost", port), SECONDS);
    UNTIL(&rig, a.opened == 1);
    cr_assert_eq(a.open_error, 0);
    close(listening);
    rig_end(&rig);
}

static void stop_loop(void *arg)
{
    net_stop(arg);
}

Test(conn_open, what_is_said_before_it_is_open_goes_out_then)
{
    struct net_hook stop = {.run = stop_loop};
    struct rig rig;
    struct owner a;
    char heard[256];
    uint16_t port;
    int listening = rig_listen(1, &port);

    rig_begin(&rig);
    open_to(&a, &rig, tcp("127.0.0.1", port), SECONDS);
    owner_say(&a, "hello", 5);
    stop.arg = rig.net;
    net_hook_arm(rig.net, &stop);
    net_run(rig.net); /* the end of a pass, before the connection is there */
    cr_assert_eq(a.opened, 0);
    UNTIL(&rig, a.opened == 1);
    rig_settle(&rig);
    accepted(&a, listening);
    cr_assert_str_eq(peer_hears(&a, heard), "hello");
    cr_assert_eq(conn_written(a.conn), 5);
    close(a.fd);
    close(listening);
    rig_end(&rig);
}

Test(conn_open, one_that_is_paused_opens_and_is_not_read)
{
    struct rig rig;
    struct owner a;
    uint16_t port;
    int listening = rig_listen(1, &port);

    rig_begin(&rig);
    open_to(&a, &rig, tcp("127.0.0.1", port), SECONDS);
    conn_read_pause(a.conn);
    UNTIL(&rig, a.opened == 1);
    accepted(&a, listening);
    peer_say(&a, "hello");
    rig_settle(&rig);
    cr_assert_eq(a.data, 0);
    conn_read_resume(a.conn);
    UNTIL(&rig, owner_has(&a, "hello"));
    close(a.fd);
    close(listening);
    rig_end(&rig);
}

/* --- failures --- */

/* A port on which nobody listens. */
static uint16_t free_port(void)
{
    uint16_t port;

    close(rig_listen(1, &port));
    return port;
}

static void fails(struct conf_uri uri, uint64_t timeout_ms, int error)
{
    struct rig rig;
    struct owner a;

    rig_begin(&rig);
    open_to(&a, &rig, uri, timeout_ms);
    UNTIL(&rig, a.opened == 1);
    cr_assert_lt(a.open_error, 0);
    if (error != 0)
        cr_assert_eq(a.open_error, error, "%s", strerror(-a.open_error));
    rig_settle(&rig);
    cr_assert_eq(a.opened, 1);
    cr_assert_eq(a.closed, 0, "what was never open does not close");
    rig_end(&rig);
}

Test(conn_open, nobody_listens)
{
    fails(tcp("127.0.0.1", free_port()), SECONDS, -ECONNREFUSED);
}

Test(conn_open, nobody_listens_at_any_address)
{
    fails(tcp("localhost", free_port()), SECONDS, 0);
}

Test(conn_open, there_is_no_such_host)
{
    fails(tcp("no such host", 1), SECONDS, -EHOSTUNREACH);
    fails(tcp("", 0), SECONDS, 0);
}

Test(conn_open, what_fails_at_once_is_told_later)
{
    /* The network refuses to have a stream to everybody. */
    fails(tcp("255.255.255.255", 1), SECONDS, 0);
}

Test(conn_open, nobody_answers)
{
    uint16_t port;
    int listening = rig_listen(0, &port), waiting[16], error = 0;
    unsigned n = 0;

    /* Fills the queue of connections that nobody accepts: the next ones hear nothing. */
    while (n < 16 && (n == 0 || error != EINPROGRESS)) {
        struct pollfd poll_fd = {.events = POLLOUT};

        waiting[n] = rig_connect(port, SOCK_NONBLOCK, &error);
        poll_fd.fd = waiting[n++];
        if (error == EINPROGRESS && poll(&poll_fd, 1, 100) == 1)
            error = 0;
    }
    cr_assert_eq(error, EINPROGRESS);
    fails(tcp("127.0.0.1", port), 50, -ETIMEDOUT);
    while (n > 0)
        close(waiting[--n]);
    close(listening);
}

static void close_opened(struct owner *owner)
{
    owner_close(owner);
}

Test(conn_open, the_owner_may_close_when_told)
{
    struct rig rig;
    struct owner failed, open;
    uint16_t port;
    int listening = rig_listen(1, &port);

    rig_begin(&rig);
    open_to(&failed, &rig, tcp("127.0.0.1", free_port()), SECONDS);
    open_to(&open, &rig, tcp("127.0.0.1", port), SECONDS);
    failed.then_open = open.then_open = close_opened;
    UNTIL(&rig, failed.opened + open.opened == 2);
    rig_settle(&rig);
    close(listening);
    rig_end(&rig);
}

Test(conn_open, one_that_is_closed_before_is_told_nothing)
{
    struct rig rig;
    struct owner a, b, c;
    uint16_t port;
    int listening = rig_listen(1, &port);

    rig_begin(&rig);
    open_to(&a, &rig, tcp("127.0.0.1", port), SECONDS);
    open_to(&b, &rig, tcp("127.0.0.1", free_port()), SECONDS);
    open_to(&c, &rig, tcp("no such host", 1), SECONDS);
    owner_say(&a, "hello", 5);
    owner_close(&a);
    owner_close(&b);
    owner_close(&c);
    rig_settle(&rig);
    cr_assert_eq(a.opened + b.opened + c.opened, 0);
    close(listening);
    rig_end(&rig);
}

Test(conn_open, the_loop_may_end_before)
{
    struct rig rig;
    struct owner a, b;
    uint16_t port;
    int listening = rig_listen(1, &port);

    rig_begin(&rig);
    open_to(&a, &rig, tcp("localhost", port), SECONDS);
    open_to(&b, &rig, tcp("no such host", 1), SECONDS);
    rig_end(&rig);
    cr_assert_eq(a.opened + b.opened, 0);
    close(listening);
}

/* --- unix: --- */

Test(conn_open, reaches_a_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/conn_open.XXXXXX", heard[256];
    struct conf_uri uri = {.scheme = SCHEME_UNIX, .host = address.sun_path};
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rig rig;
    struct owner a;

    cr_assert_not_null(mkdtemp(dir));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", dir);
    cr_assert_eq(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listening, 1), 0);
    rig_begin(&rig);
    open_to(&a, &rig, uri, SECONDS);
    a.then_open = greet;
    UNTIL(&rig, a.opened == 1);
    cr_assert_eq(a.open_error, 0);
    cr_assert_str_eq(conn_peer(a.conn), "unix");
    accepted(&a, listening);
    rig_settle(&rig);
    cr_assert_str_eq(peer_hears(&a, heard), "hello");
    close(a.fd);
    close(listening);
    rig_end(&rig);
    fails(uri, SECONDS, -ECONNREFUSED); /* the socket is there and its owner gone */
    unlink(address.sun_path);
    rmdir(dir);
}

Test(conn_open, there_is_no_such_path)
{
    char longer[300];

    fails((struct conf_uri){.scheme = SCHEME_UNIX, .host = "/nowhere/socket"}, SECONDS, -ENOENT);
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    fails((struct conf_uri){.scheme = SCHEME_UNIX, .host = longer}, SECONDS, -ENAMETOOLONG);
}
