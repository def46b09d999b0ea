/*
 * The lists that this process asks about, numbered as they come, so that a question about a number
 * takes sixteen octets while it waits and its command is written without a format. Names are
 * copied: they outlive the configuration they came from. One thread.
 */
#ifndef PROXY_STORE_NAMES_H
#define PROXY_STORE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names;

#define NAMES_MAX         4096u
#define NAMES_COMMAND_MAX 320u /* octets of one command, at most */

struct names *names_new(const char *prefix); /* NULL: out of memory or the prefix is too long */
void names_free(struct names *names);

/* The number of a list: 0 and *id, -EINVAL for an impossible name, -ENOMEM, or -EAGAIN beyond
 * NAMES_MAX. */
int names_id(struct names *names, const char *list, uint32_t *id);

/* Writes SISMEMBER for a number; returns the octets, at most NAMES_COMMAND_MAX. */
size_t names_command(const struct names *names, uint32_t id, uint64_t number, char *out);

#endif
