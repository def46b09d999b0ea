#include "proxy/ctl/args.h"

#include <errno.h>
#include <string.h>

struct option_text {
    const char *name, *value, *help;
};

static const struct option_text options[OPT_COUNT] = {
#define X(symbol, name, value, help) [OPT_##symbol] = {name, value, help},
    ARG_OPTIONS(X)
#undef X
};

struct parser {
    int argc;
    char **argv;
    int at;
    bool only_operands; /* behind "--" */
    const struct ctl_command *commands;
    struct args *args;
    const char *words[ARG_OPERANDS_MAX + 2]; /* command and operands */
    unsigned word_count;
    char *problem;
};

static int wrong(struct parser *p, const char *what, const char *which)
{
    snprintf(p->problem, 256, "%s%.200s", what, which);
    return -EINVAL;
}

/* The value of an option: behind '=', or the next argument. */
static int option_value(struct parser *p, const char *arg, const char *inline_value,
                        const char **value)
{
    if (inline_value != NULL) {
        *value = inline_value;
        return 0;
    }
    if (p->at + 1 >= p->argc) {
        return wrong(p, "a value is missing behind ", arg);
    }
    *value = p->argv[++p->at];
    return 0;
}

static int long_option(struct parser *p, const char *arg)
{
    const char *name = arg + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const char *inline_value = equals == NULL ? NULL : equals + 1;

    if (len == 4 && memcmp(name, "conf", len) == 0) {
        return option_value(p, arg, inline_value, &p->args->conf);
    }
    for (unsigned i = 0; i < OPT_COUNT; i++) {
        if (strlen(options[i].name) != len || memcmp(options[i].name, name, len) != 0) {
            continue;
        }
        if (p->args->value[i] != NULL) {
            return wrong(p, "given twice: ", arg);
        }
        if (options[i].value[0] != '\0') {
            return option_value(p, arg, inline_value, &p->args->value[i]);
        }
        p->args->value[i] = "";
        return inline_value == NULL ? 0 : wrong(p, "takes no value: ", arg);
    }
    return wrong(p, "unknown option ", arg);
}

static int option(struct parser *p, const char *arg)
{
    if (strcmp(arg, "--json") == 0) {
        p->args->json = true;
        return 0;
    }
    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
        p->args->help = true;
        return 0;
    }
    if (strcmp(arg, "--version") == 0) {
        p->args->version = true;
        return 0;
    }
    if (arg[1] == 'c') {
        return option_value(p, arg, arg[2] == '\0' ? NULL : arg + 2, &p->args->conf);
    }
    return arg[1] == '-' ? long_option(p, arg) : wrong(p, "unknown option ", arg);
}

/* The command that the first word, or the first two, name; *used tells how many. */
static const struct ctl_command *find_command(const struct parser *p, unsigned *used)
{
    for (const struct ctl_command *c = p->commands; c->name != NULL; c++) {
        const char *space = strchr(c->name, ' ');
        size_t len = space == NULL ? strlen(c->name) : (size_t)(space - c->name);
        if (strlen(p->words[0]) != len || memcmp(p->words[0], c->name, len) != 0) {
            continue;
        }
        if (space == NULL) {
            *used = 1;
            return c;
        }
        if (p->word_count > 1 && strcmp(p->words[1], space + 1) == 0) {
            *used = 2;
            return c;
        }
    }
    return NULL;
}

static int no_command(struct parser *p)
{
    const char *word = p->words[0];
    char list[128] = "";

    for (const struct ctl_command *c = p->commands; c->name != NULL; c++) {
        size_t len = strlen(word);
        if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ') {
            size_t used = strlen(list);
            snprintf(list + used, sizeof(list) - used, "%s%s", used == 0 ? "" : ", ",
                     c->name + len + 1);
        }
    }
    if (list[0] == '\0') {
        return wrong(p, "unknown command ", word);
    }
    snprintf(p->problem, 256, "'%.40s' is followed by one of: %s", word, list);
    return -EINVAL;
}

