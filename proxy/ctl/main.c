/*
 * stopgatectl: looks up and changes the lists, shows and verifies the evidence. Works on the
 * journal, Redis and the event log themselves: no daemon needs to run.
 */
#include "proxy/ctl/ctl.h"
#include "proxy/store/journal.h"

#include <errno.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONF "/etc/stopgate/stopgate.yaml"

static const char events_help[] =
    "Events stand in the order of their time. --limit COUNT gives the latest ones, and those that\n"
    "follow where --after says behind which. A table has the latest 100 unless told otherwise;\n"
    "--json and --csv give all. JSON has a member `id` beside those of the journal's line: it is\n"
    "what --after takes, and grows in the order in which events arrived here.\n"
    "Times are UTC. In --csv a text that a spreadsheet would compute gets a quote in front.\n";
static const char number_help[] =
    "N is read in the configured region and in that of each program. Where its digits can be read\n"
    "in several ways, each reading is shown (with --json: an object a line).\n";
static const char add_help[] =
    "Every reading of N is put on the list `optout`, or on the program's. Repeating it changes\n"
    "nothing. With Redis away it is kept in the journal and put in force when Redis is back: by\n"
    "the daemons, or by the next stopgatectl.\n";
static const char remove_help[] =
    "Takes N off the list `optout`, or off the program's. Messages to it go out again, where no\n"
    "other list holds it; so there must be a reason, such as a new consent.\n";
static const char import_help[] =
    "FILE (- for standard input) has one number a line, or is CSV: the column is found by its\n"
    "header (of exports of common services) or its values, or named by --column. Rows of a "
    "national\n"
    "register (AAA,NNNNNNN) are understood. A number with '+' is taken as it is; without it is "
    "read\n"
    "in the region, and where that can be done in several ways each reading is added. Each row "
    "that\n"
    "holds no number is reported with its line and left out. An import only ever adds: rows that\n"
    "say that somebody opted in are left out too. The numbers are kept beside the journal, so "
    "that\n"
    "Redis can be rebuilt.\n";
static const char export_help[] = "Numbers are sorted, one a line; with --csv under a header. With "
                                  "--json they are objects, or, where\n"
                                  "--out takes the numbers, a summary is. An export is an event.\n";
static const char list_remove_help[] =
    "Takes all its numbers off it. Lists that the configuration names are not removed: take them\n"
    "out of it first.\n";
static const char verify_help[] =
    "Checks each chain under the journal directory, line by line: order, links, digests; and the\n"
    "kept files of imports. Needs no Redis. Exit status 1, and the first bad line, where "
    "something\n"
    "was edited, removed or inserted.\n";

static const struct ctl_command commands[] = {
    {"number", "N", 1, ARG(LIMIT), 0, "Shows all about a number: why it is suppressed, since when",
     number_help, ctl_number},
    {"events", "", 0,
     ARG(TYPE) | ARG(NUMBER) | ARG(PROGRAM) | ARG(SENDER) | ARG(SOURCE) | ARG(LIST) | ARG(TEXT) |
         ARG(ACTOR) | ARG(FROM) | ARG(TO) | ARG(LIMIT) | ARG(AFTER) | ARG(CSV),
     0, "Shows the evidence: opt-outs, blocked messages, failures", events_help, ctl_events},
    {"optout add", "N", 1, ARG(PROGRAM) | ARG(REASON) | ARG(ACTOR), ARG(REASON),
     "Opts a number out", add_help, ctl_optout_add},
    {"optout remove", "N", 1, ARG(PROGRAM) | ARG(REASON) | ARG(ACTOR), ARG(REASON),
     "Opts a number in again", remove_help, ctl_optout_remove},
    {"list ls", "", 0, 0, 0, "Shows the lists and how many numbers are on each", NULL, ctl_list_ls},
    {"list create", "NAME", 1, ARG(DESCRIPTION) | ARG(ACTOR), 0,
     "Makes a list, or describes one anew", NULL, ctl_list_create},
    {"list import", "NAME FILE", 2,
     ARG(REGION) | ARG(COLUMN) | ARG(DRY_RUN) | ARG(REASON) | ARG(ACTOR), 0,
     "Adds the numbers of a file to a list", import_help, ctl_list_import},
    {"list export", "NAME", 1, ARG(OUT) | ARG(CSV) | ARG(REASON) | ARG(ACTOR), 0,
     "Writes the numbers of a list", export_help, ctl_list_export},
    {"list remove", "NAME", 1, ARG(REASON) | ARG(ACTOR), ARG(REASON), "Removes a list",
     list_remove_help, ctl_list_remove},
    {"verify", "", 0, 0, 0, "Proves that the journal is whole", verify_help, ctl_verify},
    {"status", "", 0, 0, 0, "Shows Redis, lists, journal and whether the daemon answers", NULL,
     ctl_status},
    {.name = NULL},
};

/* Whoever asked for it: through sudo, on the terminal, or the user this runs as. */
static void find_actor(struct ctl *ctl)
{
    const char *name = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());

    if (getuid() != 0 || name == NULL || name[0] == '\0') {
        name = user != NULL ? user->pw_name : getlogin();
    }
    if (name != NULL) {
        snprintf(ctl->actor, sizeof(ctl->actor), "%s", name);
    } else {
        snprintf(ctl->actor, sizeof(ctl->actor), "uid %u", (unsigned)getuid());
    }
}

static int load_conf(struct ctl *ctl)
{
    const char *path = ctl->args.conf != NULL ? ctl->args.conf : DEFAULT_CONF;
    char *error = NULL;

    ctl->phone = phone_new();
    ctl->log = log_new(STDERR_FILENO, LOG_WARN);
    if (ctl->phone == NULL || ctl->log == NULL) {
        return ctl_refuse(ctl, "out of memory");
    }
    if (ctl->args.conf == NULL && access(path, F_OK) != 0) {
        return ctl_usage(ctl, "a configuration is needed: -c FILE (there is no %s)", path);
    }
    ctl->conf = conf_load(path, ctl->phone, &error);
    if (ctl->conf == NULL) {
        fprintf(stderr, "%s\n", error != NULL ? error : "out of memory");
        free(error);
        return CTL_REFUSED;
    }
    return CTL_OK;
}

static int run(struct ctl *ctl)
{
    const struct ctl_command *command = ctl->args.command;

    if (ctl->args.version) {
        puts("stopgatectl " STOPGATE_VERSION);
        return CTL_OK;
    }
    if (ctl->args.help) {
        if (command != NULL) {
            args_command_help(stdout, command);
        } else {
            args_help(stdout, commands);
        }
        return CTL_OK;
    }
    if (command == NULL) {
        args_help(stderr, commands);
        return CTL_USAGE;
    }
    find_actor(ctl);
    int status = load_conf(ctl);
    return status == CTL_OK ? command->run(ctl) : status;
}

static void close_all(struct ctl *ctl)
{
    eventlog_close(ctl->events);
    redis_call_close(ctl->redis);
    if (ctl->journal != NULL) {
        journal_close(ctl->journal);
    }
    conf_unref(ctl->conf);
    phone_free(ctl->phone);
    log_free(ctl->log);
}

int main(int argc, char **argv)
{
    struct ctl ctl = {0};
    char problem[256];

    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    if (args_parse(argc, argv, commands, &ctl.args, problem) != 0) {
        return ctl_usage(&ctl, "%s", problem);
    }
    int status = run(&ctl);
    if (!output_flush() && status == CTL_OK) {
        status = errno == EPIPE ? CTL_REFUSED : ctl_refuse(&ctl, "cannot write to standard output");
    }
    close_all(&ctl);
    return status;
}
