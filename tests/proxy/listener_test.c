/* Listeners: each connection is handed over once. */
#include "proxy/net/listener.h"
#include "tests/proxy/net_rig.h"

#include <sys/resource.h>

#define MANY 300 /* more than are accepted in one go */

struct door {
    struct rig *rig;
    int fds[MANY];
    unsigned n;
};

static void came_in(void *arg, int fd)
{
    struct door *door = arg;

    cr_assert_lt(door->n, MANY);
    cr_assert_geq(fd, 0);
    door->fds[door->n++] = fd;
}

static void clear(struct door *door)
{
    while (door->n > 0)
        close(door->fds[--door->n]);
}

static struct conf_uri local(uint16_t port)
{
    return (struct conf_uri){.scheme = SCHEME_TCP, .text = "", .host = "127.0.0.1", .port = port};
}

static struct listener *open_door(struct door *door, struct rig *rig, uint16_t port)
{
    struct conf_uri uri = local(port);
    struct listener *listener;
    int error = 1;

    *door = (struct door){.rig = rig};
    listener = listener_open(rig->net, &uri, came_in, door, &error);
    cr_assert_not_null(listener, "%s", strerror(-error));
    cr_assert_eq(error, 0);
    return listener;
}

Test(listener, hands_connections_over)
{
    struct rig rig;
    struct door door;
    struct listener *listener;
    int fd, error;

    rig_begin(&rig);
    listener = open_door(&door, &rig, 0);
    cr_assert_neq(listener_port(listener), 0);
    fd = rig_connect(listener_port(listener), 0, &error);
    cr_assert_eq(error, 0);
    UNTIL(&rig, door.n == 1);
    cr_assert(fcntl(door.fds[0], F_GETFL) & O_NONBLOCK);
    cr_assert(fcntl(door.fds[0], F_GETFD) & FD_CLOEXEC);
    cr_assert_eq(write(fd, "x", 1), 1);
    rig_settle(&rig);
    cr_assert_eq(door.n, 1);
    clear(&door);
    close(fd);
    listener_close(listener);
    listener_close(NULL);
    rig_end(&rig);
}

Test(listener, many_at_once)
{
    struct rig rig;
    struct door door;
    struct listener *listener;
    int fds[MANY], error;

    rig_begin(&rig);
    listener = open_door(&door, &rig, 0);
    for (unsigned i = 0; i < MANY; i++) {
        fds[i] = rig_connect(listener_port(listener), 0, &error);
        cr_assert_eq(error, 0);
    }
    UNTIL(&rig, door.n == MANY);
    for (unsigned i = 0; i < MANY; i++)
        close(fds[i]);
    clear(&door);
    listener_close(listener);
    rig_end(&rig);
}

Test(listener, a_visitor_may_be_gone_already)
{
    struct rig rig;
    struct door door;
    struct listener *listener;
    char octet;
    int fd, error;

    rig_begin(&rig);
    listener = open_door(&door, &rig, 0);
    fd = rig_connect(listener_port(listener), 0, &error);
    close(fd);
    UNTIL(&rig, door.n == 1);
    cr_assert_eq(read(door.fds[0], &octet, 1), 0);
    clear(&door);
    listener_close(listener);
    rig_end(&rig);
}

/* A new process listens before the old one stops. */
Test(listener, two_may_share_a_port)
{
    struct rig rig;
    struct door old, new;
    struct listener *first, *second;
    int fds[20], error;
    uint16_t port;

    rig_begin(&rig);
    first = open_door(&old, &rig, 0);
    port = listener_port(first);
    second = open_door(&new, &rig, port);
    cr_assert_eq(listener_port(second), port);
    for (unsigned i = 0; i < 10; i++)
        fds[i] = rig_connect(port, 0, &error);
    UNTIL(&rig, old.n + new.n == 10);
    listener_close(first);
    for (unsigned i = 10; i < 20; i++) {
        fds[i] = rig_connect(port, 0, &error);
        cr_assert_eq(error, 0);
    }
    UNTIL(&rig, old.n + new.n == 20);
    cr_assert_geq(new.n, 10);
    for (unsigned i = 0; i < 20; i++)
        close(fds[i]);
    clear(&old);
    clear(&new);
    listener_close(second);
    rig_end(&rig);
}

Test(listener, a_closed_one_is_closed)
{
    struct rig rig;
    struct door door;
    struct listener *listener;
    uint16_t port;
    int fd, error;

    rig_begin(&rig);
    listener = open_door(&door, &rig, 0);
    port = listener_port(listener);
    listener_close(listener);
    fd = rig_connect(port, 0, &error);
    cr_assert_eq(error, ECONNREFUSED);
    rig_settle(&rig);
    cr_assert_eq(door.n, 0);
    close(fd);
    rig_end(&rig);
}

Test(listener, where_it_cannot_listen_it_says_so)
{
    static const char *const hosts[] = {"no such host", "192.0.2.1"};
    struct door door = {.n = 0};
    struct rig rig;

    rig_begin(&rig);
    for (unsigned i = 0; i < 2; i++) {
        struct conf_uri uri = local(0);
        int error = 0;

        uri.host = hosts[i];
        cr_assert_null(listener_open(rig.net, &uri, came_in, &door, &error));
        cr_assert_eq(error, -EADDRNOTAVAIL, "%s: %s", hosts[i], strerror(-error));
    }
    rig_end(&rig);
}

Test(listener, a_port_that_somebody_else_has)
{
    struct door door = {.n = 0};
    struct rig rig;
    struct conf_uri uri;
    uint16_t port;
    int taken = rig_listen(1, &port), error = 0;

    rig_begin(&rig);
    uri = local(port);
    cr_assert_null(listener_open(rig.net, &uri, came_in, &door, &error));
    cr_assert_eq(error, -EADDRINUSE);
    close(taken);
    rig_end(&rig);
}

/* Without descriptors it waits, without spinning, and goes on when there are some. */
Test(listener, waits_for_descriptors)
{
    struct rlimit limit, none;
    struct rig rig;
    struct door door;
    struct listener *listener;
    int fd, error;

    rig_begin(&rig);
    listener = open_door(&door, &rig, 0);
    fd = rig_connect(listener_port(listener), 0, &error);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 3;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    rig_settle(&rig);
    cr_assert_eq(door.n, 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    UNTIL(&rig, door.n == 1);
    clear(&door);
    close(fd);
    listener_close(listener);
    rig_end(&rig);
}
