/* smpp-send: sends one message over SMPP and says what became of it. See --help. */
#include "tests/sim/sender.h"
#include "tests/sim/words.h"

#include "smpp/ids.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *to)
{
    fputs("usage: smpp-send [OPTIONS] FROM TO TEXT...   sends one message\n"
          "       smpp-send [OPTIONS] --listen SECONDS  only receives\n\n"
          "  --to HOST:PORT      where to bind; default 127.0.0.1:2776\n"
          "  --system-id ID      default \"demo\"\n"
          "  --password WORD     default \"demo\"\n"
          "  --bind trx|tx|rx    default trx, rx where nothing is sent\n"
          "  --receipt           ask for a delivery receipt\n"
          "  --coding N          data_coding; default 0 where it holds the text, else 8 (UCS-2)\n"
          "  --payload           message_payload for long texts instead of parts\n"
          "  --data-sm           data_sm instead of submit_sm\n"
          "  --listen SECONDS    stay, print and answer what comes in\n"
          "  --timeout SECONDS   for each answer; default 10\n\n"
          "FROM and TO are sent as written (\"TON/NPI:\" in front sets these). Prints\n"
          "\"ESME_ROK message_id=...\", or \"refused: ...\" and exits with 1; exits with 2 where\n"
          "there is no connection or no answer.\n",
          to);
}

static int bad(const char *what)
{
    fprintf(stderr, "smpp-send: %s; try --help\n", what);
    return 2;
}

static uint32_t bind_command(const char *word)
{
    return strcmp(word, "trx") == 0  ? SMPP_bind_transceiver
           : strcmp(word, "tx") == 0 ? SMPP_bind_transmitter
           : strcmp(word, "rx") == 0 ? SMPP_bind_receiver
                                     : 0;
}

static int read_seconds(const char *text, uint32_t *seconds)
{
    return words_number(text, 86400, seconds);
}

/* Returns -1 to go on, else the exit status. */
static int read_options(struct sender_options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"to", required_argument, NULL, 't'},       {"system-id", required_argument, NULL, 'i'},
        {"password", required_argument, NULL, 'p'}, {"bind", required_argument, NULL, 'b'},
        {"receipt", no_argument, NULL, 'r'},        {"coding", required_argument, NULL, 'c'},
        {"payload", no_argument, NULL, 'P'},        {"data-sm", no_argument, NULL, 'd'},
        {"listen", required_argument, NULL, 'l'},   {"timeout", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0}};
    uint32_t coding;
    int c;

    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (c) {
        case 't': o->address = optarg; break;
        case 'i': o->system_id = optarg; break;
        case 'p': o->password = optarg; break;
        case 'r': o->receipt = true; break;
        case 'P': o->payload = true; break;
        case 'd': o->data_sm = true; break;
        case 'b':
            o->bind = bind_command(optarg);
            if (o->bind == 0)
                return bad("--bind takes trx, tx or rx");
            break;
        case 'c':
            if (words_number(optarg, 255, &coding) != 0)
                return bad("--coding takes a number up to 255");
            o->coding = (int)coding;
            break;
        case 'l':
            if (read_seconds(optarg, &o->listen) != 0 || o->listen == 0)
                return bad("--listen takes seconds");
            break;
        case 'w':
            if (read_seconds(optarg, &o->timeout) != 0)
                return bad("--timeout takes seconds");
            break;
        case 'h': usage(stdout); return 0;
        default: return 2;
        }
    }
    return -1;
}

/* Joins the words of the text as they were typed. */
static char *join(char **words, int count)
{
    size_t len = 1;

    for (int i = 0; i < count; i++)
        len += strlen(words[i]) + 1;
    char *text = malloc(len), *at = text;
    if (text == NULL)
        abort();
    for (int i = 0; i < count; i++)
        at += snprintf(at, len - (size_t)(at - text), "%s%s", i > 0 ? " " : "", words[i]);
    return text;
}

int main(int argc, char **argv)
{
    char address[] = "127.0.0.1:2776";
    struct sender_options options = {.address = address,
                                     .system_id = "demo",
                                     .password = "demo",
                                     .coding = COMPOSE_AUTO,
                                     .timeout = 10};
    char *text = NULL;
    int status = read_options(&options, argc, argv);

    if (status >= 0)
        return status;
    int left = argc - optind;
    if (left >= 3) {
        if (compose_addr(argv[optind], &options.src) != 0 ||
            compose_addr(argv[optind + 1], &options.dst) != 0)
            return bad("TON and NPI are numbers up to 255");
        options.text = text = join(argv + optind + 2, left - 2);
    } else if (left > 0 || options.listen == 0) {
        return bad("FROM, TO and TEXT are needed");
    }
    if (options.bind == 0)
        options.bind = text != NULL ? SMPP_bind_transceiver : SMPP_bind_receiver;
    if (words_host_port(options.address, &options.host, &options.port) != 0)
        status = bad("--to takes HOST:PORT");
    else
        status = sender_run(&options);
    free(text);
    return status;
}
