#include "proxy/net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG      4096
#define ACCEPT_BATCH 256 /* accepted in one go, before traffic gets its turn */

struct listener {
    struct net *net;
    struct event *event, *retry;
    void (*accepted)(void *arg, int fd);
    void *arg;
    int fd;
};

/* Out of descriptors: waiting a moment beats spinning on a socket that stays readable. */
static void back_off(struct listener *listener)
{
    struct timeval moment = {.tv_usec = 100000};

    event_del(listener->event);
    event_add(listener->retry, &moment);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;

    (void)fd;
    (void)what;
    event_add(listener->event, NULL);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;

    (void)what;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (peer >= 0)
            listener->accepted(listener->arg, peer);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return back_off(listener);
        else if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static int listen_on(const struct conf_uri *uri)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    char port[8];
    int on = 1, error = 0, fd;

    snprintf(port, sizeof port, "%u", uri->port);
    if (getaddrinfo(uri->host[0] == '\0' ? NULL : uri->host, port, &hints, &addresses) != 0)
        return -EADDRNOTAVAIL;
    fd = socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, addresses->ai_addr, addresses->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        error = -errno;
    freeaddrinfo(addresses);
    if (error != 0 && fd >= 0)
        close(fd);
    return error != 0 ? error : fd;
}

struct listener *listener_open(struct net *net, const struct conf_uri *uri,
                               void (*accepted)(void *arg, int fd), void *arg, int *error)
{
    struct listener *listener = calloc(1, sizeof *listener);

    *error = -ENOMEM;
    if (listener == NULL)
        return NULL;
    *listener = (struct listener){.net = net, .accepted = accepted, .arg = arg};
    listener->fd = listen_on(uri);
    if (listener->fd < 0) {
        *error = listener->fd;
        free(listener);
        return NULL;
    }
    listener->event =
        event_new(net_base(net), listener->fd, EV_READ | EV_PERSIST, on_acceptable, listener);
    listener->retry = event_new(net_base(net), -1, 0, on_retry, listener);
    if (listener->event == NULL || listener->retry == NULL) {
        listener_close(listener);
        return NULL;
    }
    event_add(listener->event, NULL);
    *error = 0;
    return listener;
}

void listener_close(struct listener *listener)
{
    if (listener == NULL)
        return;
    if (listener->event != NULL)
        event_free(listener->event);
    if (listener->retry != NULL)
        event_free(listener->retry);
    close(listener->fd);
    free(listener);
}

uint16_t listener_port(const struct listener *listener)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    uint16_t port = 0;

    if (getsockname(listener->fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET)
        memcpy(&port, &((struct sockaddr_in *)&address)->sin_port, sizeof port);
    else if (address.ss_family == AF_INET6)
        memcpy(&port, &((struct sockaddr_in6 *)&address)->sin6_port, sizeof port);
    return ntohs(port);
}
