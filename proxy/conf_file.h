/* Files that the configuration is read from: bounded, and whole in memory. */
#ifndef PROXY_CONF_FILE_H
#define PROXY_CONF_FILE_H

#include "proxy/conf_arena.h"

/* Reads at most `max` octets into malloc'd *text. Returns 0, -EFBIG where there is more, or another
 * -errno. */
int conf_file_read(const char *path, size_t max, char **text, size_t *len);

/* Stores the first line of a file that holds a secret. Returns NULL, or what is wrong, which never
 * repeats what stands in the file. */
const char *conf_file_secret(const char *path, struct conf_arena *arena, const char **secret);

#endif
