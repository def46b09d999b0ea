#include "proxy/conf_uri.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define HOST_MAX 253 /* of a name in the DNS */

static const struct scheme {
    const char *name, *lead, *refused;
} schemes[] = {
    [SCHEME_TCP] = {"tcp", "tcp://", "tcp:// cannot be used here"},
    [SCHEME_TLS] = {"tls", "tls://", "tls:// is not supported here yet"},
    [SCHEME_UNIX] = {"unix", "unix:", "unix: cannot be used here"},
    [SCHEME_SENTINEL] = {"sentinel", "sentinel://", "sentinel:// is not supported here yet"},
    [SCHEME_HTTP] = {"http", "http://", "http:// cannot be used here"},
    [SCHEME_HTTPS] = {"https", "https://", "https:// is not supported here yet"},
};

#define SCHEME_COUNT (sizeof(schemes) / sizeof(schemes[0]))

const char *conf_scheme_name(enum conf_scheme scheme)
{
    return schemes[scheme].name;
}

static const struct scheme *scheme_of(const char *text)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++)
        if (strncmp(text, schemes[i].lead, strlen(schemes[i].lead)) == 0)
            return &schemes[i];
    return NULL;
}

static bool is_allowed(const char *name, const char *const *allowed)
{
    for (; *allowed != NULL; allowed++)
        if (strcmp(*allowed, name) == 0)
            return true;
    return false;
}

static const char *read_path(const char *path)
{
    if (path[0] != '/')
        return "a socket's path begins with a slash: unix:/path";
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return "the path is too long for a socket";
    return NULL;
}

static const char *read_port(const char *text, uint16_t *port)
{
    unsigned value = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0)
        return "a port is missing";
    for (size_t i = 0; i < n && value <= UINT16_MAX; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    if (value > UINT16_MAX)
        return "the port is above 65535";
    if (text[n] != '\0')
        return "nothing may follow the port";
    *port = (uint16_t)value;
    return NULL;
}

/* `rest` is what follows the scheme; *host, *len are the name in it, without brackets. */
static const char *read_host(const char *rest, const char **host, size_t *len, const char **after)
{
    if (strchr(rest, '@') != NULL)
        return "an address has no user name or password in it";
    if (rest[0] == '[') {
        const char *end = strchr(rest, ']');
        char ip[INET6_ADDRSTRLEN];
        unsigned char binary[sizeof(struct in6_addr)];
        *host = rest + 1;
        *len = end == NULL ? 0 : (size_t)(end - *host);
        if (*len == 0 || *len >= sizeof(ip))
            return "what stands in brackets is no IPv6 address";
        memcpy(ip, *host, *len);
        ip[*len] = '\0';
        if (inet_pton(AF_INET6, ip, binary) != 1)
            return "what stands in brackets is no IPv6 address";
        *after = end + 1;
        return NULL;
    }
    *host = rest;
    *len = strspn(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    *after = rest + *len;
    if (*len == 0)
        return "a host is missing";
    if (*len > HOST_MAX)
        return "the host's name is too long";
    if (**after == ':' && strchr(*after + 1, ':') != NULL)
        return "an IPv6 address is written in brackets: [::1]";
    return NULL;
}

static const char *read_host_port(const char *rest, struct conf_arena *arena, struct conf_uri *uri)
{
    const char *host, *after;
    size_t len;
    const char *wrong = read_host(rest, &host, &len, &after);
    if (wrong != NULL)
        return wrong;
    if (*after != ':')
        return *after == '\0' || *after == '/' ? "a port is missing"
                                               : "the host holds a character that no host has";
    wrong = read_port(after + 1, &uri->port);
    if (wrong != NULL)
        return wrong;
    uri->host = conf_arena_copy(arena, host, len);
    return uri->host == NULL ? "out of memory" : NULL;
}

const char *conf_uri_parse(const char *text, const char *const *allowed, struct conf_arena *arena,
                           struct conf_uri *uri)
{
    const struct scheme *scheme = scheme_of(text);
    if (scheme == NULL)
        return "it begins with no scheme that is known";
    *uri = (struct conf_uri){.scheme = (enum conf_scheme)(scheme - schemes)};
    if (!is_allowed(scheme->name, allowed))
        return scheme->refused;
    uri->text = conf_arena_copy(arena, text, strlen(text));
    if (uri->text == NULL)
        return "out of memory";
    const char *rest = uri->text + strlen(scheme->lead);
    switch (uri->scheme) {
    case SCHEME_UNIX: uri->host = rest; return read_path(rest);
    case SCHEME_SENTINEL: uri->host = rest; return rest[0] == '\0' ? "a host is missing" : NULL;
    default: return read_host_port(rest, arena, uri);
    }
}

bool conf_uri_is_loopback(const struct conf_uri *uri)
{
    struct in_addr ip4;
    struct in6_addr ip6;
    if (strcasecmp(uri->host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, uri->host, &ip4) == 1)
        return (ntohl(ip4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, uri->host, &ip6) == 1 && IN6_IS_ADDR_LOOPBACK(&ip6);
}
