/*
 * Since when a number is on a list: told by the first event that put it there after the last that
 * took it off; where there is none, by the import whose kept file holds it.
 */
#include "proxy/ctl/view.h"
#include "proxy/store/event_op.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/kept_file.h"

#include <stdlib.h>
#include <string.h>

#define PORTION 65536

struct search {
    struct ctl *ctl;
    const char *list;
    uint64_t number;
    uint64_t gone_ms;   /* the list was removed then: what was before does not count */
    uint64_t off_ms;    /* the number was taken off last */
    uint64_t since_ms;  /* 0: not found */
    uint64_t before_ms; /* imports later than this cannot be the first */
    json_t *event;
    uint64_t *portion;
    bool failed;
};

static void found(struct search *s, const struct eventlog_row *row)
{
    json_decref(s->event);
    s->event = view_event(row);
    s->since_ms = row->time_ms;
    s->failed |= s->event == NULL;
}

/* Events that change lists, oldest first. */
static int take_change(void *arg, const struct eventlog_row *row)
{
    struct search *s = arg;
    struct event event;
    struct event_line *keep;
    struct event_op op;

    if (row->time_ms < s->gone_ms ||
        event_line_parse(row->line, row->len, &event, NULL, NULL, &keep) != 0) {
        return 0;
    }
    event_op(&event, &op);
    if (op.number == s->number && strcmp(op.list, s->list) == 0) {
        if (op.op == OP_REMOVE) {
            json_decref(s->event);
            s->event = NULL;
            s->since_ms = 0;
            s->off_ms = row->time_ms;
        } else if (op.op == OP_ADD && s->since_ms == 0) {
            found(s, row);
        }
    }
    event_line_free(keep);
    return s->failed ? -1 : 0;
}

static bool file_holds(struct search *s, const char *sha)
{
    int err, n = 0;
    bool holds = false;
    struct kept_reader *file = kept_open(s->ctl->conf->store.journal, sha, &err);

    while (file != NULL && !holds && (n = kept_next(file, s->portion, PORTION)) > 0) {
        for (int i = 0; i < n && !holds; i++) {
            holds = s->portion[i] == s->number;
        }
    }
    kept_close(file);
    return holds;
}

/* Imports into the list, oldest first; ends at the first that holds the number. */
static int take_import(void *arg, const struct eventlog_row *row)
{
    struct search *s = arg;
    struct event event;
    struct event_line *keep;
    struct event_op op;
    bool holds = false;

    if (row->time_ms < s->off_ms || row->time_ms > s->before_ms ||
        event_line_parse(row->line, row->len, &event, NULL, NULL, &keep) != 0) {
        return 0;
    }
    event_op(&event, &op);
    if (op.op == OP_IMPORT) {
        holds = file_holds(s, op.file);
    }
    event_line_free(keep);
    if (holds) {
        found(s, row);
    }
    return holds ? 1 : 0;
}

static int search_imports(struct search *s)
{
    struct eventlog_query imports = {.type = "import", .list = s->list, .from_ms = s->gone_ms};

    s->before_ms = s->since_ms != 0 ? s->since_ms : UINT64_MAX;
    s->portion = malloc(PORTION * sizeof(*s->portion));
    if (s->portion == NULL) {
        return -1;
    }
    int result = eventlog_query(s->ctl->events, &imports, take_import, s);
    free(s->portion);
    return result < 0 ? result : 0;
}

int view_since(struct ctl *ctl, const struct lookup_hit *hit, uint64_t number,
               struct view_list *list)
{
    struct eventlog_query changes = {.numbers = {number}, .number_count = 1, .changes = true};
    struct search s = {.ctl = ctl, .list = list->list->name, .number = number};
    uint64_t imported;

    if (lookup_list_times(ctl->redis, s.list, &imported, &s.gone_ms) != 0) {
        return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
    }
    int err = eventlog_query(ctl->events, &changes, take_change, &s);
    if (err == 0 && imported != 0) {
        err = search_imports(&s);
    }
    if (err != 0 || s.failed) {
        json_decref(s.event);
        return ctl_refuse(ctl, "%s", s.failed ? "out of memory" : eventlog_problem(ctl->events));
    }
    list->since_ms = s.since_ms != 0 ? s.since_ms : hit->marked ? hit->mark.time_ms : 0;
    list->event = s.event;
    return 0;
}
