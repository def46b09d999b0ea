#include "tests/sim/control.h"

#include "tests/sim/commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

struct client {
    TAILQ_ENTRY(client) link;
    struct control *control;
    struct bufferevent *wire; /* NULL once the client has gone */
    struct event *timer;
    unsigned holds;
    bool running, eof;
    char error[256];
    uint64_t wait_count; /* 0: waits for no messages */
};

struct control {
    struct smsc *smsc;
    struct evconnlistener *listener;
    char *path;
    TAILQ_HEAD(clients, client) clients;
};

static void client_free(struct client *client)
{
    TAILQ_REMOVE(&client->control->clients, client, link);
    event_free(client->timer);
    if (client->wire != NULL)
        bufferevent_free(client->wire);
    free(client);
}

static void say(struct client *client, const char *format, va_list args)
{
    if (client->wire == NULL)
        return;
    struct evbuffer *out = bufferevent_get_output(client->wire);
    evbuffer_add_vprintf(out, format, args);
    evbuffer_add(out, "\n", 1);
}

void client_say(struct client *client, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(client, format, args);
    va_end(args);
}

void client_fail(struct client *client, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(client->error, sizeof(client->error), format, args);
    va_end(args);
}

void client_hold(struct client *client)
{
    client->holds++;
}

static void run_lines(struct client *client);

/* The client may be gone after this. */
static void finish(struct client *client)
{
    client->running = false;
    if (client->error[0] != '\0')
        client_say(client, "error: %s", client->error);
    else
        client_say(client, "ok");
}

void client_release(struct client *client)
{
    if (--client->holds > 0 || !client->running)
        return;
    finish(client);
    if (client->wire == NULL)
        client_free(client);
    else
        run_lines(client);
}

static void on_wait_timeout(evutil_socket_t fd, short what, void *ctx)
{
    struct client *client = ctx;
    (void)fd;
    (void)what;

    client->wait_count = 0;
    client_fail(client, "timeout: %llu received",
                (unsigned long long)archive_count(client->control->smsc->archive));
    client_release(client);
}

void client_wait(struct client *client, uint64_t count, uint32_t ms)
{
    const struct timeval in = delayed_interval(ms);

    if (archive_count(client->control->smsc->archive) >= count)
        return;
    client->wait_count = count;
    evtimer_add(client->timer, &in);
    client_hold(client);
}

void control_message_arrived(struct control *control)
{
    struct client *client, *next;

    if (control == NULL)
        return;
    uint64_t count = archive_count(control->smsc->archive);
    for (client = TAILQ_FIRST(&control->clients); client != NULL; client = next) {
        next = TAILQ_NEXT(client, link);
        if (client->wait_count == 0 || count < client->wait_count)
            continue;
        client->wait_count = 0;
        evtimer_del(client->timer);
        client_release(client);
    }
}

/* Runs what has arrived, one command after the other, until one must wait. */
static void run_lines(struct client *client)
{
    struct evbuffer *in = bufferevent_get_input(client->wire);
    char *line;

    while (!client->running && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
        client->error[0] = '\0';
        client->running = true;
        client_hold(client);
        commands_run(client->control->smsc, client, line);
        free(line);
        if (--client->holds == 0)
            finish(client);
    }
    /* Everything is answered: what is still to be written goes out before the end. */
    if (client->eof && !client->running &&
        evbuffer_get_length(bufferevent_get_output(client->wire)) == 0)
        client_free(client);
}

static void on_readable(struct bufferevent *wire, void *ctx)
{
    (void)wire;
    run_lines(ctx);
}

static void on_written(struct bufferevent *wire, void *ctx)
{
    struct client *client = ctx;
    (void)wire;

    if (client->eof && !client->running)
        client_free(client);
}

static void on_event(struct bufferevent *wire, short what, void *ctx)
{
    struct client *client = ctx;

    if (what & BEV_EVENT_EOF) {
        client->eof = true;
        evbuffer_add(bufferevent_get_input(wire), "\n", 1);
        run_lines(client);
        return;
    }
    bufferevent_free(wire);
    client->wire = NULL;
    if (!client->running)
        client_free(client);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
                      int len, void *ctx)
{
    struct control *control = ctx;
    struct client *client = calloc(1, sizeof(*client));
    (void)addr;
    (void)len;

    if (client == NULL)
        abort();
    client->control = control;
    client->wire =
        bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    client->timer = evtimer_new(evconnlistener_get_base(listener), on_wait_timeout, client);
    if (client->wire == NULL || client->timer == NULL)
        abort();
    bufferevent_setcb(client->wire, on_readable, on_written, on_event, client);
    bufferevent_enable(client->wire, EV_READ | EV_WRITE);
    TAILQ_INSERT_TAIL(&control->clients, client, link);
}

struct control *control_new(struct smsc *smsc, const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct control *control;

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    control = calloc(1, sizeof(*control));
    if (control == NULL)
        return NULL;
    control->smsc = smsc;
    control->path = strdup(path);
    TAILQ_INIT(&control->clients);
    unlink(path);
    control->listener =
        evconnlistener_new_bind(smsc->base, on_accept, control, LEV_OPT_CLOSE_ON_FREE, 16,
                                (struct sockaddr *)&addr, (int)sizeof(addr));
    if (control->path == NULL || control->listener == NULL) {
        control_free(control);
        return NULL;
    }
    return control;
}

void control_free(struct control *control)
{
    struct client *client, *next;

    if (control == NULL)
        return;
    for (client = TAILQ_FIRST(&control->clients); client != NULL; client = next) {
        next = TAILQ_NEXT(client, link);
        client_free(client);
    }
    if (control->listener != NULL)
        evconnlistener_free(control->listener);
    if (control->path != NULL)
        unlink(control->path);
    free(control->path);
    free(control);
}
