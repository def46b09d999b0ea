/*
 * The relay: every sender's bind and the carrier's bind behind it, and the messages between. Takes
 * accepted sockets, asks the store through the filters' ports, and answers nothing that it does not
 * have to: what the filters pass goes through byte for byte but for the sequence number.
 *
 * One relay serves one event loop.
 */
#ifndef PROXY_RELAY_RELAY_H
#define PROXY_RELAY_RELAY_H

#include "proxy/conf.h"
#include "proxy/net/conn.h"
#include "proxy/stats.h"
#include "proxy/store/store.h"

struct relay;

/* `conf` is referenced. NULL if out of memory. */
struct relay *relay_new(struct net *net, struct conf *conf, struct phone *phone, struct log *log,
                        struct stats *stats);

/* Closes what is left at once. The store must not call back any more. */
void relay_free(struct relay *relay);

/* Where the filters' questions go. Before the first session. */
void relay_set_store(struct relay *relay, struct store *store);

/* A connection accepted by listener number `listener` of the configuration; owns fd. */
void relay_accept(struct relay *relay, unsigned listener, int fd);

/* The store's answer to a filter (store_ops.on_reply with the relay as arg). */
void relay_on_store_reply(void *relay, struct flt_ticket ticket, const struct port_reply *reply);

/* New messages of all sessions follow `conf` from now on; binds keep their carrier. */
void relay_reconfigure(struct relay *relay, struct conf *conf);

/* Finishes what is under way, unbinds both sides of every session, then calls `done` from the loop:
 * at the latest after `limit_ms`, when what is left is cut. */
void relay_drain(struct relay *relay, uint64_t limit_ms, void (*done)(void *arg), void *arg);

unsigned relay_sessions(const struct relay *relay);

#endif
