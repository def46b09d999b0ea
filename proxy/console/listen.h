/*
 * Listening sockets of the console. A new process may take an address over from an old one that is
 * still draining: TCP ports are shared, the path of a socket is replaced in one step.
 */
#ifndef PROXY_CONSOLE_LISTEN_H
#define PROXY_CONSOLE_LISTEN_H

#include "proxy/conf.h"

#include <sys/types.h>

struct listen_socket {
    int fd;
    char *path; /* of a unix socket, removed with it unless another has taken its place */
    dev_t dev;
    ino_t ino;
    char name[128]; /* the address, with the port that the system chose */
};

/* Returns 0 or -errno. The descriptor does not block and is not inherited. */
int listen_open(struct listen_socket *sock, const struct conf_uri *uri);

/* Removes the path; the descriptor is closed by whoever took it, and here unless it is -1. */
void listen_close(struct listen_socket *sock);

#endif
