#include "proxy/console/console.h"

#include "proxy/console/http.h"
#include "proxy/console/listen.h"
#include "proxy/utf8.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define REASON_MAX  200
#define SERVERS_MAX 2

struct console {
    struct log *log;
    const struct stats *stats;

    pthread_mutex_t lock; /* of ready and reason */
    bool ready;
    char reason[REASON_MAX];

    /* The thread's, once it runs. No libevent lock is needed: the only way in is the eventfd. */
    struct event_base *base;
    struct event *stop_event;
    struct server {
        struct listen_socket socket;
        struct http_server *http;
    } servers[SERVERS_MAX];
    unsigned server_count;

    int stop_fd;
    pthread_t thread;
    bool running;
};

static void get_healthz(struct evhttp_request *request, void *arg)
{
    (void)arg;
    http_reply(request, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

static void get_readyz(struct evhttp_request *request, void *arg)
{
    struct console *console = arg;
    char reason[REASON_MAX];
    pthread_mutex_lock(&console->lock);
    bool ready = console->ready;
    memcpy(reason, console->reason, sizeof(reason));
    pthread_mutex_unlock(&console->lock);
    if (ready)
        http_reply(request, 200, "text/plain; charset=utf-8", "ok\n", 3);
    else
        http_reply_error(request, 503, "not_ready", reason);
}

static void get_metrics(struct evhttp_request *request, void *arg)
{
    const struct console *console = arg;
    size_t len;
    char *text = stats_render(console->stats, &len);
    if (text != NULL)
        http_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    else
        http_reply_error(request, 503, "no_memory", "There is no memory for this answer.");
    free(text);
}

static const struct http_route probe_routes[] = {
    {"/healthz", get_healthz}, {"/readyz", get_readyz}, {"/metrics", get_metrics}, {NULL, NULL}};

static const struct http_route no_routes[] = {{NULL, NULL}};

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static void *run(void *arg)
{
    struct console *console = arg;
    event_base_dispatch(console->base);
    return NULL;
}

/* Signals are the main thread's; without them a broken pipe is an error like any other here. */
static int start_thread(struct console *console)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&console->thread, NULL, run, console);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    console->running = err == 0;
    return -err;
}

static int add_server(struct console *console, const struct conf_uri *uri,
                      const struct http_route *routes)
{
    assert(console->server_count < SERVERS_MAX);
    struct server *server = &console->servers[console->server_count];
    int err = listen_open(&server->socket, uri);
    if (err != 0)
        return err;
    console->server_count++;
    server->http = http_server_new(console->base, server->socket.fd, routes, console);
    server->socket.fd = -1; /* the server's */
    if (server->http == NULL)
        return -ENOMEM;
    LOG_INF(console->log, 0, "console listening", "address", server->socket.name, "serves",
            routes == probe_routes ? "probes" : "pages");
    return 0;
}

static int open_loop(struct console *console)
{
    console->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (console->stop_fd < 0)
        return -errno;
    console->base = event_base_new();
    if (console->base == NULL)
        return -ENOMEM;
    console->stop_event =
        event_new(console->base, console->stop_fd, EV_READ | EV_PERSIST, on_stop, console->base);
    if (console->stop_event == NULL || event_add(console->stop_event, NULL) != 0)
        return -ENOMEM;
    return 0;
}

/* Returns 0 or -errno, with *failed the address that it is about, if any. */
static int open_servers(struct console *console, const struct conf_console *conf,
                        const struct conf_uri **failed)
{
    const bool apart = conf->metrics_address.text != NULL;
    *failed = &conf->metrics_address;
    if (apart) {
        int err = add_server(console, &conf->metrics_address, probe_routes);
        if (err != 0)
            return err;
    }
    *failed = &conf->address;
    if (conf->address.text == NULL)
        return 0;
    return add_server(console, &conf->address, apart ? no_routes : probe_routes);
}

struct console *console_new(const struct conf_console *conf, struct log *log,
                            const struct stats *stats, char **error)
{
    const struct conf_uri *failed = NULL;
    *error = NULL;
    struct console *console = calloc(1, sizeof(*console));
    if (console == NULL)
        return NULL;
    console->log = log;
    console->stats = stats;
    console->stop_fd = -1;
    int err = -pthread_mutex_init(&console->lock, NULL);
    if (err != 0) {
        free(console);
        return NULL;
    }
    console_set_ready(console, false, "starting");
    err = open_loop(console);
    if (err == 0)
        err = open_servers(console, conf, &failed);
    if (err == 0) {
        failed = NULL;
        err = start_thread(console);
    }
    if (err == 0)
        return console;
    if (asprintf(error, "the console cannot listen%s%s: %s", failed == NULL ? "" : " on ",
                 failed == NULL ? "" : failed->text, strerror(-err)) < 0)
        *error = NULL;
    console_free(console);
    return NULL;
}

void console_set_ready(struct console *console, bool ready, const char *reason)
{
    pthread_mutex_lock(&console->lock);
    console->ready = ready;
    size_t used = 0;
    if (!ready && reason != NULL) {
        for (size_t left = strlen(reason); left > 0;) {
            size_t n = utf8_char((const uint8_t *)reason + used, left);
            if (n == 0 || used + n >= sizeof(console->reason))
                break; /* JSON holds whole characters only */
            memcpy(console->reason + used, reason + used, n);
            used += n;
            left -= n;
        }
    }
    console->reason[used] = '\0';
    pthread_mutex_unlock(&console->lock);
}

static void stop_thread(struct console *console)
{
    const uint64_t one = 1;
    if (!console->running)
        return;
    /* Cannot fail: the counter is at 0 and the descriptor is ours. */
    ssize_t n = write(console->stop_fd, &one, sizeof(one));
    assert(n == sizeof(one));
    pthread_join(console->thread, NULL);
}

void console_free(struct console *console)
{
    if (console == NULL)
        return;
    stop_thread(console);
    for (unsigned i = 0; i < console->server_count; i++) {
        http_server_free(console->servers[i].http);
        listen_close(&console->servers[i].socket);
    }
    if (console->stop_event != NULL)
        event_free(console->stop_event);
    if (console->base != NULL)
        event_base_free(console->base);
    if (console->stop_fd >= 0)
        close(console->stop_fd);
    pthread_mutex_destroy(&console->lock);
    free(console);
}
