#include "proxy/ctl/ctl.h"
#include "proxy/store/journal_read.h"
#include "proxy/store/kept_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PORTION 65536

struct verifying {
    struct ctl *ctl;
    uint64_t chains, lines, broken;
};

static void show(const struct ctl *ctl, const struct verify_result *result)
{
    char count[32];

    if (ctl->args.json) {
        json_t *json = json_object();
        output_json_text(json, "chain", result->chain);
        json_object_set_new(json, "whole", json_boolean(result->whole));
        json_object_set_new(json, "lines", json_integer((json_int_t)result->lines));
        if (!result->whole) {
            output_json_text(json, "file", result->file);
            json_object_set_new(json, "line", json_integer((json_int_t)result->line));
            output_json_text(json, "problem", result->problem);
        }
        output_json(json);
    } else if (result->whole) {
        printf("whole   %s  %s events\n", result->chain, output_count(result->lines, count));
    } else {
        printf("BROKEN  %s/%s:%llu: %s\n", result->chain, result->file,
               (unsigned long long)result->line, result->problem);
    }
}

static void on_chain(void *arg, const struct verify_result *result)
{
    struct verifying *verifying = arg;

    verifying->chains++;
    verifying->lines += result->lines;
    verifying->broken += !result->whole;
    show(verifying->ctl, result);
}

/* Reads a kept file to its end: its name is the digest of what is in it. */
static int check_kept(struct verifying *verifying, const char *sha, uint64_t *numbers)
{
    const char *dir = verifying->ctl->conf->store.journal;
    int n = 0;
    struct kept_reader *reader = kept_open(dir, sha, &n);

    while (reader != NULL && (n = kept_next(reader, numbers, PORTION)) > 0) {
    }
    kept_close(reader);
    if (n == 0) {
        return 0;
    }
    verifying->broken++;
    if (verifying->ctl->args.json) {
        json_t *json = json_object();
        json_object_set_new(json, "whole", json_false());
        json_object_set_new(json, "file", json_sprintf("imports/%s.gz", sha));
        output_json_text(json, "problem", n == -EBADMSG ? "damaged" : strerror(-n));
        output_json(json);
    } else {
        printf("BROKEN  imports/%s.gz: %s\n", sha, n == -EBADMSG ? "damaged" : strerror(-n));
    }
    return 0;
}

static int check_imports(struct verifying *verifying)
{
    uint64_t *numbers = malloc(PORTION * sizeof(*numbers));
    char *path = NULL;
    DIR *folder = NULL;

    if (numbers == NULL || asprintf(&path, "%s/imports", verifying->ctl->conf->store.journal) < 0) {
        free(numbers);
        return ctl_refuse(verifying->ctl, "out of memory");
    }
    folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char sha[SHA_HEX + 1];
        if (strlen(entry->d_name) == SHA_HEX + 3 && strcmp(entry->d_name + SHA_HEX, ".gz") == 0) {
            memcpy(sha, entry->d_name, SHA_HEX);
            sha[SHA_HEX] = '\0';
            check_kept(verifying, sha, numbers);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    free(path);
    free(numbers);
    return 0;
}

int ctl_verify(struct ctl *ctl)
{
    const char *dir = ctl->conf->store.journal;
    struct verifying verifying = {.ctl = ctl};
    char count[32];
    struct stat st;

    if (ctl_become_owner(ctl) != 0) {
        return CTL_REFUSED;
    }
    if (stat(dir, &st) != 0) {
        return ctl_refuse(ctl, "cannot read the journal directory %s: %s", dir, strerror(errno));
    }
    int broken = journal_verify(dir, on_chain, &verifying);
    if (broken < 0) {
        return ctl_refuse(ctl, "cannot read the journals in %s: %s", dir, strerror(-broken));
    }
    int status = check_imports(&verifying);
    if (status != 0) {
        return status;
    }
    if (!ctl->args.json) {
        if (verifying.broken == 0) {
            printf("The journal is whole: %s events.\n", output_count(verifying.lines, count));
        } else {
            printf("The journal is NOT whole: %llu of its parts were changed or damaged.\n",
                   (unsigned long long)verifying.broken);
        }
    }
    return verifying.broken == 0 ? CTL_OK : CTL_REFUSED;
}
