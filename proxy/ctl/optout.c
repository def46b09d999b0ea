#include "proxy/ctl/lists.h"
#include "proxy/store/lookup.h"

#include <string.h>

/* One change that is asked for. */
struct change {
    struct ctl *ctl;
    char list[LIST_NAME_MAX + 1];
    uint64_t numbers[CTL_READINGS_MAX];
    unsigned n;
    bool on_list[CTL_READINGS_MAX]; /* before; unknown while Redis is away */
    const char *away;               /* why Redis cannot be asked; NULL: it can */
};

static int prepare(struct change *change)
{
    struct ctl *ctl = change->ctl;
    const char *text = ctl->args.operand[0];
    struct catchup_result caught_up;

    int status =
        ctl_optout_list(ctl, ctl->args.value[OPT_PROGRAM], change->list, sizeof(change->list));
    if (status != 0) {
        return status;
    }
    change->n = ctl_read_number(ctl, text, change->numbers);
    if (change->n == 0) {
        return ctl_refuse(ctl, "'%s' cannot be read as a telephone number", text);
    }
    if ((status = ctl_open_journal(ctl)) != 0) {
        return status;
    }
    change->away = ctl_try_sync(ctl, &caught_up);
    for (unsigned i = 0; i < change->n && change->away == NULL; i++) {
        const char *list = change->list;
        struct lookup_hit hit;
        if (lookup_number(ctl->redis, &list, 1, change->numbers[i], &hit) != 0) {
            return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
        }
        change->on_list[i] = hit.on_list;
    }
    return 0;
}

/* Stores the event for each number with `pick` set, then brings it into force. */
static int carry_out(struct change *change, enum event_type type, const bool *pick)
{
    struct ctl *ctl = change->ctl;
    struct event events[CTL_READINGS_MAX];
    char digits[CTL_READINGS_MAX][24];
    struct catchup_result caught_up;
    unsigned n = 0;

    for (unsigned i = 0; i < change->n; i++) {
        if (!pick[i]) {
            continue;
        }
        const char *number = phone_format(change->numbers[i], digits[n]);
        const char *written = ctl->args.operand[0];
        events[n++] = (struct event){.type = type,
                                     .source = EVENT_SOURCE_ctl,
                                     .time_ms = ctl_now_ms(),
                                     .number = number,
                                     .address = strcmp(written, number) == 0 ? NULL : written,
                                     .program = ctl->args.value[OPT_PROGRAM],
                                     .list = change->list,
                                     .actor = ctl_actor(ctl),
                                     .reason = ctl->args.value[OPT_REASON]};
    }
    int status = n == 0 ? 0 : ctl_record(ctl, events, n);
    if (status == 0 && n > 0 && change->away == NULL) {
        change->away = ctl_try_sync(ctl, &caught_up);
    }
    return status;
}

static void report(const struct change *change, const char *done, const char *already,
                   const bool *pick, const char *key)
{
    char text[32], digits[24];

    for (unsigned i = 0; i < change->n; i++) {
        if (!pick[i] && already == NULL) {
            continue;
        }
        if (change->ctl->args.json) {
            json_t *json = json_object();
            output_json_text(json, "number", phone_format(change->numbers[i], digits));
            output_json_text(json, "list", change->list);
            output_json_text(json, "program", change->ctl->args.value[OPT_PROGRAM]);
            json_object_set_new(json, key, json_true());
            json_object_set_new(json, "already", json_boolean(!pick[i]));
            json_object_set_new(json, "in_force", json_boolean(change->away == NULL));
            output_json(json);
        } else {
            printf("%s %s %s.\n", output_number(change->numbers[i], text), pick[i] ? done : already,
                   change->list);
        }
    }
}

int ctl_optout_add(struct ctl *ctl)
{
    struct change change = {.ctl = ctl};
    bool pick[CTL_READINGS_MAX] = {false};

    int status = prepare(&change);
    if (status != 0) {
        return status;
    }
    for (unsigned i = 0; i < change.n; i++) {
        pick[i] = !change.on_list[i];
    }
    if ((status = carry_out(&change, EVENT_optout, pick)) != 0) {
        return status;
    }
    report(&change, "is now on the list", "is already on the list", pick, "suppressed");
    if (change.away != NULL) {
        ctl_warn(ctl,
                 "kept in the journal, and in force only when Redis is back and a daemon or "
                 "stopgatectl has applied it: %s",
                 change.away);
    }
    return CTL_OK;
}

/* What is meant: the one number that exists. Readings that nobody can have go with it, as they came
 * with it. */
static int pick_removal(struct change *change, bool *pick)
{
    struct ctl *ctl = change->ctl;
    const char *text = ctl->args.operand[0];
    char first[32] = "", second[32];
    unsigned on = 0, valid = 0;

    for (unsigned i = 0; i < change->n; i++) {
        struct phone_info info;
        pick[i] = change->on_list[i];
        on += pick[i];
        phone_describe(ctl->phone, change->numbers[i], &info);
        if (!pick[i] || !info.valid) {
            continue;
        }
        output_number(change->numbers[i], valid++ == 0 ? first : second);
    }
    if (on == 0) {
        return ctl_refuse(ctl, "%s is not on the list %s",
                          change->n == 1 ? output_number(change->numbers[0], first) : text,
                          change->list);
    }
    if (valid > 1) {
        return ctl_refuse(ctl,
                          "'%s' may be %s or %s, and both are on the list %s: say which, with its "
                          "country code",
                          text, first, second, change->list);
    }
    return 0;
}

/* A number that is off one list may be on another still. */
static void tell_others(const struct change *change, const bool *pick)
{
    struct ctl *ctl = change->ctl;
    struct ctl_lists lists;

    if (change->away != NULL || ctl_lists_load(ctl, &lists) != 0) {
        return;
    }
    for (unsigned i = 0; i < change->n; i++) {
        for (unsigned j = 0; pick[i] && j < lists.n; j++) {
            const char *name = lists.v[j].name;
            struct lookup_hit hit;
            char number[32];
            if (lookup_number(ctl->redis, &name, 1, change->numbers[i], &hit) == 0 && hit.on_list) {
                ctl_warn(ctl, "%s is still on the list %s%s",
                         output_number(change->numbers[i], number), name,
                         lists.v[j].blocks ? ", which blocks" : "");
            }
        }
    }
    ctl_lists_free(&lists);
}

int ctl_optout_remove(struct ctl *ctl)
{
    struct change change = {.ctl = ctl};
    bool pick[CTL_READINGS_MAX] = {false};

    int status = prepare(&change);
    if (status != 0) {
        return status;
    }
    if (change.away != NULL) {
        return ctl_refuse(ctl, "nobody is opted in while Redis cannot be asked: %s", change.away);
    }
    if ((status = pick_removal(&change, pick)) != 0 ||
        (status = carry_out(&change, EVENT_optin, pick)) != 0) {
        return status;
    }
    report(&change, "is off the list", NULL, pick, "removed");
    if (change.away != NULL) {
        ctl_warn(ctl, "kept in the journal, and not in force yet: %s", change.away);
    }
    tell_others(&change, pick);
    return CTL_OK;
}
