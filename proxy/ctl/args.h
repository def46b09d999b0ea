/*
 * The command line, read from two tables: all options, and the commands with the options that each
 * takes. The same tables print the help. Options may stand anywhere behind the program's name.
 */
#ifndef PROXY_CTL_ARGS_H
#define PROXY_CTL_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* X(symbol, name, value, help): value "" for an option without one. */
#define ARG_OPTIONS(X)                                                                             \
    X(TYPE, "type", "TYPE", "events of this type: optout, optin, blocked, receipt, ...")           \
    X(NUMBER, "number", "N", "events about this number, in any spelling")                          \
    X(PROGRAM, "program", "P", "a program of the configuration")                                   \
    X(SENDER, "sender", "ADDRESS", "events about this sender address, as it was written")          \
    X(SOURCE, "source", "SOURCE",                                                                  \
      "events from: reply, receipt, console, api, ctl, import, carrier")                           \
    X(LIST, "list", "NAME", "events about this list")                                              \
    X(TEXT, "text", "WORDS", "events whose text holds these words; the last may be a beginning")   \
    X(FROM, "from", "TIME", "not before: 2025-01-31, 2025-01-31T08:00Z, or 24h, 7d ago")           \
    X(TO, "to", "TIME", "before; a date counts to its end")                                        \
    X(LIMIT, "limit", "COUNT", "at most so many, the latest ones; 0: all")                         \
    X(AFTER, "after", "ID", "those that arrived behind this event; 0: from the first")             \
    X(CSV, "csv", "", "comma-separated values with a header")                                      \
    X(REASON, "reason", "TEXT", "why; kept as evidence")                                           \
    X(ACTOR, "actor", "NAME", "who asks for it; default: whoever is logged in")                    \
    X(DESCRIPTION, "description", "TEXT", "what the list is for")                                  \
    X(REGION, "region", "R", "of numbers without a country code; default: the configuration's")    \
    X(COLUMN, "column", "C", "of the numbers: a name in the header, or 1, 2, ...")                 \
    X(DRY_RUN, "dry-run", "", "only say what would be done")                                       \
    X(OUT, "out", "FILE", "write there instead of to standard output")

enum arg_option {
#define X(symbol, name, value, help) OPT_##symbol,
    ARG_OPTIONS(X)
#undef X
        OPT_COUNT
};

#define ARG(symbol) (UINT64_C(1) << OPT_##symbol)

struct ctl;

struct ctl_command {
    const char *name;     /* "number", "optout add" */
    const char *operands; /* "NAME FILE", for the help */
    unsigned operand_count;
    uint64_t options, required;  /* ARG() of each */
    const char *summary;         /* one line */
    const char *help;            /* more, NULL for none */
    int (*run)(struct ctl *ctl); /* the exit status */
};

#define ARG_OPERANDS_MAX 2

struct args {
    const char *conf;
    bool json, help, version;
    const struct ctl_command *command; /* NULL: none was named */
    const char *value[OPT_COUNT];      /* NULL: not given; "" for one without a value */
    const char *operand[ARG_OPERANDS_MAX];
};

/* Commands end with one whose name is NULL. 0, or -EINVAL and what is wrong in `problem`. */
int args_parse(int argc, char **argv, const struct ctl_command *commands, struct args *args,
               char problem[256]);

void args_help(FILE *out, const struct ctl_command *commands);
void args_command_help(FILE *out, const struct ctl_command *command);

#endif
