#include "proxy/conf_check.h"

#include "proxy/conf_file.h"
#include "proxy/conf_uri.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMES_MAX 256

/* The node of a key: in a section, or in member `i` of one that is a list. */
static yaml_node_t *node_of(struct conf_draft *draft, enum conf_section_id id, unsigned i,
                            const char *key)
{
    yaml_node_t *node = draft->node[id];
    if (node != NULL && node->type == YAML_SEQUENCE_NODE)
        node = yaml_document_get_node(draft->reader.doc, node->data.sequence.items.start[i]);
    yaml_node_t *value = conf_map_find(&draft->reader, node, key);
    return value != NULL ? value : node;
}

#define LINE(draft, id, i, key) conf_node_line(node_of((draft), (id), (i), (key)))

static void check_region(struct conf_draft *draft, struct phone *phone, const char *region,
                         unsigned line)
{
    if (region != NULL && !phone_region_ok(phone, region))
        conf_error(draft->reader.errors, line,
                   "region: %s is no region; it is written with two capital letters, such as US",
                   CONF_QUOTE(region));
}

struct name {
    const char *text;
    unsigned item, line;
};

static int name_order(const struct name *a, const struct name *b)
{
    if (a->item == b->item)
        return 0;
    return a->item < b->item ? -1 : 1;
}

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : name_order(x, y);
}

static int compare_senders(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    int order = strcasecmp(x->text, y->text);
    return order != 0 ? order : name_order(x, y);
}

/* Sorted, so that many names need no comparison of each with each. */
static void check_names(struct conf_draft *draft, const char *what, struct name *names, unsigned n)
{
    qsort(names, n, sizeof(*names), compare_names);
    for (unsigned i = 1; i < n; i++)
        if (strcmp(names[i - 1].text, names[i].text) == 0)
            conf_error(draft->reader.errors, names[i].line,
                       "%s: the name %s is given twice (first in line %u)", what,
                       CONF_QUOTE(names[i].text), names[i - 1].line);
}

static struct name *names_alloc(struct conf_draft *draft, size_t n)
{
    struct name *names = calloc(n + 1, sizeof(*names));
    if (names == NULL)
        draft->reader.errors->no_memory = true;
    return names;
}

static void check_program_names(struct conf_draft *draft)
{
    const struct flt_world *world = &draft->conf->world;
    struct name *names = names_alloc(draft, world->program_count);
    unsigned n = 0;
    for (unsigned i = 0; names != NULL && i < world->program_count; i++)
        if (world->programs[i].name != NULL)
            names[n++] =
                (struct name){world->programs[i].name, i, LINE(draft, SECTION_PROGRAMS, i, "name")};
    for (unsigned i = 0; i < n; i++)
        if (!flt_name_ok(names[i].text) || strlen(names[i].text) > 64 ||
            strchr(names[i].text, ':') != NULL)
            conf_error(draft->reader.errors, names[i].line,
                       "programs: %s is no name: letters, digits and . _ - only",
                       CONF_QUOTE(names[i].text));
    if (names != NULL)
        check_names(draft, "programs", names, n);
    free(names);
}

/* One sender in two programs would belong to whichever is looked up first. */
static void check_senders(struct conf_draft *draft)
{
    const struct flt_world *world = &draft->conf->world;
    size_t total = 0;
    for (unsigned i = 0; i < world->program_count; i++)
        total += world->programs[i].senders.n;
    struct name *senders = names_alloc(draft, total);
    if (senders == NULL)
        return;
    size_t n = 0;
    for (unsigned i = 0; i < world->program_count; i++) {
        unsigned line = LINE(draft, SECTION_PROGRAMS, i, "senders");
        for (unsigned k = 0; k < world->programs[i].senders.n; k++)
            senders[n++] = (struct name){world->programs[i].senders.v[k], i, line};
    }
    qsort(senders, n, sizeof(*senders), compare_senders);
    for (size_t i = 1; i < n; i++)
        if (strcasecmp(senders[i - 1].text, senders[i].text) == 0 &&
            senders[i - 1].item != senders[i].item)
            conf_error(draft->reader.errors, senders[i].line,
                       "senders: %s belongs to another program already (line %u)",
                       CONF_QUOTE(senders[i].text), senders[i - 1].line);
    free(senders);
}

void conf_check_world(struct conf_draft *draft, struct phone *phone)
{
    const struct flt_world *world = &draft->conf->world;
    check_region(draft, phone, world->region,
                 conf_node_line(conf_map_find(&draft->reader, draft->root, "region")));
    for (unsigned i = 0; i < world->program_count; i++)
        check_region(draft, phone, world->programs[i].region,
                     LINE(draft, SECTION_PROGRAMS, i, "region"));
    check_program_names(draft);
    check_senders(draft);
}

static void check_carriers(struct conf_draft *draft)
{
    const struct conf *conf = draft->conf;
    struct name *names = names_alloc(draft, conf->carrier_count);
    unsigned n = 0;
    for (unsigned i = 0; names != NULL && i < conf->carrier_count; i++)
        if (conf->carriers[i].name != NULL)
            names[n++] =
                (struct name){conf->carriers[i].name, i, LINE(draft, SECTION_CARRIERS, i, "name")};
    if (names != NULL)
        check_names(draft, "carriers", names, n);
    free(names);
}

static const struct conf_carrier *find_carrier(const struct conf *conf, const char *name)
{
    for (unsigned i = 0; i < conf->carrier_count; i++)
        if (conf->carriers[i].name != NULL && strcmp(conf->carriers[i].name, name) == 0)
            return &conf->carriers[i];
    return NULL;
}

