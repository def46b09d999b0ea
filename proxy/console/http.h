/*
 * Serves routes on a listening socket with libevent's evhttp: bounds, timeouts, methods, and errors
 * as JSON, {"error":{"code","message"}}. Lives on the thread that runs its event base. Knows
 * nothing of what the routes answer.
 */
#ifndef PROXY_CONSOLE_HTTP_H
#define PROXY_CONSOLE_HTTP_H

#include <event2/event.h>
#include <event2/http.h>

struct http_route {
    const char *path;
    void (*get)(struct evhttp_request *request, void *arg);
};

struct http_server;

/* Takes over the listening socket `fd` (closed with the server, or at once where that fails).
 * `routes` ends with a NULL path and outlives the server. NULL: out of memory. */
struct http_server *http_server_new(struct event_base *base, int fd,
                                    const struct http_route *routes, void *arg);
void http_server_free(struct http_server *server); /* NULL is fine */

/* `len` octets of `body` are copied. */
void http_reply(struct evhttp_request *request, int status, const char *content_type,
                const void *body, size_t len);

/* `code` is a word for programs, `message` a sentence for people. */
void http_reply_error(struct evhttp_request *request, int status, const char *code,
                      const char *message);

#endif
