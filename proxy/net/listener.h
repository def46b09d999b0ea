/*
 * Accepts connections and hands each to a callback. Knows no sessions. Sockets are opened with
 * SO_REUSEPORT, so that a new process can listen before the old one stops.
 */
#ifndef PROXY_NET_LISTENER_H
#define PROXY_NET_LISTENER_H

#include "proxy/net/conn.h"

struct listener;

/* `accepted` owns the socket it is given. NULL and -errno in *error where it cannot listen. */
struct listener *listener_open(struct net *net, const struct conf_uri *uri,
                               void (*accepted)(void *arg, int fd), void *arg, int *error);
void listener_close(struct listener *listener); /* NULL is fine */

/* The port it listens on (the one that was given, if port 0 was asked for). */
uint16_t listener_port(const struct listener *listener);

#endif
