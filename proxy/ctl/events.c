#include "proxy/ctl/view.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_LIMIT 100
#define FIXED       59 /* columns of a table before the last */

/* What is shown for each event, and how. */
struct show {
    uint64_t rows;
    unsigned width; /* of a line, in columns */
};

/* The line as it stands in the journal, with its id in front. */
static int show_json(void *arg, const struct eventlog_row *row)
{
    struct show *show = arg;

    show->rows++;
    printf("{\"id\":%llu,", (unsigned long long)row->id);
    fwrite(row->line + 1, 1, row->len - 1, stdout);
    putchar('\n');
    return ferror(stdout) ? 1 : 0;
}

static const char *const csv_columns[] = {
    "seq",     "time",     "type",    "number",  "sender",     "program", "source",  "list",
    "keyword", "text",     "status",  "error",   "message_id", "carrier", "account", "actor",
    "reason",  "count",    "address", "reading", "filter",     "mode",    "action",  "rule",
    "file",    "instance", "prev",    "hash",    "id",         NULL};

static void show_csv_header(void)
{
    for (const char *const *column = csv_columns; *column != NULL; column++) {
        output_csv(stdout, *column, column == csv_columns);
    }
    putchar('\n');
}

static int show_csv(void *arg, const struct eventlog_row *row)
{
    struct show *show = arg;
    json_t *event = view_event(row);
    char number[24];

    show->rows++;
    for (const char *const *column = csv_columns; *column != NULL; column++) {
        const json_t *value = json_object_get(event, *column);
        const char *text = json_string_value(value);
        if (json_is_integer(value)) {
            snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
            text = number;
        }
        output_csv(stdout, text, column == csv_columns);
    }
    putchar('\n');
    json_decref(event);
    return ferror(stdout) ? 1 : 0;
}

/* 19 + 8 + 16 + 12 columns and a space behind each; the rest of the line says what. */
static int show_row(void *arg, const struct eventlog_row *row)
{
    struct show *show = arg;
    json_t *event = view_event(row);
    char when[32], words[512];

    if (show->rows++ == 0) {
        puts("TIME (UTC)          TYPE     NUMBER           SENDER       WHAT");
    }
    view_words(event, words, sizeof(words));
    printf("%s ", output_time(row->time_ms, when));
    output_text(stdout, json_string_value(json_object_get(event, "type")), 8, true);
    putchar(' ');
    output_text(stdout, json_string_value(json_object_get(event, "number")), 16, true);
    putchar(' ');
    output_text(stdout, json_string_value(json_object_get(event, "sender")), 12, true);
    putchar(' ');
    output_text(stdout, words, show->width - FIXED, false);
    putchar('\n');
    json_decref(event);
    return ferror(stdout) ? 1 : 0;
}

static int read_names(struct ctl *ctl, struct eventlog_query *query)
{
    const char *const *value = ctl->args.value;
    enum event_type type;
    enum event_source source;
    char names[256] = "";

    if (value[OPT_TYPE] != NULL && event_type_parse(value[OPT_TYPE], &type) != 0) {
        for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
            size_t len = strlen(names);
            snprintf(names + len, sizeof(names) - len, " %s", event_type_name((enum event_type)i));
        }
        return ctl_usage(ctl, "there is no type '%s'; types are:%s", value[OPT_TYPE], names);
    }
    if (value[OPT_SOURCE] != NULL && event_source_parse(value[OPT_SOURCE], &source) != 0) {
        for (unsigned i = 1; i < EVENT_SOURCE_COUNT; i++) {
            size_t len = strlen(names);
            snprintf(names + len, sizeof(names) - len, " %s",
                     event_source_name((enum event_source)i));
        }
        return ctl_usage(ctl, "there is no source '%s'; sources are:%s", value[OPT_SOURCE], names);
    }
    query->type = value[OPT_TYPE];
    query->source = value[OPT_SOURCE];
    query->program = value[OPT_PROGRAM];
    query->sender = value[OPT_SENDER];
    query->list = value[OPT_LIST];
    query->actor = value[OPT_ACTOR];
    query->text = value[OPT_TEXT];
    return 0;
}

static int read_times(struct ctl *ctl, struct eventlog_query *query)
{
    const char *from = ctl->args.value[OPT_FROM], *to = ctl->args.value[OPT_TO];
    uint64_t now = ctl_now_ms();

    if (from != NULL && ctl_time_parse(from, now, false, &query->from_ms) != 0) {
        return ctl_usage(ctl,
                         "--from: '%s' is no time, such as 2025-01-31, 2025-01-31T08:00Z or "
                         "24h",
                         from);
    }
    if (to != NULL && ctl_time_parse(to, now, true, &query->to_ms) != 0) {
        return ctl_usage(ctl, "--to: '%s' is no time, such as 2025-01-31, 2025-01-31T08:00Z or 24h",
                         to);
    }
    if (from != NULL && to != NULL && query->from_ms >= query->to_ms) {
        return ctl_usage(ctl, "--from %s is not before --to %s", from, to);
    }
    return 0;
}

static int read_query(struct ctl *ctl, struct eventlog_query *query)
{
    const char *after = ctl->args.value[OPT_AFTER], *number = ctl->args.value[OPT_NUMBER];
    bool table = !ctl->args.json && ctl->args.value[OPT_CSV] == NULL;
    char *end;

    int status = read_names(ctl, query);
    if (status != 0 || (status = read_times(ctl, query)) != 0 ||
        (status = ctl_limit(ctl, table ? TABLE_LIMIT : 0, &query->limit)) != 0) {
        return status;
    }
    if (after != NULL) {
        query->after = strtoull(after, &end, 10);
        if (after[0] < '0' || after[0] > '9' || *end != '\0') {
            return ctl_usage(ctl, "--after takes the id of an event, not '%s'", after);
        }
        query->after += query->after == 0; /* no event has id 1 */
    }
    if (number != NULL) {
        query->number_count = ctl_read_number(ctl, number, query->numbers);
        if (query->number_count == 0) {
            return ctl_refuse(ctl, "'%s' cannot be read as a telephone number", number);
        }
    }
    return 0;
}

int ctl_events(struct ctl *ctl)
{
    struct eventlog_query query = {.limit = 0};
    struct show show = {.width = output_width()};
    bool csv = ctl->args.value[OPT_CSV] != NULL;

    if (csv && ctl->args.json) {
        return ctl_usage(ctl, "either --json or --csv");
    }
    int status = read_query(ctl, &query);
    if (status != 0) {
        return status;
    }
    const char *why = ctl_try_redis(ctl);
    if (why != NULL) {
        ctl_warn(ctl, "only events of this machine are shown: %s", why);
    }
    if ((status = ctl_open_events(ctl)) != 0) {
        return status;
    }
    if (csv) {
        show_csv_header();
    }
    int err = eventlog_query(ctl->events, &query,
                             ctl->args.json ? show_json
                             : csv          ? show_csv
                                            : show_row,
                             &show);
    if (err < 0) {
        return ctl_refuse(ctl, "%s", eventlog_problem(ctl->events));
    }
    if (!ctl->args.json && !csv && query.limit != 0 && show.rows == query.limit &&
        query.after == 0 && ctl->args.value[OPT_LIMIT] == NULL) {
        fprintf(stderr, "The latest %u are shown; --limit 0 shows all.\n", TABLE_LIMIT);
    }
    if (!ctl->args.json && !csv && show.rows == 0) {
        fputs("No such event.\n", stderr);
    }
    return CTL_OK;
}
