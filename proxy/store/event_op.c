#include "proxy/store/event_op.h"

#include "proxy/store/list_key.h"

#include <jansson.h>
#include <string.h>

static const char *list_of(const struct event *event, const char *preset)
{
    const char *list = event->list && *event->list ? event->list : preset;
    return list && list_name_ok(list) ? list : NULL;
}

static void set_number(const struct event *event, char what, const char *preset,
                       struct event_op *op)
{
    const char *list = list_of(event, preset);
    uint64_t number;
    if (!list || !event->number ||
        list_number_parse(event->number, strnlen(event->number, 20), &number) < 0)
        return;
    op->op = what;
    op->list = list;
    op->number = number;
}

static void set_list(const struct event *event, struct event_op *op)
{
    const char *list = list_of(event, NULL);
    if (!list || !event->action)
        return;
    if (strcmp(event->action, "create") == 0)
        op->op = OP_CREATE;
    else if (strcmp(event->action, "remove") == 0)
        op->op = OP_DROP;
    else
        return;
    op->list = list;
}

static void set_import(const struct event *event, struct event_op *op)
{
    const char *list = list_of(event, NULL);
    if (!list || !event->file || strlen(event->file) != 64 ||
        strspn(event->file, "0123456789abcdef") != 64)
        return;
    op->op = OP_IMPORT;
    op->list = list;
    op->file = event->file;
}

void event_op(const struct event *event, struct event_op *op)
{
    *op = (struct event_op){.op = OP_NONE, .list = ""};
    if (event->mode && strcmp(event->mode, "monitor") == 0)
        return;
    switch (event->type) {
    case EVENT_optout: set_number(event, OP_ADD, LIST_DEFAULT, op); break;
    case EVENT_bounce: set_number(event, OP_ADD, LIST_BOUNCED, op); break;
    case EVENT_optin: set_number(event, OP_REMOVE, LIST_DEFAULT, op); break;
    case EVENT_list: set_list(event, op); break;
    case EVENT_import: set_import(event, op); break;
    default: break;
    }
}

char *event_op_description(const struct event *event)
{
    json_t *json = json_object();
    char *text = NULL;
    if (!json || json_object_set_new(json, "time", json_integer((json_int_t)event->time_ms)) < 0)
        goto done;
    if (event->reason && json_object_set_new(json, "description", json_string(event->reason)) < 0)
        goto done;
    if (event->actor && json_object_set_new(json, "actor", json_string(event->actor)) < 0)
        goto done;
    text = json_dumps(json, JSON_COMPACT);
done:
    json_decref(json);
    return text;
}
