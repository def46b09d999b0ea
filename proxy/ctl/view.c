#include "proxy/ctl/view.h"

#include <stdlib.h>
#include <string.h>

json_t *view_event(const struct eventlog_row *row)
{
    json_t *line = json_loadb(row->line, row->len, 0, NULL);
    json_t *event = json_object();

    /* The id first, then the line's members in their order. */
    if (line == NULL || event == NULL ||
        json_object_set_new(event, "id", json_integer((json_int_t)row->id)) != 0 ||
        json_object_update(event, line) != 0) {
        json_decref(event);
        event = NULL;
    }
    json_decref(line);
    return event;
}

static int take_history(void *arg, const struct eventlog_row *row)
{
    json_t *event = view_event(row);

    return event == NULL || json_array_append_new(arg, event) != 0 ? -1 : 0;
}

static int load_history(struct ctl *ctl, struct view *view)
{
    struct eventlog_query query = {
        .numbers = {view->number}, .number_count = 1, .limit = view->limit, .newest_first = true};

    view->history = json_array();
    if (view->history == NULL) {
        return ctl_refuse(ctl, "out of memory");
    }
    if (eventlog_query(ctl->events, &query, take_history, view->history) != 0) {
        return ctl_refuse(ctl, "%s", eventlog_problem(ctl->events));
    }
    return 0;
}

static int load_lists(struct ctl *ctl, const struct ctl_lists *lists, struct view *view)
{
    const char **names = calloc(lists->n + 1, sizeof(*names));
    struct lookup_hit *hits = calloc(lists->n + 1, sizeof(*hits));
    int status = 0;

    view->lists = calloc(lists->n + 1, sizeof(*view->lists));
    if (names == NULL || hits == NULL || view->lists == NULL) {
        status = ctl_refuse(ctl, "out of memory");
        goto done;
    }
    for (unsigned i = 0; i < lists->n; i++) {
        names[i] = lists->v[i].name;
    }
    if (lookup_number(ctl->redis, names, lists->n, view->number, hits) != 0 ||
        lookup_health(ctl->redis, view->number, &view->health) != 0) {
        status = ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
        goto done;
    }
    for (unsigned i = 0; i < lists->n && status == 0; i++) {
        if (hits[i].on_list) {
            struct view_list *list = &view->lists[view->list_count++];
            list->list = &lists->v[i];
            view->suppressed |= list->list->blocks;
            status = view_since(ctl, &hits[i], view->number, list);
        }
    }
done:
    free(names);
    free(hits);
    return status;
}

int view_load(struct ctl *ctl, const struct ctl_lists *lists, uint64_t number, uint64_t limit,
              struct view *view)
{
    memset(view, 0, sizeof(*view));
    view->number = number;
    view->limit = limit;
    phone_describe(ctl->phone, number, &view->info);
    int status = load_lists(ctl, lists, view);
    return status == 0 ? load_history(ctl, view) : status;
}

void view_free(struct view *view)
{
    for (unsigned i = 0; i < view->list_count; i++) {
        json_decref(view->lists[i].event);
    }
    free(view->lists);
    json_decref(view->history);
    memset(view, 0, sizeof(*view));
}

static void add_count(json_t *json, const char *key, uint64_t n)
{
    if (n != 0) {
        json_object_set_new(json, key, json_integer((json_int_t)n));
    }
}

static json_t *health_json(const struct health *h)
{
    json_t *json = json_object();

    add_count(json, "sent", h->sent);
    output_json_time(json, "last_sent", h->last_sent);
    output_json_text(json, "last_message_id", h->last_message_id);
    output_json_text(json, "last_sender", h->last_sender);
    add_count(json, "delivered", h->delivered);
    output_json_time(json, "last_delivered", h->last_delivered);
    add_count(json, "failed", h->failed);
    output_json_time(json, "last_failed", h->last_failed);
    output_json_text(json, "last_status", h->last_status);
    output_json_text(json, "last_error", h->last_error);
    output_json_time(json, "last_reply", h->last_reply);
    return json;
}

void view_json(const struct view *view)
{
    char digits[24];
    json_t *json = json_object(), *lists = json_array();

    for (unsigned i = 0; i < view->list_count; i++) {
        const struct view_list *on = &view->lists[i];
        json_t *list = json_object();
        output_json_text(list, "name", on->list->name);
        output_json_time(list, "since", on->since_ms);
        if (on->event != NULL) {
            json_object_set(list, "event", on->event);
        }
        json_object_set_new(list, "blocks", json_boolean(on->list->blocks));
        json_array_append_new(lists, list);
    }
    json_object_set_new(json, "number", json_string(phone_format(view->number, digits)));
    json_object_set_new(json, "valid", json_boolean(view->info.valid));
    json_object_set_new(json, "type", json_string(phone_type_name(view->info.type)));
    output_json_text(json, "country", view->info.country);
    json_object_set_new(json, "suppressed", json_boolean(view->suppressed));
    json_object_set_new(json, "lists", lists);
    json_object_set_new(json, "health", health_json(&view->health));
    json_object_set(json, "history", view->history);
    output_json(json);
}
