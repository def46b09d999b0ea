/*
 * The chains of the configuration: entries `{filter, mode, settings}` become the steps of a struct
 * chain. Settings live in the arena; what a filter derives from them is given back when the arena
 * is freed.
 */
#ifndef PROXY_CONF_CHAIN_H
#define PROXY_CONF_CHAIN_H

#include "filters/chain.h"
#include "proxy/conf_keys.h"
#include "proxy/conf_yaml.h"

/* Reads the list `node` of the section, or the section's default where it is NULL. `world` is NULL
 * where it is not fit to be shown to filters. NULL where something is wrong; it is then in the
 * errors. */
const struct chain *conf_chain_read(struct conf_reader *reader, yaml_node_t *node,
                                    enum conf_section_id id, const struct flt_world *world);

#endif
