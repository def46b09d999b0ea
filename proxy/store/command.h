/*
 * A Redis command being put together: its arguments in the wire's form, one after the other, with
 * their number in front in the end. Grows, and is used again for the next command.
 */
#ifndef PROXY_STORE_COMMAND_H
#define PROXY_STORE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty; command_free gives the memory back. */
struct command {
    char *data;
    size_t len, cap;
    unsigned args;
    bool failed; /* out of memory: the command is not whole */
};

void command_begin(struct command *command);
void command_add(struct command *command, const void *arg, size_t len);
void command_text(struct command *command, const char *arg);
void command_number(struct command *command, uint64_t number);

/* The whole command, valid until the next command_begin. NULL: out of memory. */
const char *command_end(struct command *command, size_t *len);
void command_free(struct command *command);

#endif
