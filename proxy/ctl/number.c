#include "proxy/ctl/view.h"

#include <stdlib.h>

#define HISTORY 50

int ctl_limit(struct ctl *ctl, uint64_t preset, uint64_t *limit)
{
    const char *text = ctl->args.value[OPT_LIMIT];
    char *end;

    *limit = preset;
    if (text == NULL) {
        return 0;
    }
    *limit = strtoull(text, &end, 10);
    return text[0] < '0' || text[0] > '9' || *end != '\0'
               ? ctl_usage(ctl, "--limit takes a number, not '%s'", text)
               : 0;
}

/* Redis without a data set must not be believed: it may have been emptied. */
static int check_dataset(struct ctl *ctl)
{
    char name[LOOKUP_NAME_MAX];
    uint64_t events, last;

    if (lookup_dataset(ctl->redis, name) != 0) {
        return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
    }
    if (name[0] != '\0') {
        return 0;
    }
    if (eventlog_size(ctl->events, &events, &last) != 0) {
        return ctl_refuse(ctl, "%s", eventlog_problem(ctl->events));
    }
    if (events > 0) {
        return ctl_refuse(ctl,
                          "Redis at %s holds no data set: it was emptied, and nothing can be said "
                          "of a number until stopgate, or a command that changes a list, has "
                          "brought it back from the journal",
                          redis_call_address(ctl->redis));
    }
    ctl_warn(ctl, "Redis at %s holds no data set yet", redis_call_address(ctl->redis));
    return 0;
}

/* Digits that some region would read as a number that nobody can have say nothing to a person. */
static bool is_noise(const struct view *view)
{
    return !view->info.valid && view->list_count == 0 && json_array_size(view->history) == 0;
}

static void show_cards(const char *text, const struct view *views, unsigned n)
{
    unsigned shown = 0;

    for (unsigned i = 0; i < n; i++) {
        shown += !is_noise(&views[i]);
    }
    bool all = shown == 0;
    shown = all ? n : shown;
    if (shown > 1) {
        printf("'%s' can be read in %u ways.\n\n", text, shown);
    }
    for (unsigned i = 0; i < n; i++) {
        if (all || !is_noise(&views[i])) {
            view_card(&views[i]);
            fputs(--shown > 0 ? "\n" : "", stdout);
        }
    }
}

static int show(struct ctl *ctl, const uint64_t *numbers, unsigned n, uint64_t limit)
{
    struct view views[CTL_READINGS_MAX] = {{0}};
    struct ctl_lists lists;

    int status = ctl_lists_load(ctl, &lists);
    if (status != 0) {
        return status;
    }
    for (unsigned i = 0; i < n && status == 0; i++) {
        status = view_load(ctl, &lists, numbers[i], limit, &views[i]);
    }
    for (unsigned i = 0; i < n && status == 0 && ctl->args.json; i++) {
        view_json(&views[i]);
    }
    if (status == 0 && !ctl->args.json) {
        show_cards(ctl->args.operand[0], views, n);
    }
    for (unsigned i = 0; i < n; i++) {
        view_free(&views[i]);
    }
    ctl_lists_free(&lists);
    return status;
}

int ctl_number(struct ctl *ctl)
{
    const char *text = ctl->args.operand[0];
    uint64_t numbers[CTL_READINGS_MAX], limit;
    struct catchup_result caught_up;

    int status = ctl_limit(ctl, HISTORY, &limit);
    if (status != 0) {
        return status;
    }
    unsigned n = ctl_read_number(ctl, text, numbers);
    if (n == 0) {
        return ctl_refuse(ctl, "'%s' cannot be read as a telephone number", text);
    }
    if ((status = ctl_open_redis(ctl)) != 0) {
        return status;
    }
    const char *why = ctl_try_sync(ctl, &caught_up);
    if (why != NULL) {
        ctl_warn(ctl, "what the journals hold may not be in force: %s", why);
    }
    if ((status = ctl_open_events(ctl)) != 0 || (status = check_dataset(ctl)) != 0) {
        return status;
    }
    return show(ctl, numbers, n, limit);
}
