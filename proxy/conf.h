/*
 * The configuration: an immutable snapshot, read and validated whole (design section 10). Holders
 * count references: a reload makes a new snapshot, sessions keep theirs until their next message.
 * Only the thread of the event loop takes and drops references.
 */
#ifndef PROXY_CONF_H
#define PROXY_CONF_H

#include "filters/chain.h"
#include "filters/filter.h"
#include "proxy/log.h"

enum conf_scheme {
    SCHEME_TCP,
    SCHEME_TLS,
    SCHEME_UNIX,
    SCHEME_SENTINEL,
    SCHEME_HTTP,
    SCHEME_HTTPS
};

/* tcp://host:port, unix:/path, ... IPv6 hosts are written in brackets. */
struct conf_uri {
    enum conf_scheme scheme;
    const char *text; /* as written */
    const char *host; /* host, or path of unix: */
    uint16_t port;
};

enum conf_outage { OUTAGE_HOLD, OUTAGE_REJECT, OUTAGE_PASS };

struct conf_store {
    struct conf_uri redis;
    const char *username, *password; /* NULL: no AUTH */
    const char *password_file;       /* where password was read from, or NULL */
    const char *prefix;
    const char *journal;   /* directory */
    const char *log;       /* SQLite file; the default is log.db beside the journal directory */
    int outage;            /* enum conf_outage */
    uint64_t hold_for;     /* ms */
    uint64_t deadline;     /* ms for one Redis command before the connection counts as dead */
    uint64_t segment_size; /* journal rotation, octets */
    int64_t stream_length; /* events kept in the Redis stream, about */
    bool allow_eviction;   /* run although maxmemory-policy may evict lists */
};

struct conf_carrier {
    const char *name;
    const struct conf_uri *addresses;
    unsigned address_count;
    int alphabet;              /* enum smpp_alphabet of data_coding 0 */
    uint64_t connect_timeout;  /* ms, for each address */
    uint64_t bind_timeout;     /* ms, connected to bind_resp */
    uint64_t enquire_link;     /* ms idle before one is sent; 0: never */
    uint64_t enquire_timeout;  /* ms without an answer before the peer is dropped */
    uint64_t response_timeout; /* ms after which an unanswered request is forgotten */
    int64_t window;            /* requests outstanding towards the carrier, at most */
    const char *error_profile; /* reserved for bounce classes: "gsm", ... */
};

struct conf_listener {
    const char *name;
    struct conf_uri address;
    const char *carrier_name;
    const struct conf_carrier *carrier;
    uint64_t bind_timeout; /* ms from accept to a bind */
    uint64_t enquire_link, enquire_timeout;
    uint64_t response_timeout;
    int64_t window;   /* deliver_sm outstanding towards the sender */
    uint64_t max_pdu; /* octets; larger is garbage */
    uint64_t buffer;  /* octets held for one direction of a session before reading stops */
    int64_t max_sessions;
};

struct conf_console {
    struct conf_uri address;         /* text NULL: no console */
    struct conf_uri metrics_address; /* text NULL: on address */
};

struct conf {
    unsigned references;
    struct conf_store store;
    const struct conf_carrier *carriers;
    unsigned carrier_count;
    const struct conf_listener *listeners;
    unsigned listener_count;
    struct flt_world world; /* region, programs */
    const struct chain *outbound, *inbound;
    struct conf_console console;
    enum log_level log_level;
    uint64_t drain_for; /* ms that SIGTERM waits for answers */
    struct conf_arena *arena;
};

/* Reads `path`. On failure *error is a malloc'd "FILE:LINE: what is wrong" (several lines where
 * several things are) and NULL is returned. The phone object is asked about regions. */
__attribute__((nonnull)) struct conf *conf_load(const char *path, struct phone *phone,
                                                char **error);
/* The same from memory; `name` stands for the file in messages. */
__attribute__((nonnull)) struct conf *conf_parse(const char *name, const char *text, size_t len,
                                                 struct phone *phone, char **error);
struct conf *conf_ref(struct conf *conf);
void conf_unref(struct conf *conf); /* the last one frees; NULL is fine */

/* Every setting, commented, as YAML that conf_load accepts (this is conf/stopgate.yaml). */
int conf_print(int fd);

#endif
