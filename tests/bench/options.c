#include "tests/bench/options.h"

#include "tests/bench/numbers.h"

#include "smpp/ids.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "sg-load [--target HOST:PORT] --listen HOST:PORT [options]\n"
    "  Senders and SMSC of a load test in one process; prints one line of JSON, exit 1 where a\n"
    "  check failed. Without --target the senders connect straight to the SMSC.\n"
    "    --sessions N     sender sessions (8)\n"
    "    --window N       requests outstanding per session (10)\n"
    "    --seconds S      measured time (5)\n"
    "    --warm S         time before it that is not measured (0.5)\n"
    "    --messages N     send so many instead, all measured\n"
    "    --rate R         messages a second, all sessions together (as many as possible)\n"
    "    --drain S        how long to wait for the last answers (10)\n"
    "    --receipts       the SMSC sends a delivery receipt for each message\n"
    "    --suppressed K   how many suppressed numbers are written to (1000)\n"
    "    --one-in N       one message in N goes to one of them, 0: none (10)\n"
    "    --spread N       how many other numbers are written to (1000000)\n"
    "    --refusal S      the status that refuses them (0x0B)\n"
    "    --blind          the target filters nothing: they are expected at the SMSC\n"
    "    --watch NAME=PID count the CPU time of a process; may be repeated\n"
    "    --idle           bind, print a line, and stay until standard input ends\n"
    "sg-load --list K [--prefix sg:] [--name optout]\n"
    "  Prints the first K suppressed numbers as commands for redis-cli --pipe.\n";

enum choice {
    OPT_TARGET = 256,
    OPT_LISTEN,
    OPT_SESSIONS,
    OPT_WINDOW,
    OPT_SECONDS,
    OPT_WARM,
    OPT_MESSAGES,
    OPT_RATE,
    OPT_DRAIN,
    OPT_RECEIPTS,
    OPT_SUPPRESSED,
    OPT_ONE_IN,
    OPT_SPREAD,
    OPT_REFUSAL,
    OPT_BLIND,
    OPT_WATCH,
    OPT_IDLE,
    OPT_LIST,
    OPT_PREFIX,
    OPT_NAME,
    OPT_HELP
};

static const struct option table[] = {
    {"target", required_argument, NULL, OPT_TARGET},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"sessions", required_argument, NULL, OPT_SESSIONS},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"warm", required_argument, NULL, OPT_WARM},
    {"messages", required_argument, NULL, OPT_MESSAGES},
    {"rate", required_argument, NULL, OPT_RATE},
    {"drain", required_argument, NULL, OPT_DRAIN},
    {"receipts", no_argument, NULL, OPT_RECEIPTS},
    {"suppressed", required_argument, NULL, OPT_SUPPRESSED},
    {"one-in", required_argument, NULL, OPT_ONE_IN},
    {"spread", required_argument, NULL, OPT_SPREAD},
    {"refusal", required_argument, NULL, OPT_REFUSAL},
    {"blind", no_argument, NULL, OPT_BLIND},
    {"watch", required_argument, NULL, OPT_WATCH},
    {"idle", no_argument, NULL, OPT_IDLE},
    {"list", required_argument, NULL, OPT_LIST},
    {"prefix", required_argument, NULL, OPT_PREFIX},
    {"name", required_argument, NULL, OPT_NAME},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int parse_address(struct sockaddr_in *address, const char *text)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (*end || port == 0 || port > UINT16_MAX || inet_pton(AF_INET, host, &address->sin_addr) != 1)
        return -EINVAL;
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)port);
    return 0;
}

static int parse_number(uint64_t *value, const char *text, uint64_t min, uint64_t max)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
    if (errno || *end || end == text || text[0] == '-' || number < min || number > max)
        return -EINVAL;
    *value = number;
    return 0;
}

static int parse_unsigned(unsigned *value, const char *text, unsigned min, unsigned max)
{
    uint64_t number = 0;
    int error = parse_number(&number, text, min, max);
    if (!error)
        *value = (unsigned)number;
    return error;
}

static int parse_real(double *value, const char *text, double max)
{
    char *end;
    double number = strtod(text, &end);
    if (*end || end == text || !(number >= 0 && number <= max))
        return -EINVAL;
    *value = number;
    return 0;
}

static int parse_watch(struct options *options, char *text)
{
    char *equals = strchr(text, '=');
    unsigned pid = 0;
    if (!equals || options->watch_count == OPTIONS_WATCHES ||
        parse_unsigned(&pid, equals + 1, 1, INT32_MAX) < 0)
        return -EINVAL;
    *equals = '\0';
    options->watches[options->watch_count++] = (struct options_watch){text, (int)pid};
    return 0;
}

static int set(struct options *o, int option, char *text)
{
    switch (option) {
    case OPT_TARGET: return parse_address(&o->target, text);
    case OPT_LISTEN: return parse_address(&o->listen, text);
    case OPT_SESSIONS: return parse_unsigned(&o->sessions, text, 1, OPTIONS_SESSIONS);
    case OPT_WINDOW: return parse_unsigned(&o->window, text, 1, OPTIONS_WINDOW);
    case OPT_SECONDS: return parse_real(&o->seconds, text, 86400);
    case OPT_WARM: return parse_real(&o->warm, text, 3600);
    case OPT_MESSAGES: return parse_number(&o->messages, text, 0, UINT64_C(1) << 40);
    case OPT_RATE: return parse_real(&o->rate, text, 1e7);
    case OPT_DRAIN: return parse_real(&o->drain, text, 3600);
    case OPT_RECEIPTS: o->receipts = true; return 0;
    case OPT_SUPPRESSED: return parse_number(&o->suppressed, text, 1, NUMBERS_MAX);
    case OPT_ONE_IN: return parse_unsigned(&o->one_in, text, 0, 1000000);
    case OPT_SPREAD: return parse_number(&o->spread, text, 1, NUMBERS_MAX);
    case OPT_REFUSAL: return parse_unsigned(&o->refusal, text, 1, UINT32_MAX);
    case OPT_BLIND: o->blind = true; return 0;
    case OPT_WATCH: return parse_watch(o, text);
    case OPT_IDLE: o->idle = true; return 0;
    case OPT_LIST: return parse_number(&o->list, text, 1, NUMBERS_MAX);
    case OPT_PREFIX: o->prefix = text; return 0;
    case OPT_NAME: o->name = text; return 0;
    default: return -EINVAL;
    }
}

int options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .sessions = 8,
        .window = 10,
        .seconds = 5,
        .warm = 0.5,
        .drain = 10,
        .suppressed = 1000,
        .one_in = 10,
        .spread = 1000000,
        .refusal = ESME_RINVDSTADR,
        .prefix = "sg:",
        .name = "optout",
    };
    int option;
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(help, stdout);
            return 1;
        }
        if (option == '?')
            return -EINVAL;
        if (set(options, option, optarg) < 0) {
            fprintf(stderr, "sg-load: not understood: %s\n", optarg);
            return -EINVAL;
        }
    }
    if (optind < argc || (!options->list && !options->listen.sin_port)) {
        fputs(help, stderr);
        return -EINVAL;
    }
    if (!options->target.sin_port) {
        options->target = options->listen;
        options->blind = true;
    }
    return 0;
}
