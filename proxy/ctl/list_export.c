#include "proxy/ctl/lists.h"
#include "proxy/store/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct export
{
    struct ctl *ctl;
    const char *list;
    FILE *out;
    bool csv, json; /* of the numbers themselves */
    uint64_t expected, written;
};

static int count_bucket(void *arg, const char *name, size_t len, uint64_t numbers)
{
    struct export *export = arg;

    if (strlen(export->list) == len && memcmp(export->list, name, len) == 0) {
        export->expected += numbers;
    }
    return 0;
}

static int write_portion(void *arg, const uint64_t *numbers, size_t n, size_t left)
{
    struct export *export = arg;
    char text[32];

    (void)left;
    for (size_t i = 0; i < n && export->json; i++) {
        json_t *json = json_object();
        output_json_text(json, "number", phone_format(numbers[i], text));
        output_json_text(json, "list", export->list);
        output_json(json);
    }
    for (size_t i = 0; i < n && !export->json; i++) {
        fputs(output_number(numbers[i], text), export->out);
        if (export->csv) {
            output_csv(export->out, export->list, false);
        }
        fputc('\n', export->out);
    }
    export->written += n;
    if (export->out != stdout) {
        output_progress(&export->ctl->progress, "writing", export->written, export->expected,
                        "numbers");
    }
    return ferror(export->out) ? 1 : 0;
}

/* Before the first number leaves: nobody gets the list without a trace. */
static int record(const struct export *export)
{
    struct ctl *ctl = export->ctl;
    const char *why = ctl->args.value[OPT_REASON];
    char reason[512];

    snprintf(reason, sizeof(reason), "to %.200s%s%.250s",
             ctl->args.value[OPT_OUT] != NULL ? ctl->args.value[OPT_OUT] : "standard output",
             why != NULL ? ": " : "", why != NULL ? why : "");
    const struct event event = {.type = EVENT_export,
                                .source = EVENT_SOURCE_ctl,
                                .time_ms = ctl_now_ms(),
                                .count = export->expected,
                                .list = export->list,
                                .actor = ctl_actor(ctl),
                                .reason = reason};
    return ctl_record(ctl, &event, 1);
}

static int write_all(struct export *export)
{
    struct ctl *ctl = export->ctl;
    char count[32];

    if (export->csv) {
        fputs("number,list\n", export->out);
    }
    int err = lookup_members(ctl->redis, export->list, write_portion, export);
    output_progress_end(&ctl->progress);
    if (err < 0) {
        return ctl_refuse(ctl, "%s", redis_call_problem(ctl->redis));
    }
    if (fflush(export->out) != 0 || ferror(export->out)) {
        return ctl_refuse(ctl, "cannot write %s: %s",
                          export->out == stdout ? "to standard output" : ctl->args.value[OPT_OUT],
                          strerror(errno));
    }
    if (export->out == stdout) {
        return CTL_OK;
    }
    if (ctl->args.json) {
        json_t *json = json_object();
        output_json_text(json, "list", export->list);
        json_object_set_new(json, "numbers", json_integer((json_int_t) export->written));
        output_json_text(json, "out", ctl->args.value[OPT_OUT]);
        output_json(json);
    } else {
        printf("%s numbers written to %s.\n", output_count(export->written, count),
               ctl->args.value[OPT_OUT]);
    }
    return CTL_OK;
}

static int find_list(struct export *export)
{
    struct ctl_lists lists;

    int status = ctl_lists_load(export->ctl, &lists);
    if (status != 0) {
        return status;
    }
    bool known = ctl_lists_find(&lists, export->list, strlen(export->list)) != NULL;
    ctl_lists_free(&lists);
    if (!known) {
        return ctl_refuse(export->ctl, "there is no list %s", export->list);
    }
    if (lookup_counts(export->ctl->redis, count_bucket, export) != 0) {
        return ctl_refuse(export->ctl, "%s", redis_call_problem(export->ctl->redis));
    }
    return 0;
}

int ctl_list_export(struct ctl *ctl)
{
    struct export export = {.ctl = ctl,
                            .list = ctl->args.operand[0],
                            .out = stdout,
                            .csv = ctl->args.value[OPT_CSV] != NULL};
    const char *path = ctl->args.value[OPT_OUT];
    struct catchup_result caught_up;

    export.json = ctl->args.json && path == NULL;
    if (export.json && export.csv) {
        return ctl_usage(ctl, "either --json or --csv");
    }
    int status = ctl_list_name(ctl, export.list);
    if (status != 0) {
        return status;
    }
    if (path != NULL) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        export.out = fd < 0 ? NULL : fdopen(fd, "w");
        if (export.out == NULL) {
            return ctl_refuse(ctl, "cannot write %s: %s", path, strerror(errno));
        }
    }
    if ((status = ctl_open_journal(ctl)) == 0 && (status = ctl_sync(ctl, &caught_up)) == 0 &&
        (status = find_list(&export)) == 0 && (status = record(&export)) == 0) {
        status = write_all(&export);
    }
    if (export.out != stdout) {
        fclose(export.out);
    }
    return status;
}
