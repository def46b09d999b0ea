#include "proxy/conf_yaml.h"

#include "proxy/conf_value.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define VISITS_MAX 1000000
#define KEYS_MAX   64 /* of the tables of one mapping */

unsigned conf_node_line(const yaml_node_t *node)
{
    return node == NULL ? 0 : (unsigned)node->start_mark.line + 1;
}

const char *conf_scalar(const yaml_node_t *node)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return NULL;
    const char *text = (const char *)node->data.scalar.value;
    return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* Every way to a node leads through here. */
static yaml_node_t *visit(struct conf_reader *reader, int index)
{
    if (reader->visits >= VISITS_MAX)
        return NULL;
    if (++reader->visits == VISITS_MAX) {
        conf_error(reader->errors, 0, "more than %d values, aliases counted wherever they stand",
                   VISITS_MAX);
        return NULL;
    }
    return yaml_document_get_node(reader->doc, index);
}

static bool tag_ok(const yaml_node_t *node)
{
    static const char *const tags[] = {[YAML_SCALAR_NODE] = YAML_STR_TAG,
                                       [YAML_SEQUENCE_NODE] = YAML_SEQ_TAG,
                                       [YAML_MAPPING_NODE] = YAML_MAP_TAG};
    return strcmp((const char *)node->tag, tags[node->type]) == 0;
}

static const char *kind_of(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_SEQUENCE_NODE: return "a list";
    case YAML_MAPPING_NODE: return "a mapping";
    default: return "a single value";
    }
}

/* YAML's ways to write nothing. */
static bool is_null(const yaml_node_t *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
        if (strcmp((const char *)node->data.scalar.value, nulls[i]) == 0)
            return true;
    return false;
}

/* Notes an error unless the node is of the type. */
static bool expect(struct conf_reader *reader, const yaml_node_t *node, yaml_node_type_t type,
                   const char *what)
{
    static const char *const wanted[] = {[YAML_SCALAR_NODE] = "a single value",
                                         [YAML_SEQUENCE_NODE] = "a list ([a, b], or lines with -)",
                                         [YAML_MAPPING_NODE] = "a mapping (key: value)"};
    unsigned line = conf_node_line(node);
    if (is_null(node))
        conf_error(reader->errors, line, "%s: no value is given", what);
    else if (node->type != type)
        conf_error(reader->errors, line, "%s: %s is expected, not %s", what, wanted[type],
                   kind_of(node));
    else if (!tag_ok(node))
        conf_error(reader->errors, line, "%s: tags (%s) are not supported", what,
                   CONF_QUOTE((const char *)node->tag));
    else
        return true;
    return false;
}

static void read_scalar(struct conf_reader *reader, const struct conf_key *key, yaml_node_t *node,
                        void *value)
{
    char why[CONF_WHY_CAP];
    if (!expect(reader, node, YAML_SCALAR_NODE, key->name))
        return;
    const char *text = conf_scalar(node);
    if (text == NULL) {
        conf_error(reader->errors, conf_node_line(node), "%s: a NUL is no part of any value",
                   key->name);
        return;
    }
    int err = conf_value_read(key, text, reader->arena, value, why);
    if (err == -ENOMEM)
        reader->errors->no_memory = true;
    else if (err != 0)
        conf_error(reader->errors, conf_node_line(node), "%s: %s", key->name, why);
}

/* Fields of lists are a pointer and an unsigned behind it (filters/keys.h). */
static void store_list(void *field, const void *values, unsigned n)
{
    memcpy(field, &values, sizeof(values));
    memcpy((char *)field + sizeof(values), &n, sizeof(n));
}

static void read_list(struct conf_reader *reader, const struct conf_key *key, yaml_node_t *node,
                      void *field)
{
    bool one = node->type == YAML_SCALAR_NODE;
    unsigned n = 1;
    if (!one) {
        if (!expect(reader, node, YAML_SEQUENCE_NODE, key->name))
            return;
        n = (unsigned)(node->data.sequence.items.top - node->data.sequence.items.start);
    }
    if (n == 0 && key->required) {
        conf_error(reader->errors, conf_node_line(node), "%s: the list must not be empty",
                   key->name);
        return;
    }
    size_t size = conf_value_size(key->type);
    char *values = conf_arena_alloc(reader->arena, n, size);
    if (values == NULL) {
        reader->errors->no_memory = true;
        return;
    }
    unsigned before = conf_errors_count(reader->errors);
    for (unsigned i = 0; i < n; i++) {
        yaml_node_t *item = one ? node : conf_list_item(reader, node, i);
        if (item == NULL)
            return;
        read_scalar(reader, key, item, values + i * size);
    }
    /* A list with a hole in it is not shown to anybody. */
    if (before == conf_errors_count(reader->errors))
        store_list(field, values, n);
}

static void read_field(struct conf_reader *reader, const struct conf_key *key, yaml_node_t *node,
                       void *base)
{
    void *field = (char *)base + key->offset;
    if (conf_value_is_list(key->type))
        read_list(reader, key, node, field);
    else
        read_scalar(reader, key, node, field);
}

/* Defaults are written as in a file, and read the same way. One that does not read is our fault. */
static void read_preset(struct conf_reader *reader, const struct conf_key *key, void *base)
{
    struct conf_errors errors = {.file = key->name};
    yaml_document_t doc;
    if (conf_yaml_load(key->preset, strlen(key->preset), &doc, &errors) == 0) {
        struct conf_reader inner = {.doc = &doc, .arena = reader->arena, .errors = &errors};
        read_field(&inner, key, yaml_document_get_root_node(&doc), base);
        yaml_document_delete(&doc);
    }
    assert(errors.n == 0);
    if (errors.no_memory)
        reader->errors->no_memory = true;
}