static int check_options(struct parser *p, const struct ctl_command *command)
{
    for (unsigned i = 0; i < OPT_COUNT; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if (p->args->value[i] != NULL && (command->options & bit) == 0) {
            snprintf(p->problem, 256, "'%s' takes no --%s", command->name, options[i].name);
            return -EINVAL;
        }
        if ((p->args->value[i] == NULL || p->args->value[i][0] == '\0') &&
            (command->required & bit) != 0) {
            snprintf(p->problem, 256, "'%s' needs --%s %s", command->name, options[i].name,
                     options[i].value);
            return -EINVAL;
        }
    }
    return 0;
}

static int check_words(struct parser *p)
{
    unsigned used = 0;
    const struct ctl_command *command = find_command(p, &used);

    if (command == NULL) {
        return p->args->help ? 0 : no_command(p);
    }
    p->args->command = command;
    if (p->args->help) {
        return 0;
    }
    if (p->word_count - used != command->operand_count) {
        snprintf(p->problem, 256, "usage: stopgatectl %s%s%s", command->name,
                 command->operand_count > 0 ? " " : "", command->operands);
        return -EINVAL;
    }
    for (unsigned i = used; i < p->word_count; i++) {
        p->args->operand[i - used] = p->words[i];
    }
    return check_options(p, command);
}

int args_parse(int argc, char **argv, const struct ctl_command *commands, struct args *args,
               char problem[256])
{
    struct parser p = {
        .argc = argc, .argv = argv, .commands = commands, .args = args, .problem = problem};

    memset(args, 0, sizeof(*args));
    for (p.at = 1; p.at < argc; p.at++) {
        const char *arg = argv[p.at];
        int err = 0;
        if (!p.only_operands && strcmp(arg, "--") == 0) {
            p.only_operands = true;
        } else if (!p.only_operands && arg[0] == '-' && arg[1] != '\0') {
            err = option(&p, arg);
        } else if (p.word_count == sizeof(p.words) / sizeof(p.words[0])) {
            err = wrong(&p, "too many arguments: ", arg);
        } else {
            p.words[p.word_count++] = arg;
        }
        if (err != 0) {
            return err;
        }
    }
    return p.word_count == 0 ? 0 : check_words(&p);
}

void args_help(FILE *out, const struct ctl_command *commands)
{
    fputs("stopgatectl - the suppression lists, the evidence and the state of stopgate\n"
          "\n"
          "usage: stopgatectl [-c FILE] [--json] COMMAND ...\n"
          "\n",
          out);
    for (const struct ctl_command *c = commands; c->name != NULL; c++) {
        char left[48];
        snprintf(left, sizeof(left), "%s %s", c->name, c->operands);
        fprintf(out, "  %-24s %s\n", left, c->summary);
    }
    fputs("\n"
          "  -c, --conf FILE   the configuration; default: /etc/stopgate/stopgate.yaml\n"
          "      --json        for machines: one JSON object a line\n"
          "      --help        this; behind a command: its options\n"
          "      --version     print the version\n"
          "\n"
          "Exit status: 0 done, 1 refused or not found, 2 wrong usage. No daemon needs to run.\n",
          out);
}

void args_command_help(FILE *out, const struct ctl_command *command)
{
    fprintf(out, "usage: stopgatectl %s%s%s%s\n\n%s.\n", command->name,
            command->operand_count > 0 ? " " : "", command->operands,
            command->options != 0 ? " [OPTIONS]" : "", command->summary);
    if (command->help != NULL) {
        fprintf(out, "\n%s", command->help);
    }
    fputs(command->options != 0 ? "\n" : "", out);
    for (unsigned i = 0; i < OPT_COUNT; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if ((command->options & bit) != 0) {
            char left[32];
            snprintf(left, sizeof(left), "--%s %s", options[i].name, options[i].value);
            fprintf(out, "  %-20s %s%s\n", left, options[i].help,
                    (command->required & bit) != 0 ? " (needed)" : "");
        }
    }
}
