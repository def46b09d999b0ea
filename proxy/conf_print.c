#include "proxy/conf.h"

#include "filters/registry.h"
#include "proxy/conf_keys.h"
#include "proxy/conf_value.h"
#include "proxy/conf_yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 90

static const char head[] =
    "stopgate: every setting there is. Lines like \"#window: 2000\" show a setting that is left "
    "out "
    "here, with its default or an example. Durations are written 250ms, 5s, 10m, 24h, 30d; sizes "
    "65536, 64KiB, 1MiB, 1GiB. `stopgate -t -c FILE` checks a file; a running stopgate reads it "
    "again on SIGHUP, and keeps what it has where the file is wrong.";

/* Where a line stands, and whether it is commented out. */
struct place {
    FILE *out;
    unsigned indent;
    bool off;
    bool dash; /* the next setting begins a member of a list */
};

/* Text as comment lines, broken between words. */
static void print_comment(const struct place *place, const char *text)
{
    const size_t room = COLUMNS - place->indent - 2;
    while (*text != '\0') {
        size_t len = strlen(text);
        if (len > room) {
            len = room;
            while (len > 0 && text[len] != ' ')
                len--;
            if (len == 0)
                len = strcspn(text, " ");
        }
        fprintf(place->out, "%*s# %.*s\n", (int)place->indent, "", (int)len, text);
        text += len;
        text += strspn(text, " ");
    }
}

static void print_setting(struct place *place, const char *name, const char *value, bool on)
{
    unsigned indent = place->dash ? place->indent - 2 : place->indent;
    fprintf(place->out, "%*s%s%s%s: %s\n", (int)indent, "", on && !place->off ? "" : "#",
            place->dash ? "- " : "", name, value);
    place->dash = false;
}

/* "Help. [type, range; default]". */
static void print_help(const struct place *place, const struct conf_key *key)
{
    char accepts[CONF_WHY_CAP];
    char *text = NULL;
    const char *label = "optional", *preset = "";
    if (key->required) {
        label = "required";
    } else if (key->preset != NULL) {
        label = "default ";
        preset = key->preset;
    }
    if (asprintf(&text, "%s [%s; %s%s]", key->help, conf_value_accepts(key, accepts), label,
                 preset) < 0)
        return;
    print_comment(place, text);
    free(text);
}

static const char *shown_value(const struct conf_key *key)
{
    if (key->example != NULL)
        return key->example;
    if (key->preset != NULL)
        return key->preset;
    return conf_value_is_list(key->type) ? "[]" : "\"\"";
}

static void print_key(struct place *place, const struct conf_key *key)
{
    struct place comment = *place;
    if (place->dash)
        comment.indent -= 2;
    if (key->help != NULL)
        print_help(&comment, key);
    print_setting(place, key->name, shown_value(key), key->required || key->shown);
}

static void print_keys(struct place *place, const struct conf_key *keys)
{
    for (; keys->name != NULL; keys++)
        print_key(place, keys);
}

/* All settings of a filter, set to their defaults: that is how its entry works without them. */
static void print_filter(FILE *out, const struct flt_ops *ops, const struct conf_section *section,
                         bool off)
{
    struct place place = {.out = out, .indent = 2, .off = off};
    char *text = NULL;
    if (asprintf(&text, "%s: %s", ops->name, ops->help) >= 0)
        print_comment(&place, text);
    free(text);
    place.indent = 4;
    place.dash = true;
    const struct conf_key *key = section->keys;
    print_setting(&place, key->name, ops->name, true);
    print_keys(&place, key + 1);
    for (key = ops->keys; key != NULL && key->name != NULL; key++) {
        print_help(&place, key);
        print_setting(&place, key->name, shown_value(key), key->preset != NULL || key->required);
    }
}

static bool may_stand(const struct flt_ops *ops, bool outbound)
{
    return outbound ? ops->outbound : ops->inbound;
}

/* The entries of the default, then the other filters that could stand there, commented out. */
static void print_chain(FILE *out, const struct conf_section *section, bool outbound)
{
    struct conf_errors errors = {.file = section->name};
    yaml_document_t doc;
    bool printed[64] = {false};
    assert(section->preset != NULL);
    assert(registry_count() <= sizeof(printed));
    if (conf_yaml_load(section->preset, strlen(section->preset), &doc, &errors) != 0)
        return;
    struct conf_reader reader = {.doc = &doc, .errors = &errors};
    yaml_node_t *list = yaml_document_get_root_node(&doc);
    unsigned n = conf_list_count(&reader, list, section->name, section->max);
    for (unsigned i = 0; i < n; i++) {
        yaml_node_t *item = conf_list_item(&reader, list, i);
        const struct flt_ops *ops =
            registry_find(conf_scalar(conf_map_find(&reader, item, section->keys->name)));
        assert(ops != NULL);
        printed[registry_index(ops)] = true;
        print_filter(out, ops, section, false);
    }
    yaml_document_delete(&doc);
    for (unsigned i = 0; i < registry_count(); i++)
        if (!printed[i] && may_stand(registry_at(i), outbound))
            print_filter(out, registry_at(i), section, true);
}

static void print_section(FILE *out, enum conf_section_id id)
{
    const struct conf_section *section = conf_section(id);
    struct place place = {.out = out};
    fputc('\n', out);
    print_comment(&place, section->help);
    if (section->preset != NULL)
        fprintf(out, "# Without this section they are %s.\n", section->preset);
    fprintf(out, "%s:\n", section->name);
    if (section->shape == SHAPE_CHAIN) {
        print_chain(out, section, id == SECTION_OUTBOUND);
        return;
    }
    place.indent = section->shape == SHAPE_LIST ? 4 : 2;
    place.dash = section->shape == SHAPE_LIST;
    print_keys(&place, section->keys);
}

static void print_all(FILE *out)
{
    struct place place = {.out = out};
    print_comment(&place, head);
    for (unsigned id = 0; id < CONF_SECTIONS; id++) {
        if (id == SECTION_PROGRAMS) {
            fputc('\n', out);
            print_keys(&place, conf_top_keys());
        }
        print_section(out, id);
    }
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

int conf_print(int fd)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return -ENOMEM;
    print_all(out);
    int err = fclose(out) == 0 ? write_all(fd, text, len) : -ENOMEM;
    free(text);
    return err;
}