static void read_presets(struct conf_reader *reader, const struct conf_table *table)
{
    if (table->keys == NULL)
        return;
    for (const struct conf_key *key = table->keys; key->name != NULL; key++) {
        assert(key->offset + conf_field_size(key->type) <= table->size);
        if (key->preset != NULL)
            read_preset(reader, key, table->base);
    }
}

/* The keys of a mapping as one list: those of its tables, then its children. */
struct key_list {
    unsigned n;
    struct {
        const struct conf_key *key; /* NULL: a child */
        void *base;
        yaml_node_t **child;
        bool seen;
    } entry[KEYS_MAX];
    const char *name[KEYS_MAX + 1]; /* ends with NULL */
};

static void key_list_make(struct key_list *list, const struct conf_map *map)
{
    list->n = 0;
    for (unsigned t = 0; t < CONF_TABLES_MAX; t++) {
        const struct conf_key *key = map->table[t].keys;
        for (; key != NULL && key->name != NULL; key++) {
            assert(list->n < KEYS_MAX);
            list->entry[list->n].key = key;
            list->entry[list->n].base = map->table[t].base;
            list->entry[list->n].seen = false;
            list->name[list->n++] = key->name;
        }
    }
    for (unsigned i = 0; map->children != NULL && map->children[i] != NULL; i++) {
        assert(list->n < KEYS_MAX);
        list->entry[list->n].key = NULL;
        list->entry[list->n].child = &map->child[i];
        list->entry[list->n].seen = false;
        list->name[list->n++] = map->children[i];
    }
    list->name[list->n] = NULL;
}

static unsigned key_list_find(const struct key_list *list, const char *name)
{
    unsigned i = 0;
    while (i < list->n && strcmp(list->name[i], name) != 0)
        i++;
    return i;
}

static void unknown_key(struct conf_reader *reader, unsigned line, const char *name,
                        const struct conf_map *map, const struct key_list *list)
{
    const char *in = map->what == NULL ? "" : " in ";
    const char *what = map->what == NULL ? "" : map->what;
    const char *nearest = conf_nearest(name, list->name);
    if (nearest != NULL)
        conf_error(reader->errors, line, "unknown key %s%s%s; did you mean \"%s\"?",
                   CONF_QUOTE(name), in, what, nearest);
    else
        conf_error(reader->errors, line, "unknown key %s%s%s", CONF_QUOTE(name), in, what);
}

static void read_pair(struct conf_reader *reader, yaml_node_t *key, yaml_node_t *value,
                      const struct conf_map *map, struct key_list *list)
{
    unsigned line = conf_node_line(key);
    const char *name = conf_scalar(key);
    if (name == NULL) {
        conf_error(reader->errors, line, "a key is expected, not %s",
                   key->type == YAML_SCALAR_NODE ? "text with a NUL in it" : kind_of(key));
        return;
    }
    unsigned i = key_list_find(list, name);
    if (i == list->n) {
        unknown_key(reader, line, name, map, list);
    } else if (list->entry[i].seen) {
        conf_error(reader->errors, line, "%s is given twice", list->name[i]);
    } else {
        list->entry[i].seen = true;
        if (list->entry[i].key != NULL)
            read_field(reader, list->entry[i].key, value, list->entry[i].base);
        else
            *list->entry[i].child = value;
    }
}

void conf_map_read(struct conf_reader *reader, yaml_node_t *node, const struct conf_map *map)
{
    for (unsigned t = 0; t < CONF_TABLES_MAX; t++)
        read_presets(reader, &map->table[t]);
    if (node == NULL ||
        !expect(reader, node, YAML_MAPPING_NODE, map->what == NULL ? "the file" : map->what))
        return;
    struct key_list list;
    key_list_make(&list, map);
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = visit(reader, pair->key);
        yaml_node_t *value = visit(reader, pair->value);
        if (key == NULL || value == NULL)
            return;
        read_pair(reader, key, value, map, &list);
    }
    for (unsigned i = 0; i < list.n; i++)
        if (list.entry[i].key != NULL && list.entry[i].key->required && !list.entry[i].seen)
            conf_error(reader->errors, conf_node_line(node), "%s%s%s is missing",
                       map->what == NULL ? "" : map->what, map->what == NULL ? "" : ": ",
                       list.name[i]);
}

yaml_node_t *conf_list_item(struct conf_reader *reader, yaml_node_t *list, unsigned i)
{
    return visit(reader, list->data.sequence.items.start[i]);
}

unsigned conf_list_count(struct conf_reader *reader, yaml_node_t *node, const char *what,
                         unsigned max)
{
    if (!expect(reader, node, YAML_SEQUENCE_NODE, what))
        return 0;
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (n > max) {
        conf_error(reader->errors, conf_node_line(node), "%s: more than %u", what, max);
        return 0;
    }
    return (unsigned)n;
}

yaml_node_t *conf_map_find(struct conf_reader *reader, yaml_node_t *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const char *name = conf_scalar(yaml_document_get_node(reader->doc, pair->key));
        if (name != NULL && strcmp(name, key) == 0)
            return yaml_document_get_node(reader->doc, pair->value);
    }
    return NULL;
}
