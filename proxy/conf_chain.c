#include "proxy/conf_chain.h"

#include "filters/registry.h"

#include <assert.h>
#include <string.h>

/* Stands last in every outbound chain and has no settings (filters/health.c). */
#define LAST_OUTBOUND "health"

#define FILTERS_MAX 64

struct builder {
    struct conf_reader *reader;
    const struct conf_section *section;
    bool outbound;
    const struct flt_world *world;
    struct chain_step steps[CHAIN_STEPS_MAX];
    unsigned n;
};

static bool may_stand(const struct builder *builder, const struct flt_ops *ops)
{
    return builder->outbound ? ops->outbound : ops->inbound;
}

static void unknown_filter(struct builder *builder, unsigned line, const char *name)
{
    const char *names[FILTERS_MAX + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < registry_count() && n < FILTERS_MAX; i++)
        if (may_stand(builder, registry_at(i)))
            names[n++] = registry_at(i)->name;
    names[n] = NULL;
    const char *nearest = conf_nearest(name, names);
    if (nearest != NULL)
        conf_error(builder->reader->errors, line, "%s: there is no filter %s; did you mean %s?",
                   builder->section->name, CONF_QUOTE(name), nearest);
    else
        conf_error(builder->reader->errors, line, "%s: there is no filter %s",
                   builder->section->name, CONF_QUOTE(name));
}

/* The filter that an entry names, or NULL with the reason in the errors. */
static const struct flt_ops *find_filter(struct builder *builder, yaml_node_t *entry)
{
    struct conf_errors *errors = builder->reader->errors;
    const char *what = builder->section->name;
    if (entry->type != YAML_MAPPING_NODE) {
        conf_error(errors, conf_node_line(entry), "%s: an entry is written {filter: name, ...}",
                   what);
        return NULL;
    }
    yaml_node_t *node = conf_map_find(builder->reader, entry, "filter");
    const char *name = conf_scalar(node);
    if (name == NULL || name[0] == '\0') {
        conf_error(errors, conf_node_line(node == NULL ? entry : node),
                   "%s: an entry names its filter: {filter: name, ...}", what);
        return NULL;
    }
    const struct flt_ops *ops = registry_find(name);
    if (ops == NULL) {
        unknown_filter(builder, conf_node_line(node), name);
        return NULL;
    }
    if (!may_stand(builder, ops)) {
        conf_error(errors, conf_node_line(node), "%s: %s cannot stand in this chain%s", what, name,
                   ops->inbound    ? ", only in inbound"
                   : ops->outbound ? ", only in outbound"
                                   : "; it needs no entry");
        return NULL;
    }
    return ops;
}

static void add_step(struct builder *builder, const struct flt_ops *ops, void *conf, bool monitor)
{
    assert(builder->n < CHAIN_STEPS_MAX);
    builder->steps[builder->n++] =
        (struct chain_step){.ops = ops, .conf = conf, .monitor = monitor};
}

/* Lets the filter look at its settings as a whole. What it made on the way is given back even if it
 * then refused. */
static void make_ready(struct builder *builder, const struct flt_ops *ops, void *conf,
                       unsigned line)
{
    struct conf_errors *errors = builder->reader->errors;
    if (ops->conf_ready == NULL || builder->world == NULL)
        return;
    const char *wrong = ops->conf_ready(conf, builder->world);
    if (wrong != NULL)
        conf_error(errors, line, "%s: %s", ops->name, wrong);
    if (ops->conf_done != NULL &&
        conf_arena_defer(builder->reader->arena, ops->conf_done, conf) != 0)
        errors->no_memory = true;
}

static void read_entry(struct builder *builder, yaml_node_t *node)
{
    const struct flt_ops *ops = find_filter(builder, node);
    if (ops == NULL)
        return;
    struct conf_errors *errors = builder->reader->errors;
    void *conf = conf_arena_alloc(builder->reader->arena, 1, ops->conf_size);
    if (conf == NULL) {
        errors->no_memory = true;
        return;
    }
    unsigned before = conf_errors_count(errors);
    struct conf_entry entry;
    struct conf_map map = {.what = ops->name,
                           .table = {{builder->section->keys, &entry, sizeof(entry)},
                                     {ops->keys, conf, ops->conf_size}}};
    conf_map_read(builder->reader, node, &map);
    if (conf_errors_count(errors) != before)
        return;
    make_ready(builder, ops, conf, conf_node_line(node));
    add_step(builder, ops, conf, entry.mode == 1);
}

static void read_entries(struct builder *builder, yaml_node_t *node)
{
    unsigned n =
        conf_list_count(builder->reader, node, builder->section->name, builder->section->max);
    for (unsigned i = 0; i < n; i++) {
        yaml_node_t *item = conf_list_item(builder->reader, node, i);
        if (item == NULL)
            return;
        read_entry(builder, item);
    }
}

static void read_preset(struct builder *builder)
{
    struct conf_reader *outer = builder->reader;
    yaml_document_t doc;
    const char *text = builder->section->preset;
    if (conf_yaml_load(text, strlen(text), &doc, outer->errors) != 0)
        return;
    struct conf_reader inner = {.doc = &doc, .arena = outer->arena, .errors = outer->errors};
    builder->reader = &inner;
    read_entries(builder, yaml_document_get_root_node(&doc));
    builder->reader = outer;
    yaml_document_delete(&doc);
}

static void free_chain(void *chain)
{
    chain_free(chain);
}

const struct chain *conf_chain_read(struct conf_reader *reader, yaml_node_t *node,
                                    enum conf_section_id id, const struct flt_world *world)
{
    struct builder builder = {.reader = reader,
                              .section = conf_section(id),
                              .outbound = id == SECTION_OUTBOUND,
                              .world = world};
    unsigned before = conf_errors_count(reader->errors);
    if (node != NULL)
        read_entries(&builder, node);
    else
        read_preset(&builder);
    const struct flt_ops *last = registry_find(LAST_OUTBOUND);
    if (builder.outbound && last != NULL)
        add_step(&builder, last, NULL, false);
    if (conf_errors_count(reader->errors) != before)
        return NULL;
    struct chain *chain = chain_new(builder.steps, builder.n);
    if (chain == NULL || conf_arena_defer(reader->arena, free_chain, chain) != 0) {
        reader->errors->no_memory = true;
        return NULL;
    }
    return chain;
}
