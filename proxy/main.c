/*
 * stopgate: wires configuration, store, relay, listeners and console, and turns signals into
 * reloading and draining. Nothing is decided here.
 */
#include "proxy/conf.h"
#include "proxy/console/console.h"
#include "proxy/log.h"
#include "proxy/net/listener.h"
#include "proxy/notify.h"
#include "proxy/relay/relay.h"
#include "proxy/stats.h"
#include "proxy/store/store.h"

#include <event2/event.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct daemon;

/* A socket that listens, and which listener of the configuration it serves now. */
struct entrance {
    struct entrance *next;
    struct daemon *daemon;
    struct listener *listener;
    char *address;
    unsigned index;
    bool wanted;
};

struct daemon {
    const char *path;
    struct log *log;
    struct stats *stats;
    struct phone *phone;
    struct conf *conf;
    struct net *net;
    struct store *store;
    struct relay *relay;
    struct console *console;
    struct entrance *entrances;
    struct event *signals[3];
    bool draining, cut;
};

static const char help[] =
    "stopgate - an SMPP proxy that lets no message out to a number that has opted out\n"
    "\n"
    "usage: stopgate -c FILE        run in the foreground\n"
    "       stopgate -t -c FILE     check the configuration\n"
    "       stopgate --print-conf   every setting with its default, commented\n"
    "\n"
    "  -c, --conf FILE    the configuration (YAML)\n"
    "  -t, --test         check it: exit 0, or 1 and FILE:LINE: what is wrong\n"
    "      --print-conf   print a complete configuration\n"
    "      --version      print the version\n"
    "      --help         this\n"
    "\n"
    "Logs go to standard error; `ready` is said there when senders may connect. SIGHUP reads the\n"
    "configuration again; SIGTERM finishes what is under way and exits with 0; a second SIGTERM\n"
    "stops at once and exits with 1.\n";

static void accepted(void *arg, int fd)
{
    const struct entrance *entrance = arg;

    relay_accept(entrance->daemon->relay, entrance->index, fd);
}

static void entrance_close(struct entrance *entrance)
{
    listener_close(entrance->listener);
    free(entrance->address);
    free(entrance);
}

static bool entrance_open(struct daemon *d, const struct conf_listener *conf, unsigned index)
{
    struct entrance *entrance = calloc(1, sizeof *entrance);
    int error = 0;

    if (entrance == NULL)
        return false;
    entrance->daemon = d;
    entrance->index = index;
    entrance->wanted = true;
    entrance->address = strdup(conf->address.text);
    entrance->listener = listener_open(d->net, &conf->address, accepted, entrance, &error);
    if (entrance->listener == NULL) {
        LOG_ERR(d->log, 0, "cannot listen", "listener", conf->name, "address", conf->address.text,
                "reason", strerror(-error));
        entrance_close(entrance);
        return false;
    }
    LOG_INF(d->log, 0, "listening", "listener", conf->name, "address", conf->address.text, "port",
            LOG_NUM(listener_port(entrance->listener)), "carrier", conf->carrier->name);
    entrance->next = d->entrances;
    d->entrances = entrance;
    return true;
}

/* Opens the sockets that the configuration names and are not open, closes the others. */
static bool entrances_update(struct daemon *d)
{
    struct entrance **link = &d->entrances;
    bool all = true;

    for (struct entrance *e = d->entrances; e != NULL; e = e->next)
        e->wanted = false;
    for (unsigned i = 0; i < d->conf->listener_count; i++) {
        struct entrance *e = d->entrances;

        while (e != NULL && strcmp(e->address, d->conf->listeners[i].address.text) != 0)
            e = e->next;
        if (e != NULL) {
            e->wanted = true;
            e->index = i;
        } else if (!entrance_open(d, &d->conf->listeners[i], i)) {
            all = false;
        }
    }
    while (*link != NULL) {
        struct entrance *e = *link;

        if (e->wanted) {
            link = &e->next;
            continue;
        }
        *link = e->next;
        LOG_INF(d->log, 0, "no longer listening", "address", e->address);
        entrance_close(e);
    }
    return all;
}

static void entrances_close(struct daemon *d)
{
    while (d->entrances != NULL) {
        struct entrance *e = d->entrances;

        d->entrances = e->next;
        entrance_close(e);
    }
}

static void log_lines(struct log *log, const char *message, char *text)
{
    char *rest = NULL;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        LOG_ERR(log, 0, message, "problem", line);
}

/* What is wired at start and stays until the end. */
static void warn_of_restart(const struct daemon *d, const struct conf *conf)
{
    const struct conf *old = d->conf;

    if (strcmp(old->store.redis.text, conf->store.redis.text) != 0 ||
        strcmp(old->store.prefix, conf->store.prefix) != 0 ||
        strcmp(old->store.journal, conf->store.journal) != 0)
        LOG_WRN(d->log, 0, "store.redis, store.prefix and store.journal change with a restart");
    if ((old->console.address.text == NULL) != (conf->console.address.text == NULL) ||
        (old->console.address.text != NULL &&
         strcmp(old->console.address.text, conf->console.address.text) != 0))
        LOG_WRN(d->log, 0, "console.address changes with a restart");
}

