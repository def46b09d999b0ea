#include "proxy/ctl/lists.h"
#include "proxy/store/lookup.h"

#include <string.h>

/* What the journals hold is brought into force first; not being able to is told. */
static int open_current(struct ctl *ctl)
{
    struct catchup_result caught_up;
    char dataset[LOOKUP_NAME_MAX];

    int status = ctl_open_redis(ctl);
    if (status != 0) {
        return status;
    }
    const char *why = ctl_try_sync(ctl, &caught_up);
    if (why != NULL) {
        ctl_warn(ctl, "what the journals hold may not be in force: %s", why);
    }
    if (lookup_dataset(ctl->redis, dataset) != 0) {
        return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
    }
    if (dataset[0] == '\0') {
        ctl_warn(ctl, "Redis at %s holds no data set: it is new, or was emptied",
                 redis_call_address(ctl->redis));
    }
    return 0;
}

struct counting {
    struct ctl *ctl;
    struct ctl_lists *lists;
    uint64_t buckets;
};

static int count_bucket(void *arg, const char *name, size_t len, uint64_t numbers)
{
    struct counting *counting = arg;
    struct ctl_list *list = ctl_lists_add(counting->lists, name, len);

    if (list == NULL) {
        return -1;
    }
    list->in_redis = true;
    list->numbers += numbers;
    if (++counting->buckets % 1000 == 0) {
        output_progress(&counting->ctl->progress, "counting", counting->buckets, 0, "buckets");
    }
    return 0;
}

static void show_list(struct ctl *ctl, const struct ctl_list *list)
{
    char count[32];

    if (ctl->args.json) {
        json_t *json = json_object();
        output_json_text(json, "name", list->name);
        json_object_set_new(json, "numbers", json_integer((json_int_t)list->numbers));
        json_object_set_new(json, "blocks", json_boolean(list->blocks));
        output_json_text(json, "description", list->description);
        output_json(json);
        return;
    }
    output_text(stdout, list->name, strlen(list->name) > 24 ? 0 : 24, true);
    printf(" %15s  %-6s  ", output_count(list->numbers, count), list->blocks ? "yes" : "no");
    output_text(stdout, list->description, 29, false);
    putchar('\n');
}

int ctl_list_ls(struct ctl *ctl)
{
    struct ctl_lists lists;
    struct counting counting = {.ctl = ctl, .lists = &lists};

    int status = open_current(ctl);
    if (status != 0 || (status = ctl_lists_load(ctl, &lists)) != 0) {
        return status;
    }
    if (lookup_counts(ctl->redis, count_bucket, &counting) != 0) {
        ctl_lists_free(&lists);
        return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
    }
    output_progress_end(&ctl->progress);
    if (!ctl->args.json) {
        puts("LIST                             NUMBERS  BLOCKS  DESCRIPTION");
    }
    for (unsigned i = 0; i < lists.n; i++) {
        show_list(ctl, &lists.v[i]);
    }
    ctl_lists_free(&lists);
    return CTL_OK;
}

/* Whether Redis knows the list already. 0, or CTL_REFUSED after a sentence. */
static int is_known(struct ctl *ctl, const char *name, bool *exists)
{
    struct ctl_lists lists;

    int status = ctl_lists_load(ctl, &lists);
    if (status != 0) {
        return status;
    }
    const struct ctl_list *list = ctl_lists_find(&lists, name, strlen(name));
    *exists = list != NULL && list->in_redis;
    ctl_lists_free(&lists);
    return 0;
}

static void report(struct ctl *ctl, const char *name, const char *key, const char *sentence)
{
    if (ctl->args.json) {
        json_t *json = json_object();
        output_json_text(json, "list", name);
        json_object_set_new(json, key, json_true());
        output_json(json);
    } else {
        printf("The list %s %s.\n", name, sentence);
    }
}

int ctl_list_name(struct ctl *ctl, const char *name)
{
    if (!list_name_ok(name)) {
        return ctl_usage(ctl,
                         "a list's name has 1 to %u octets and no spaces or control characters",
                         LIST_NAME_MAX);
    }
    return 0;
}

int ctl_list_create(struct ctl *ctl)
{
    const char *name = ctl->args.operand[0];
    const char *description = ctl->args.value[OPT_DESCRIPTION];
    struct catchup_result caught_up;
    bool exists;

    int status = ctl_list_name(ctl, name);
    if (status != 0 || (status = ctl_open_journal(ctl)) != 0 ||
        (status = ctl_sync(ctl, &caught_up)) != 0 || (status = is_known(ctl, name, &exists)) != 0) {
        return status;
    }
    if (exists && description == NULL) {
        return ctl_refuse(ctl, "there is a list %s already; --description describes it anew", name);
    }
    const struct event event = {.type = EVENT_list,
                                .source = EVENT_SOURCE_ctl,
                                .time_ms = ctl_now_ms(),
                                .list = name,
                                .action = "create",
                                .actor = ctl_actor(ctl),
                                .reason = description};
    if ((status = ctl_record(ctl, &event, 1)) != 0 || (status = ctl_sync(ctl, &caught_up)) != 0) {
        return status;
    }
    report(ctl, name, "created", exists ? "is described anew" : "is there");
    if (!ctl_list_in_conf(ctl->conf, name)) {
        ctl_warn(ctl, "the list blocks nothing until the suppression filter in the configuration "
                      "names it");
    }
    return CTL_OK;
}

int ctl_list_remove(struct ctl *ctl)
{
    const char *name = ctl->args.operand[0];
    struct catchup_result caught_up;
    char count[32];
    bool exists;

    int status = ctl_list_name(ctl, name);
    if (status != 0) {
        return status;
    }
    if (ctl_list_in_conf(ctl->conf, name)) {
        return ctl_refuse(ctl,
                          "the configuration uses the list %s; what protects people is not "
                          "removed while it does",
                          name);
    }
    if ((status = ctl_open_journal(ctl)) != 0 || (status = ctl_sync(ctl, &caught_up)) != 0 ||
        (status = is_known(ctl, name, &exists)) != 0) {
        return status;
    }
    if (!exists) {
        return ctl_refuse(ctl, "there is no list %s", name);
    }
    const struct event event = {.type = EVENT_list,
                                .source = EVENT_SOURCE_ctl,
                                .time_ms = ctl_now_ms(),
                                .list = name,
                                .action = "remove",
                                .actor = ctl_actor(ctl),
                                .reason = ctl->args.value[OPT_REASON]};
    if ((status = ctl_record(ctl, &event, 1)) != 0 || (status = ctl_sync(ctl, &caught_up)) != 0) {
        return status;
    }
    if (ctl->args.json) {
        json_t *json = json_object();
        output_json_text(json, "list", name);
        json_object_set_new(json, "removed", json_true());
        json_object_set_new(json, "numbers", json_integer((json_int_t)caught_up.removed));
        output_json(json);
    } else {
        printf("The list %s is gone, with %s numbers.\n", name,
               output_count(caught_up.removed, count));
    }
    return CTL_OK;
}