static void resolve_carrier(struct conf_draft *draft, struct conf_listener *listener, unsigned i)
{
    const struct conf *conf = draft->conf;
    const char *names[NAMES_MAX + 1];
    unsigned n = 0;
    if (listener->carrier_name == NULL)
        return;
    listener->carrier = find_carrier(conf, listener->carrier_name);
    if (listener->carrier != NULL)
        return;
    for (unsigned k = 0; k < conf->carrier_count && n < NAMES_MAX; k++)
        if (conf->carriers[k].name != NULL)
            names[n++] = conf->carriers[k].name;
    names[n] = NULL;
    const char *nearest = conf_nearest(listener->carrier_name, names);
    unsigned line = LINE(draft, SECTION_LISTENERS, i, "carrier");
    if (nearest != NULL)
        conf_error(draft->reader.errors, line, "carrier: there is no carrier %s; did you mean %s?",
                   CONF_QUOTE(listener->carrier_name), nearest);
    else
        conf_error(draft->reader.errors, line, "carrier: there is no carrier %s",
                   CONF_QUOTE(listener->carrier_name));
}

/* Listeners share ports with a second process (SO_REUSEPORT), so the kernel would not object to two
 * listeners of one address: it would deal the senders out between them. */
static void check_address(struct conf_draft *draft, const struct conf_listener *listener,
                          unsigned i)
{
    if (listener->address.text == NULL || listener->address.port == 0)
        return;
    for (unsigned k = 0; k < i; k++) {
        const struct conf_listener *other = &draft->conf->listeners[k];
        if (other->address.text != NULL && other->address.port == listener->address.port &&
            strcasecmp(other->address.host, listener->address.host) == 0)
            conf_error(draft->reader.errors, LINE(draft, SECTION_LISTENERS, i, "address"),
                       "address: another listener has it already (line %u)",
                       LINE(draft, SECTION_LISTENERS, k, "address"));
    }
}

static void check_listeners(struct conf_draft *draft, struct conf_listener *listeners)
{
    const struct conf *conf = draft->conf;
    struct name *names = names_alloc(draft, conf->listener_count);
    unsigned n = 0;
    for (unsigned i = 0; names != NULL && i < conf->listener_count; i++) {
        if (listeners[i].name != NULL)
            names[n++] =
                (struct name){listeners[i].name, i, LINE(draft, SECTION_LISTENERS, i, "name")};
        resolve_carrier(draft, &listeners[i], i);
        check_address(draft, &listeners[i], i);
        if (listeners[i].buffer < listeners[i].max_pdu)
            conf_error(draft->reader.errors, LINE(draft, SECTION_LISTENERS, i, "max_pdu"),
                       "max_pdu: such a PDU does not fit into buffer");
    }
    if (names != NULL)
        check_names(draft, "listeners", names, n);
    free(names);
}

/* log.db beside the journal's directory. */
static void preset_log(struct conf_draft *draft)
{
    static const char file[] = "log.db";
    struct conf_store *store = &draft->conf->store;
    if (store->log != NULL || store->journal == NULL)
        return;
    size_t len = strlen(store->journal);
    while (len > 1 && store->journal[len - 1] == '/')
        len--;
    while (len > 0 && store->journal[len - 1] != '/')
        len--;
    char *path = conf_arena_alloc(draft->reader.arena, len + sizeof(file), 1);
    if (path == NULL) {
        draft->reader.errors->no_memory = true;
        return;
    }
    memcpy(path, store->journal, len);
    memcpy(path + len, file, sizeof(file));
    store->log = path;
}

static void check_store(struct conf_draft *draft)
{
    struct conf_errors *errors = draft->reader.errors;
    struct conf_store *store = &draft->conf->store;
    preset_log(draft);
    if (store->password_file != NULL && store->password != NULL) {
        conf_error(errors, LINE(draft, SECTION_STORE, 0, "password_file"),
                   "password_file: password is given as well");
    } else if (store->password_file != NULL) {
        const char *wrong =
            conf_file_secret(store->password_file, draft->reader.arena, &store->password);
        if (wrong != NULL)
            conf_error(errors, LINE(draft, SECTION_STORE, 0, "password_file"),
                       "password_file: %s: %s", CONF_QUOTE(store->password_file), wrong);
    } else if (store->username != NULL && store->password == NULL) {
        conf_error(errors, LINE(draft, SECTION_STORE, 0, "username"),
                   "username: a user of Redis needs a password, too");
    }
}

static void check_http(struct conf_draft *draft, const struct conf_uri *uri, const char *key)
{
    if (uri->text != NULL && uri->scheme == SCHEME_HTTP && !conf_uri_is_loopback(uri))
        conf_error(draft->reader.errors, LINE(draft, SECTION_CONSOLE, 0, key),
                   "%s: plain HTTP is served to this machine only: 127.0.0.1, [::1] or localhost, "
                   "or a socket, unix:/path",
                   key);
}

static void check_console(struct conf_draft *draft)
{
    const struct conf_console *console = &draft->conf->console;
    check_http(draft, &console->address, "address");
    check_http(draft, &console->metrics_address, "metrics_address");
    if (console->address.text != NULL && console->metrics_address.text != NULL &&
        console->address.port == console->metrics_address.port &&
        strcasecmp(console->address.host, console->metrics_address.host) == 0)
        conf_error(draft->reader.errors, LINE(draft, SECTION_CONSOLE, 0, "metrics_address"),
                   "metrics_address: the console's address is the same; leave one of them out");
}

void conf_check(struct conf_draft *draft)
{
    check_store(draft);
    check_carriers(draft);
    /* The draft's arrays are the arena's own; only holders of the snapshot see them as const. */
    check_listeners(draft, (struct conf_listener *)draft->conf->listeners);
    check_console(draft);
}