static void reload(struct daemon *d)
{
    char *error = NULL;
    struct conf *conf = conf_load(d->path, d->phone, &error);

    if (conf == NULL) {
        log_lines(d->log, "configuration refused, the old one stays", error);
        free(error);
        return;
    }
    notify_manager("RELOADING=1");
    warn_of_restart(d, conf);
    conf_unref(d->conf);
    d->conf = conf;
    log_set_level(d->log, conf->log_level);
    store_reconfigure(d->store, &conf->store);
    relay_reconfigure(d->relay, conf);
    entrances_update(d);
    LOG_INF(d->log, 0, "configuration reloaded", "file", d->path);
    notify_manager("READY=1");
}

static void drained(void *arg)
{
    struct daemon *d = arg;

    net_stop(d->net);
}

static void drain(struct daemon *d)
{
    if (d->draining) {
        LOG_WRN(d->log, 0, "stopping at once");
        d->cut = true;
        net_stop(d->net);
        return;
    }
    d->draining = true;
    LOG_INF(d->log, 0, "draining", "sessions", LOG_NUM(relay_sessions(d->relay)));
    notify_manager("STOPPING=1");
    console_set_ready(d->console, false, "draining");
    entrances_close(d);
    relay_drain(d->relay, d->conf->drain_for, drained, d);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    if (number == SIGHUP)
        reload(arg);
    else
        drain(arg);
}

static void on_store_state(void *arg, bool ready)
{
    struct daemon *d = arg;

    if (!d->draining)
        console_set_ready(d->console, ready, ready ? NULL : "redis");
}

static void on_store_reply(void *arg, struct flt_ticket ticket, const struct port_reply *reply)
{
    struct daemon *d = arg;

    relay_on_store_reply(d->relay, ticket, reply);
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool watch_signals(struct daemon *d)
{
    static const int numbers[] = {SIGHUP, SIGTERM, SIGINT};

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error to be handled */
    for (unsigned i = 0; i < 3; i++) {
        d->signals[i] = evsignal_new(net_base(d->net), numbers[i], on_signal, d);
        if (d->signals[i] == NULL || event_add(d->signals[i], NULL) != 0)
            return false;
    }
    return true;
}

static bool start(struct daemon *d)
{
    static const struct store_ops store_ops = {.on_reply = on_store_reply,
                                               .on_state = on_store_state};
    char *error = NULL;

    d->stats = stats_new();
    d->net = net_new(d->log);
    if (d->stats == NULL || d->net == NULL || !watch_signals(d)) {
        LOG_ERR(d->log, 0, "out of memory");
        return false;
    }
    d->console = console_new(&d->conf->console, d->log, d->stats, &error);
    if (d->console == NULL)
        goto fail;
    d->store = store_new(d->net, &d->conf->store, d->log, d->stats, &store_ops, d, &error);
    if (d->store == NULL)
        goto fail;
    d->relay = relay_new(d->net, d->conf, d->phone, d->log, d->stats);
    if (d->relay == NULL)
        goto fail;
    relay_set_store(d->relay, d->store);
    return entrances_update(d);
fail:
    LOG_ERR(d->log, 0, "cannot start", "reason", error != NULL ? error : "out of memory");
    free(error);
    return false;
}

static void stop(struct daemon *d)
{
    entrances_close(d);
    relay_free(d->relay);
    store_free(d->store);
    console_free(d->console);
    for (unsigned i = 0; i < 3; i++) {
        if (d->signals[i] != NULL)
            event_free(d->signals[i]);
    }
    net_free(d->net);
    stats_free(d->stats);
}

static int run(struct daemon *d)
{
    int status = 1;

    raise_file_limit();
    if (start(d)) {
        LOG_INF(d->log, 0, "ready", "version", STOPGATE_VERSION);
        notify_manager("READY=1");
        net_run(d->net);
        LOG_INF(d->log, 0, "stopped");
        status = d->cut ? 1 : 0;
    }
    stop(d);
    return status;
}

static int usage(const char *problem)
{
    fprintf(stderr, "stopgate: %s\nTry: stopgate --help\n", problem);
    return 2;
}

static int with_conf(struct daemon *d, bool test)
{
    char *error = NULL;
    int status = 1;

    d->phone = phone_new();
    d->conf = d->phone == NULL ? NULL : conf_load(d->path, d->phone, &error);
    if (d->conf == NULL) {
        fprintf(stderr, "%s\n", error != NULL ? error : "stopgate: out of memory");
    } else if (test) {
        printf("%s: ok\n", d->path);
        status = 0;
    } else {
        d->log = log_new(STDERR_FILENO, d->conf->log_level);
        if (d->log != NULL)
            status = run(d);
    }
    free(error);
    conf_unref(d->conf);
    log_free(d->log);
    phone_free(d->phone);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"conf", required_argument, NULL, 'c'}, {"test", no_argument, NULL, 't'},
        {"print-conf", no_argument, NULL, 'p'}, {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0}};
    struct daemon daemon = {0};
    bool test = false;
    int option;

    while ((option = getopt_long(argc, argv, "c:t", options, NULL)) != -1) {
        switch (option) {
        case 'c': daemon.path = optarg; break;
        case 't': test = true; break;
        case 'p': return conf_print(STDOUT_FILENO) == 0 ? 0 : 1;
        case 'v': return printf("stopgate %s\n", STOPGATE_VERSION) < 0;
        case 'h': return fputs(help, stdout) < 0;
        default: return usage("unknown option");
        }
    }
    if (optind < argc)
        return usage("no arguments are expected beside options");
    if (daemon.path == NULL)
        return usage("a configuration is needed: -c FILE");
    return with_conf(&daemon, test);
}
