/*
 * Every setting of the configuration as tables: what sections a file has, and the keys of each. The
 * reader, the checks of `stopgate -t` and the commented file all follow them; the settings of
 * filters stand with the filters. Help texts are for operators.
 */
#ifndef PROXY_CONF_KEYS_H
#define PROXY_CONF_KEYS_H

#include "filters/keys.h"

#include <stdbool.h>

enum conf_section_id {
    SECTION_STORE,
    SECTION_CARRIERS,
    SECTION_LISTENERS,
    SECTION_PROGRAMS,
    SECTION_OUTBOUND,
    SECTION_INBOUND,
    SECTION_CONSOLE,
    SECTION_LOG,
    CONF_SECTIONS
};

enum conf_shape {
    SHAPE_MAP,  /* key: value, into a structure within struct conf */
    SHAPE_LIST, /* of such, into an array that struct conf points to, its count behind it */
    SHAPE_CHAIN /* of filters, into a struct chain that struct conf points to */
};

struct conf_section {
    const char *name;
    const char *help;
    enum conf_shape shape;
    const struct conf_key *keys; /* of the mapping, of one member, of every filter */
    size_t offset;               /* in struct conf */
    size_t size;                 /* of the mapping's structure, or of one member */
    unsigned max;                /* members, at most */
    bool required;
    const char *preset; /* SHAPE_CHAIN: as it would be written */
};

/* By enum conf_section_id, in the order of the commented file. */
const struct conf_section *conf_section(enum conf_section_id id);

/* The keys at the top level of the file, beside the sections. */
const struct conf_key *conf_top_keys(void);

/* What the keys of every filter entry fill. */
struct conf_entry {
    const char *filter;
    int mode; /* 0: enforce, 1: monitor */
};

#endif
