/*
 * One setting of the configuration as data. The same table parses the file, checks it (stopgate
 * -t), writes the commented conf/stopgate.yaml and the manual page. Filters describe their settings
 * with it too, so it lives here and knows nothing of YAML.
 */
#ifndef FILTERS_KEYS_H
#define FILTERS_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct conf_strings {
    const char *const *v;
    unsigned n;
};

enum key_type {
    KEY_STRING,   /* const char *, of min to max octets; both 0: of any length */
    KEY_STRINGS,  /* struct conf_strings of such; a single scalar is a list of one */
    KEY_BOOL,     /* bool */
    KEY_INT,      /* int64_t, within min and max */
    KEY_DURATION, /* uint64_t, milliseconds; written 250ms, 5s, 10m, 24h, 30d; within min and max */
    KEY_SIZE,     /* uint64_t, octets; written 65536, 64KiB, 1MiB; within min and max */
    KEY_ENUM,     /* int, the index in names */
    KEY_STATUS,   /* uint32_t, a command_status by name or number */
    KEY_NAME,     /* const char *, what other settings refer to: letters, digits, '.', '_', '-' */
    KEY_URI,      /* the daemon's struct conf_uri; names: its schemes; port within min and max */
    KEY_URIS      /* const struct conf_uri *, the number of them in the unsigned behind it */
};

struct conf_key {
    const char *name;
    enum key_type type;
    size_t offset;      /* in the structure that the table describes */
    const char *preset; /* the default as it would be written; NULL: none (zero, NULL, empty) */
    int64_t min, max;   /* KEY_INT, KEY_DURATION (ms), KEY_SIZE; both 0: any value >= 0 */
    const char *const *names; /* KEY_ENUM, KEY_URI: NULL-terminated */
    const char *help;         /* a sentence or two for the commented configuration */
    unsigned required : 1;    /* must be given, and not be empty */
    unsigned shown : 1;       /* set in the commented configuration, not only mentioned */
    const char *example;      /* the value there, if not the default */
};

/* A table ends with an entry whose name is NULL. */

#endif
