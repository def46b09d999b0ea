#include "proxy/conf.h"

#include "proxy/conf_arena.h"
#include "proxy/conf_chain.h"
#include "proxy/conf_check.h"
#include "proxy/conf_file.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1024 * 1024)

static void read_top(struct conf_draft *draft)
{
    const char *names[CONF_SECTIONS + 1] = {NULL};
    for (unsigned id = 0; id < CONF_SECTIONS; id++)
        names[id] = conf_section(id)->name;
    struct conf_map map = {.table = {{conf_top_keys(), draft->conf, sizeof(*draft->conf)}},
                           .children = names,
                           .child = draft->node};
    conf_map_read(&draft->reader, draft->root, &map);
}

static void read_list(struct conf_draft *draft, const struct conf_section *section,
                      yaml_node_t *node)
{
    struct conf_reader *reader = &draft->reader;
    unsigned n = conf_list_count(reader, node, section->name, section->max);
    char *items = conf_arena_alloc(reader->arena, n, section->size);
    if (items == NULL) {
        reader->errors->no_memory = true;
        return;
    }
    if (n == 0 && section->required && node->type == YAML_SEQUENCE_NODE)
        conf_error(reader->errors, conf_node_line(node), "%s: the list must not be empty",
                   section->name);
    for (unsigned i = 0; i < n; i++) {
        struct conf_map map = {
            .what = section->name,
            .table = {{section->keys, items + i * section->size, section->size}}};
        yaml_node_t *item = conf_list_item(reader, node, i);
        if (item == NULL)
            return;
        conf_map_read(reader, item, &map);
    }
    /* A pointer and the count behind it, as conf_keys.c asserts. */
    char *field = (char *)draft->conf + section->offset;
    memcpy(field, &items, sizeof(items));
    memcpy(field + sizeof(items), &n, sizeof(n));
}

static void read_section(struct conf_draft *draft, const struct conf_section *section,
                         yaml_node_t *node)
{
    if (node == NULL && section->required)
        conf_error(draft->reader.errors, conf_node_line(draft->root), "%s is missing",
                   section->name);
    if (section->shape == SHAPE_LIST && node != NULL)
        read_list(draft, section, node);
    if (section->shape != SHAPE_MAP)
        return;
    struct conf_map map = {
        .what = section->name,
        .table = {{section->keys, (char *)draft->conf + section->offset, section->size}}};
    conf_map_read(&draft->reader, node, &map);
}

/* Filters look at the programs and regions, so these are read and checked before the chains. */
static void read_draft(struct conf_draft *draft, struct phone *phone)
{
    struct conf *conf = draft->conf;
    struct conf_errors *errors = draft->reader.errors;
    read_top(draft);
    if (draft->root->type != YAML_MAPPING_NODE)
        return;
    read_section(draft, conf_section(SECTION_PROGRAMS), draft->node[SECTION_PROGRAMS]);
    conf_check_world(draft, phone);
    const struct flt_world *world = conf_errors_count(errors) == 0 ? &conf->world : NULL;
    for (unsigned id = 0; id < CONF_SECTIONS; id++)
        if (id != SECTION_PROGRAMS)
            read_section(draft, conf_section(id), draft->node[id]);
    conf->outbound =
        conf_chain_read(&draft->reader, draft->node[SECTION_OUTBOUND], SECTION_OUTBOUND, world);
    conf->inbound =
        conf_chain_read(&draft->reader, draft->node[SECTION_INBOUND], SECTION_INBOUND, world);
    conf_check(draft);
}

/* NULL: out of memory. */
static struct conf *conf_new(void)
{
    struct conf_arena *arena = conf_arena_new();
    struct conf *conf = arena == NULL ? NULL : conf_arena_alloc(arena, 1, sizeof(*conf));
    if (conf == NULL) {
        conf_arena_free(arena);
        return NULL;
    }
    conf->references = 1;
    conf->arena = arena;
    return conf;
}

static struct conf *parse(const char *text, size_t len, struct phone *phone,
                          struct conf_errors *errors)
{
    yaml_document_t doc;
    struct conf *conf = conf_new();
    if (conf == NULL) {
        errors->no_memory = true;
        return NULL;
    }
    if (conf_yaml_load(text, len, &doc, errors) == 0) {
        struct conf_draft draft = {.conf = conf,
                                   .reader = {.doc = &doc, .arena = conf->arena, .errors = errors},
                                   .root = yaml_document_get_root_node(&doc)};
        read_draft(&draft, phone);
        yaml_document_delete(&doc);
    }
    if (conf_errors_count(errors) == 0)
        return conf;
    conf_unref(conf);
    return NULL;
}

struct conf *conf_parse(const char *name, const char *text, size_t len, struct phone *phone,
                        char **error)
{
    struct conf_errors errors = {.file = name};
    struct conf *conf = parse(text, len, phone, &errors);
    *error = conf == NULL ? conf_errors_text(&errors) : NULL;
    conf_errors_clear(&errors);
    return conf;
}

struct conf *conf_load(const char *path, struct phone *phone, char **error)
{
    char *text;
    size_t len;
    int err = conf_file_read(path, FILE_MAX, &text, &len);
    if (err != 0) {
        struct conf_errors errors = {.file = path};
        conf_error(&errors, 0, "cannot be read: %s", strerror(-err));
        *error = conf_errors_text(&errors);
        conf_errors_clear(&errors);
        return NULL;
    }
    struct conf *conf = conf_parse(path, text, len, phone, error);
    explicit_bzero(text, len); /* there may be a password in it */
    free(text);
    return conf;
}

struct conf *conf_ref(struct conf *conf)
{
    conf->references++;
    return conf;
}

void conf_unref(struct conf *conf)
{
    if (conf == NULL)
        return;
    assert(conf->references > 0);
    if (--conf->references == 0)
        conf_arena_free(conf->arena);
}
