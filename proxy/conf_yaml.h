/*
 * Reads mappings of a YAML document into structures by tables of struct conf_key. Everything that
 * is wrong goes to the errors with its line, and reading goes on, so that one run reports all of
 * it. Aliases are followed, with a bound on how much they may unfold. Knows no particular setting.
 */
#ifndef PROXY_CONF_YAML_H
#define PROXY_CONF_YAML_H

#include "filters/keys.h"
#include "proxy/conf_arena.h"
#include "proxy/conf_errors.h"

#include <yaml.h>

struct conf_reader {
    yaml_document_t *doc;
    struct conf_arena *arena;
    struct conf_errors *errors;
    unsigned visits; /* nodes looked at, aliases counted each time */
};

/* Parses the one document of `text`. On success the caller deletes it. Returns 0, or -EINVAL or
 * -ENOMEM with what is wrong in the errors. */
int conf_yaml_load(const char *text, size_t len, yaml_document_t *doc, struct conf_errors *errors);

/* The structure that a table describes. */
struct conf_table {
    const struct conf_key *keys; /* NULL: there is none */
    void *base;
    size_t size;
};

#define CONF_TABLES_MAX 2

struct conf_map {
    const char *what; /* "carriers", for messages; NULL: the file itself */
    struct conf_table table[CONF_TABLES_MAX];
    const char *const *children; /* keys whose values the caller reads, NULL-terminated, or NULL */
    yaml_node_t **child;         /* what was found of them; the others are left alone */
};

/* Stores the defaults, then what the mapping says. A NULL node stores the defaults only and asks
 * for nothing. */
void conf_map_read(struct conf_reader *reader, yaml_node_t *node, const struct conf_map *map);

/* The member `i` of a sequence, or NULL (an error is then noted). */
yaml_node_t *conf_list_item(struct conf_reader *reader, yaml_node_t *list, unsigned i);

/* How many members a sequence has; other nodes are an error, as is more than `max`: then 0. */
unsigned conf_list_count(struct conf_reader *reader, yaml_node_t *node, const char *what,
                         unsigned max);

/* The value of a key, or NULL where there is none. No error is noted. */
yaml_node_t *conf_map_find(struct conf_reader *reader, yaml_node_t *map, const char *key);

/* The text of a scalar; NULL for other nodes and for text with a NUL in it. */
const char *conf_scalar(const yaml_node_t *node);

unsigned conf_node_line(const yaml_node_t *node); /* 0 for NULL */

#endif
