/* Addresses of the configuration: scheme://host:port, unix:/path, sentinel://h1:port,h2:port/name.
 */
#ifndef PROXY_CONF_URI_H
#define PROXY_CONF_URI_H

#include "proxy/conf.h"
#include "proxy/conf_arena.h"

/* Reads `text`, which must have one of the schemes named in `allowed` (NULL-terminated). Returns
 * NULL, or what is wrong. Strings are copied into the arena. A host is not looked up here. */
const char *conf_uri_parse(const char *text, const char *const *allowed, struct conf_arena *arena,
                           struct conf_uri *uri);

/* Whether the host is this machine's own: localhost, 127.0.0.0/8, ::1. */
bool conf_uri_is_loopback(const struct conf_uri *uri);

const char *conf_scheme_name(enum conf_scheme scheme); /* "tcp" */

#endif
