#include "proxy/ctl/lists.h"
#include "proxy/store/import.h"
#include "proxy/store/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct input {
    struct ctl *ctl;
    const char *name; /* for people */
    int fd;
    uint64_t size; /* 0: unknown */
};

static int input_open(struct input *input)
{
    const char *path = input->ctl->args.operand[1];
    struct stat st;

    if (strcmp(path, "-") == 0) {
        input->name = "standard input";
        input->fd = STDIN_FILENO;
        return 0;
    }
    const char *slash = strrchr(path, '/');
    input->name = slash == NULL ? path : slash + 1;
    input->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0 || fstat(input->fd, &st) != 0) {
        return ctl_refuse(input->ctl, "cannot read %s: %s", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return ctl_refuse(input->ctl, "cannot read %s: it is a directory", path);
    }
    input->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    return 0;
}

static ssize_t input_read(void *arg, char *buf, size_t cap)
{
    const struct input *input = arg;
    ssize_t n;

    do {
        n = read(input->fd, buf, cap);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Each on a line of its own, as soon as it is met. */
static void bad_row(void *arg, const struct list_file_row *row)
{
    struct input *input = arg;
    char value[48];

    snprintf(value, sizeof(value), "%.*s", (int)(row->value.len < 40 ? row->value.len : 40),
             row->value.len == 0 ? "" : row->value.p);
    if (input->ctl->args.json) {
        json_t *json = json_object();
        json_object_set_new(json, "line", json_integer((json_int_t)row->line));
        output_json_text(json, "problem", row->problem);
        output_json_text(json, "value", value);
        output_json(json);
        return;
    }
    output_progress_end(&input->ctl->progress);
    fprintf(stderr, "line %llu: %s", (unsigned long long)row->line, row->problem);
    if (value[0] != '\0') {
        fputs(": '", stderr);
        output_text(stderr, value, 0, false);
        fputc('\'', stderr);
    }
    fputc('\n', stderr);
}

static void on_progress(void *arg, uint64_t octets, uint64_t rows)
{
    struct input *input = arg;

    output_progress(&input->ctl->progress, "reading", input->size == 0 ? rows : octets, input->size,
                    "rows");
}

static void report(const struct input *input, const char *form, const struct import_counts *counts,
                   const char *sha, uint64_t added, const char *away)
{
    struct ctl *ctl = input->ctl;
    const char *list = ctl->args.operand[0];
    char a[32], b[32];

    if (ctl->args.json) {
        json_t *json = json_object();
        output_json_text(json, "list", list);
        output_json_text(json, "form", form);
        json_object_set_new(json, "rows", json_integer((json_int_t)counts->rows));
        json_object_set_new(json, "numbers", json_integer((json_int_t)counts->numbers));
        json_object_set_new(json, "added", json_integer((json_int_t)added));
        json_object_set_new(json, "repeated", json_integer((json_int_t)counts->repeated));
        json_object_set_new(json, "ambiguous", json_integer((json_int_t)counts->ambiguous));
        json_object_set_new(json, "left_out", json_integer((json_int_t)counts->left_out));
        json_object_set_new(json, "bad", json_integer((json_int_t)counts->bad));
        output_json_text(json, "file", sha);
        json_object_set_new(json, "in_force", json_boolean(sha[0] != '\0' && away == NULL));
        output_json(json);
        return;
    }
    printf("%s: %s\n", input->name, form);
    printf("%s numbers in %s rows", output_count(counts->numbers, a),
           output_count(counts->rows, b));
    if (sha[0] != '\0' && away == NULL) {
        printf(", %s of them new on the list %s", output_count(added, a), list);
    }
    puts(".");
    if (counts->repeated > 0) {
        printf("%s were there more than once.\n", output_count(counts->repeated, a));
    }
    if (counts->ambiguous > 0) {
        printf("%s rows can be read in several ways: each reading counts.\n",
               output_count(counts->ambiguous, a));
    }
    if (counts->left_out > 0) {
        printf("%s rows are rightly left out (header, comments, opt-ins).\n",
               output_count(counts->left_out, a));
    }
    if (counts->bad > 0) {
        printf("%s rows hold no number; see above.\n", output_count(counts->bad, a));
    }
}

static int record(const struct input *input, const struct import_counts *counts, const char *sha)
{
    struct ctl *ctl = input->ctl;
    char reason[512];

    snprintf(reason, sizeof(reason), "%s%s%.300s", input->name,
             ctl->args.value[OPT_REASON] != NULL ? ": " : "",
             ctl->args.value[OPT_REASON] != NULL ? ctl->args.value[OPT_REASON] : "");
    const struct event event = {.type = EVENT_import,
                                .source = EVENT_SOURCE_ctl,
                                .time_ms = ctl_now_ms(),
                                .count = counts->numbers,
                                .list = ctl->args.operand[0],
                                .file = sha,
                                .actor = ctl_actor(ctl),
                                .reason = reason};
    return ctl_record(ctl, &event, 1);
}

/* The file is kept, then the event, then the list. */
static int import(struct input *input, struct list_file *file)
{
    struct ctl *ctl = input->ctl;
    bool dry = ctl->args.value[OPT_DRY_RUN] != NULL, keeping;
    const struct import_options options = {.dir = dry ? NULL : ctl->conf->store.journal,
                                           .bad_row = bad_row,
                                           .progress = on_progress,
                                           .arg = input};
    struct import_counts counts;
    struct catchup_result before, after = {0};
    const char *away = NULL;
    char sha[SHA_HEX + 1];
    int status = 0;

    if (!dry) {
        if ((status = ctl_open_journal(ctl)) != 0) {
            return status;
        }
        away = ctl_try_sync(ctl, &before);
    }
    int err = import_file(file, &options, &counts, sha, &keeping);
    output_progress_end(&ctl->progress);
    if (err != 0) {
        return ctl_refuse(ctl, "cannot %s %s: %s; nothing was changed",
                          keeping ? "keep a copy of" : "read", input->name, strerror(-err));
    }
    if (counts.numbers == 0) {
        report(input, list_file_form(file), &counts, sha, 0, away);
        return ctl_refuse(ctl, "%s holds no numbers", input->name);
    }
    if (!dry) {
        if ((status = record(input, &counts, sha)) != 0) {
            return status;
        }
        away = away == NULL ? ctl_try_sync(ctl, &after) : away;
    }
    report(input, list_file_form(file), &counts, sha, after.added, away);
    if (away != NULL) {
        ctl_warn(ctl,
                 "kept beside the journal, and in force only when Redis is back and a daemon "
                 "or stopgatectl has applied it: %s",
                 away);
    }
    return CTL_OK;
}

int ctl_list_import(struct ctl *ctl)
{
    struct input input = {.ctl = ctl, .fd = -1};
    const char *region = ctl->args.value[OPT_REGION];
    struct list_file_options options = {.region = region != NULL ? region : ctl->conf->world.region,
                                        .column = ctl->args.value[OPT_COLUMN]};
    const struct rows_source source = {input_read, &input};
    char *error = NULL;

    int status = ctl_list_name(ctl, ctl->args.operand[0]);
    if (status != 0) {
        return status;
    }
    if (region != NULL && !phone_region_ok(ctl->phone, region)) {
        return ctl_usage(ctl, "there is no region '%s'; regions are two letters, such as US",
                         region);
    }
    if ((status = input_open(&input)) != 0) {
        return status;
    }
    struct list_file *file = list_file_open(&source, ctl->phone, &options, &error);
    if (file == NULL) {
        ctl_refuse(ctl, "cannot read %s: %s", input.name, error != NULL ? error : "out of memory");
        free(error);
        return CTL_REFUSED;
    }
    status = import(&input, file);
    if (status == CTL_OK && !ctl_list_in_conf(ctl->conf, ctl->args.operand[0])) {
        ctl_warn(ctl,
                 "the list %s blocks nothing until the suppression filter in the "
                 "configuration names it",
                 ctl->args.operand[0]);
    }
    list_file_close(file);
    if (input.fd > STDIN_FILENO) {
        close(input.fd);
    }
    return status;
}
