/* smsc-sim: a small SMSC for trials and tests. See --help. */
#include "tests/sim/smsc.h"

#include "tests/sim/commands.h"
#include "tests/sim/ctl.h"
#include "tests/sim/receipts.h"
#include "tests/sim/session.h"
#include "tests/sim/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/listener.h>

struct options {
    char *listen;
    const char *control;
};

static void usage(FILE *to)
{
    fputs("usage: smsc-sim [OPTIONS]            a carrier to try things with\n"
          "       smsc-sim ctl SOCKET [COMMAND]  commands it (from standard input without one)\n\n"
          "  --listen HOST:PORT    default 127.0.0.1:2775; port 0 takes a free one\n"
          "  --control SOCKET      where commands are taken\n"
          "  --system-id ID        refuse binds of others\n"
          "  --password WORD       refuse binds with another\n"
          "  --set NAME=VALUE      as the command set; may be repeated\n"
          "  --verbose             one line for each PDU\n\n"
          "Commands:\n",
          to);
    commands_help(to);
}

static int set_from_option(struct settings *set, char *text)
{
    char *value = strchr(text, '=');

    if (value == NULL)
        return -EINVAL;
    *value++ = '\0';
    return settings_set(set, text, value);
}

/* Returns 0, or the exit status + 1 where there is nothing to run. */
static int read_options(struct smsc *smsc, struct options *options, int argc, char **argv)
{
    static const struct option known[] = {{"listen", required_argument, NULL, 'l'},
                                          {"control", required_argument, NULL, 'c'},
                                          {"system-id", required_argument, NULL, 'i'},
                                          {"password", required_argument, NULL, 'p'},
                                          {"set", required_argument, NULL, 's'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "vh", known, NULL)) != -1) {
        switch (c) {
        case 'l': options->listen = optarg; break;
        case 'c': options->control = optarg; break;
        case 'i': smsc->system_id = optarg; break;
        case 'p': smsc->password = optarg; break;
        case 'v': smsc->verbose = true; break;
        case 's':
            if (set_from_option(&smsc->set, optarg) != 0) {
                fprintf(stderr, "smsc-sim: --set takes NAME=VALUE as --help lists them\n");
                return 3;
            }
            break;
        case 'h': usage(stdout); return 1;
        default: return 3;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "smsc-sim: unknown argument %s\n", argv[optind]);
        return 3;
    }
    return 0;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *addr,
                      int len, void *ctx)
{
    (void)listener;
    (void)addr;
    (void)len;
    session_accept(ctx, fd);
}

static struct evconnlistener *listen_at(struct smsc *smsc, char *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    const char *host, *port;
    struct evconnlistener *listener = NULL;

    if (words_host_port(address, &host, &port) != 0 || getaddrinfo(host, port, &hints, &found) != 0)
        return NULL;
    listener =
        evconnlistener_new_bind(smsc->base, on_accept, smsc,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC,
                                128, found->ai_addr, (int)found->ai_addrlen);
    freeaddrinfo(found);
    return listener;
}

static void announce(struct evconnlistener *listener)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";

    if (getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&addr, &len) == 0)
        getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV);
    printf("listening on %s:%s\n", host, port);
    fflush(stdout);
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(ctx);
}

static void run(struct smsc *smsc)
{
    struct event *terminate = evsignal_new(smsc->base, SIGTERM, on_signal, smsc->base);
    struct event *interrupt = evsignal_new(smsc->base, SIGINT, on_signal, smsc->base);

    if (terminate == NULL || interrupt == NULL)
        abort();
    evsignal_add(terminate, NULL);
    evsignal_add(interrupt, NULL);
    event_base_dispatch(smsc->base);
    event_free(terminate);
    event_free(interrupt);
}

static void release(struct smsc *smsc)
{
    while (!TAILQ_EMPTY(&smsc->sessions))
        session_free(TAILQ_FIRST(&smsc->sessions));
    control_free(smsc->control);
    receipts_free(smsc->receipts);
    archive_free(smsc->archive);
    event_base_free(smsc->base);
    libevent_global_shutdown();
}

int main(int argc, char **argv)
{
    char default_listen[] = "127.0.0.1:2775";
    struct options options = {default_listen, NULL};
    struct smsc smsc = {0};

    if (argc >= 3 && strcmp(argv[1], "ctl") == 0)
        return ctl_run(argv[2], argc - 3, argv + 3);
    settings_default(&smsc.set);
    int leave = read_options(&smsc, &options, argc, argv);
    if (leave > 0)
        return leave - 1;
    signal(SIGPIPE, SIG_IGN);
    TAILQ_INIT(&smsc.sessions);
    smsc.next_id = (uint64_t)time(NULL) * 100000 + 1; /* differs from that of an earlier run */
    smsc.base = event_base_new();
    smsc.archive = archive_new();
    if (smsc.base == NULL || smsc.archive == NULL || (smsc.receipts = receipts_new(&smsc)) == NULL)
        abort();
    struct evconnlistener *listener = listen_at(&smsc, options.listen);
    if (listener == NULL) {
        fprintf(stderr, "smsc-sim: cannot listen there: %s\n", strerror(errno));
        release(&smsc);
        return 1;
    }
    if (options.control != NULL && (smsc.control = control_new(&smsc, options.control)) == NULL) {
        fprintf(stderr, "smsc-sim: %s: %s\n", options.control, strerror(errno));
        evconnlistener_free(listener);
        release(&smsc);
        return 1;
    }
    announce(listener);
    run(&smsc);
    evconnlistener_free(listener);
    release(&smsc);
    return 0;
}
