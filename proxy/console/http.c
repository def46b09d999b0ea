#include "proxy/console/http.h"

#include <event2/buffer.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADERS_MAX     8192
#define BODY_MAX        4096 /* nothing that is served here wants one */
#define TIMEOUT_SECONDS 10

struct http_server {
    struct evhttp *http;
    const struct http_route *routes;
    void *arg;
};

void http_reply(struct evhttp_request *request, int status, const char *content_type,
                const void *body, size_t len)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "Content-Type", content_type);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evbuffer_add(evhttp_request_get_output_buffer(request), body, len);
    evhttp_send_reply(request, status, NULL, NULL);
}

void http_reply_error(struct evhttp_request *request, int status, const char *code,
                      const char *message)
{
    static const char type[] = "application/json";
    json_t *json = json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    if (text != NULL)
        http_reply(request, status, type, text, strlen(text));
    else
        http_reply(request, status, type, "{\"error\":{}}", strlen("{\"error\":{}}"));
    free(text);
    json_decref(json);
}

static const struct http_route *find_route(const struct http_server *server, const char *path)
{
    const struct http_route *route = server->routes;
    while (route->path != NULL && strcmp(route->path, path) != 0)
        route++;
    return route->path == NULL ? NULL : route;
}

static void on_request(struct evhttp_request *request, void *arg)
{
    const struct http_server *server = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
    const struct http_route *route = path == NULL ? NULL : find_route(server, path);
    if (route == NULL) {
        http_reply_error(request, 404, "not_found", "There is nothing at this path.");
    } else if (evhttp_request_get_command(request) != EVHTTP_REQ_GET) {
        evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET");
        http_reply_error(request, 405, "method_not_allowed", "This path answers GET only.");
    } else {
        route->get(request, server->arg);
    }
}

struct http_server *http_server_new(struct event_base *base, int fd,
                                    const struct http_route *routes, void *arg)
{
    struct http_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        goto fail;
    server->routes = routes;
    server->arg = arg;
    server->http = evhttp_new(base);
    if (server->http == NULL)
        goto fail;
    evhttp_set_max_headers_size(server->http, HEADERS_MAX);
    evhttp_set_max_body_size(server->http, BODY_MAX);
    evhttp_set_timeout(server->http, TIMEOUT_SECONDS);
    evhttp_set_gencb(server->http, on_request, server);
    /* All of them get here, so that the answer to a wrong one is ours. */
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                                 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                                 EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    if (evhttp_accept_socket(server->http, fd) != 0)
        goto fail;
    return server;

fail:
    close(fd);
    http_server_free(server);
    return NULL;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    if (server->http != NULL)
        evhttp_free(server->http);
    free(server);
}
