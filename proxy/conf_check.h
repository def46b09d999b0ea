/* What no table can say: whether the settings of a snapshot fit together. */
#ifndef PROXY_CONF_CHECK_H
#define PROXY_CONF_CHECK_H

#include "proxy/conf.h"
#include "proxy/conf_keys.h"
#include "proxy/conf_yaml.h"

/* A snapshot on its way, with the nodes that it was read from: they carry the lines. */
struct conf_draft {
    struct conf *conf;
    struct conf_reader reader;
    yaml_node_t *root;
    yaml_node_t *node[CONF_SECTIONS]; /* NULL where a section is absent */
};

/* Regions and programs: what filters are shown. */
void conf_check_world(struct conf_draft *draft, struct phone *phone);

/* The rest. Resolves what refers to something else, and derived defaults. */
void conf_check(struct conf_draft *draft);

#endif
