#include "proxy/ctl/lists.h"

#include "proxy/store/lookup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_FRONT LIST_DEFAULT ":"

struct ctl_list *ctl_lists_find(const struct ctl_lists *lists, const char *name, size_t len)
{
    for (unsigned i = 0; i < lists->n; i++) {
        if (strlen(lists->v[i].name) == len && memcmp(lists->v[i].name, name, len) == 0) {
            return &lists->v[i];
        }
    }
    return NULL;
}

struct ctl_list *ctl_lists_add(struct ctl_lists *lists, const char *name, size_t len)
{
    struct ctl_list *list = ctl_lists_find(lists, name, len);

    if (list != NULL) {
        return list;
    }
    list = reallocarray(lists->v, lists->n + 1, sizeof(*list));
    if (list == NULL) {
        return NULL;
    }
    lists->v = list;
    list += lists->n;
    memset(list, 0, sizeof(*list));
    list->name = strndup(name, len);
    list->description = strdup("");
    if (list->name == NULL || list->description == NULL) {
        free(list->name);
        free(list->description);
        return NULL;
    }
    lists->n++;
    return list;
}

void ctl_lists_free(struct ctl_lists *lists)
{
    for (unsigned i = 0; i < lists->n; i++) {
        free(lists->v[i].name);
        free(lists->v[i].description);
    }
    free(lists->v);
    memset(lists, 0, sizeof(*lists));
}

static int by_name(const void *a, const void *b)
{
    const struct ctl_list *x = a, *y = b;

    return strcmp(x->name, y->name);
}

/* The lists that filters ask about, step by step; `optout` stands for those of programs too. */
struct naming {
    struct ctl_lists *lists;
    bool blocks;
    bool no_memory;
};

static void add_named(void *arg, const char *name)
{
    struct naming *naming = arg;
    struct ctl_list *list = ctl_lists_add(naming->lists, name, strlen(name));

    if (list != NULL) {
        list->blocks |= naming->blocks;
    } else {
        naming->no_memory = true;
    }
}

static void add_programs(struct naming *naming, const struct conf *conf)
{
    for (unsigned p = 0; p < conf->world.program_count; p++) {
        char own[LIST_NAME_MAX + 1];
        snprintf(own, sizeof(own), PROGRAM_FRONT "%.*s", LIST_NAME_MAX - (int)strlen(PROGRAM_FRONT),
                 conf->world.programs[p].name);
        add_named(naming, own);
    }
}

/* A filter's setting `lists`, where it has one. */
static const struct conf_strings *step_lists(const struct chain_step *step)
{
    for (const struct conf_key *key = step->ops->keys; key != NULL && key->name != NULL; key++) {
        if (key->type == KEY_STRINGS && strcmp(key->name, "lists") == 0) {
            return (const void *)((const char *)step->conf + key->offset);
        }
    }
    return NULL;
}

static bool include(const struct conf_strings *names, const char *name)
{
    for (unsigned i = 0; i < names->n; i++) {
        if (strcmp(names->v[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_conf(struct ctl_lists *lists, const struct conf *conf)
{
    struct naming naming = {.lists = lists};

    add_named(&naming, LIST_DEFAULT);
    add_named(&naming, LIST_BOUNCED);
    for (unsigned i = 0; conf->outbound != NULL && i < chain_length(conf->outbound); i++) {
        const struct chain_step *step = chain_at(conf->outbound, i);
        naming.blocks = !step->monitor;
        const struct conf_strings *names = step_lists(step);
        for (unsigned j = 0; names != NULL && j < names->n; j++) {
            add_named(&naming, names->v[j]);
        }
        if (names != NULL && include(names, LIST_DEFAULT)) {
            add_programs(&naming, conf);
        }
    }
    naming.blocks = false;
    add_programs(&naming, conf);
    return !naming.no_memory;
}

struct loading {
    struct ctl_lists *lists;
    bool no_memory;
};

static int from_redis(void *arg, const char *name, const char *description)
{
    struct loading *loading = arg;
    struct ctl_list *list = ctl_lists_add(loading->lists, name, strlen(name));
    json_t *json = json_loads(description, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "description"));

    if (list != NULL) {
        list->in_redis = true;
        if (text != NULL) {
            free(list->description);
            list->description = strdup(text);
        }
    }
    loading->no_memory = list == NULL || list->description == NULL;
    json_decref(json);
    return loading->no_memory ? -1 : 0;
}

int ctl_lists_load(struct ctl *ctl, struct ctl_lists *lists)
{
    struct loading loading = {.lists = lists};

    memset(lists, 0, sizeof(*lists));
    bool ok = add_conf(lists, ctl->conf);
    if (ok && lookup_lists(ctl->redis, from_redis, &loading) != 0 && !loading.no_memory) {
        ctl_lists_free(lists);
        return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
    }
    if (!ok || loading.no_memory) {
        return ctl_refuse(ctl, "out of memory");
    }
    qsort(lists->v, lists->n, sizeof(*lists->v), by_name);
    return 0;
}

bool ctl_list_in_conf(const struct conf *conf, const char *name)
{
    struct ctl_lists lists = {0};
    bool found = add_conf(&lists, conf) && ctl_lists_find(&lists, name, strlen(name)) != NULL;

    ctl_lists_free(&lists);
    return found;
}

int ctl_optout_list(struct ctl *ctl, const char *program, char *out, size_t cap)
{
    if (program == NULL) {
        snprintf(out, cap, "%s", LIST_DEFAULT);
        return 0;
    }
    if (flt_program_named(&ctl->conf->world, program) == NULL) {
        return ctl_refuse(ctl, "there is no program '%s' in the configuration", program);
    }
    int len = snprintf(out, cap, PROGRAM_FRONT "%s", program);
    return len < 0 || (size_t)len >= cap || !list_name_ok(out)
               ? ctl_refuse(ctl, "the name of the program '%s' is too long", program)
               : 0;
}
