#include "proxy/ctl/ctl.h"

#include "proxy/store/journal.h"
#include "proxy/store/lookup.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void say(const char *format, va_list args)
{
    fputs("stopgatectl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int ctl_refuse(struct ctl *ctl, const char *format, ...)
{
    va_list args;

    output_progress_end(&ctl->progress);
    va_start(args, format);
    say(format, args);
    va_end(args);
    return CTL_REFUSED;
}

int ctl_usage(struct ctl *ctl, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    if (ctl->args.command != NULL) {
        fprintf(stderr, "See: stopgatectl %s --help\n", ctl->args.command->name);
    }
    return CTL_USAGE;
}

void ctl_warn(struct ctl *ctl, const char *format, ...)
{
    va_list args;

    output_progress_end(&ctl->progress);
    va_start(args, format);
    say(format, args);
    va_end(args);
}

uint64_t ctl_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const char *ctl_actor(const struct ctl *ctl)
{
    return ctl->args.value[OPT_ACTOR] != NULL ? ctl->args.value[OPT_ACTOR] : ctl->actor;
}

/* The directory, or the nearest one above it that exists. */
static int stat_nearest(const char *path, struct stat *st)
{
    char *copy = strdup(path);
    int err = copy == NULL ? -ENOMEM : -1;

    for (char *at = copy; err == -1;) {
        if (stat(at, st) == 0) {
            err = 0;
        } else if (strcmp(at, "/") == 0 || strcmp(at, ".") == 0) {
            err = -errno;
        } else {
            at = dirname(at);
        }
    }
    free(copy);
    return err;
}

int ctl_become_owner(struct ctl *ctl)
{
    const char *dir = ctl->conf->store.journal;
    struct stat st;

    if (geteuid() != 0 || stat_nearest(dir, &st) != 0 || st.st_uid == 0) {
        return 0;
    }
    const struct passwd *owner = getpwuid(st.st_uid);
    int err = owner != NULL ? initgroups(owner->pw_name, st.st_gid) : setgroups(0, NULL);
    if (err != 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
        setresuid(st.st_uid, st.st_uid, st.st_uid) != 0) {
        return ctl_refuse(ctl, "cannot act as the owner of %s: %s", dir, strerror(errno));
    }
    return 0;
}

const char *ctl_try_redis(struct ctl *ctl)
{
    char *error;

    if (ctl->redis != NULL) {
        return NULL;
    }
    if (ctl_become_owner(ctl) != 0) {
        return "no access";
    }
    ctl->redis = redis_call_open(&ctl->conf->store, &error);
    if (ctl->redis != NULL) {
        return NULL;
    }
    snprintf(ctl->why, sizeof(ctl->why), "%s", error != NULL ? error : "out of memory");
    free(error);
    return ctl->why;
}

int ctl_open_redis(struct ctl *ctl)
{
    const char *why = ctl_try_redis(ctl);

    return why == NULL ? 0 : ctl_refuse(ctl, "%s", why);
}

int ctl_open_journal(struct ctl *ctl)
{
    const struct conf_store *store = &ctl->conf->store;
    char *error = NULL;

    if (ctl->journal != NULL) {
        return 0;
    }
    if (ctl_become_owner(ctl) != 0) {
        return CTL_REFUSED;
    }
    ctl->journal = journal_open(store->journal, "ctl", store->segment_size, ctl->log, &error);
    if (ctl->journal == NULL) {
        ctl_refuse(ctl, "%s", error != NULL ? error : "out of memory");
        free(error);
        return CTL_REFUSED;
    }
    return 0;
}

struct recording {
    unsigned done;
    int error;
};

static void on_done(void *arg, const struct journal_done *done)
{
    struct recording *recording = arg;

    recording->done++;
    if (done->error != 0) {
        recording->error = done->error;
    }
}

int ctl_record(struct ctl *ctl, const struct event *events, unsigned n)
{
    struct recording recording = {0};
    struct pollfd fd = {.fd = journal_fd(ctl->journal), .events = POLLIN};

    int err = journal_append(ctl->journal, events, n, NULL);
    while (err == 0 && recording.done < n) {
        if (poll(&fd, 1, -1) < 0 && errno != EINTR) {
            err = -errno;
        } else {
            journal_dispatch(ctl->journal, on_done, &recording);
        }
    }
    err = err == 0 ? recording.error : err;
    if (err != 0) {
        return ctl_refuse(ctl, "cannot write the journal in %s: %s; nothing was changed",
                          ctl->conf->store.journal, strerror(-err));
    }
    return 0;
}

static void on_import(void *arg, const char *list, uint64_t numbers)
{
    struct ctl *ctl = arg;
    char label[64];

    snprintf(label, sizeof(label), "into %.40s", list);
    output_progress(&ctl->progress, label, numbers, 0, "numbers");
}

const char *ctl_try_sync(struct ctl *ctl, struct catchup_result *result)
{
    const struct catchup_options options = {
        .dir = ctl->conf->store.journal,
        .own_chain = ctl->journal != NULL ? journal_chain(ctl->journal) : NULL,
        .stream_length = ctl->conf->store.stream_length,
        .progress = on_import,
        .arg = ctl};

    memset(result, 0, sizeof(*result));
    const char *why = ctl_try_redis(ctl);
    if (why == NULL && catchup_run(ctl->redis, &options, result) != 0) {
        why = redis_call_problem(ctl->redis);
    }
    output_progress_end(&ctl->progress);
    return why;
}

int ctl_sync(struct ctl *ctl, struct catchup_result *result)
{
    const char *why = ctl_try_sync(ctl, result);

    return why == NULL ? 0 : ctl_refuse(ctl, "%s", why);
}

unsigned ctl_read_number(struct ctl *ctl, const char *text, uint64_t numbers[CTL_READINGS_MAX])
{
    const struct flt_world *world = &ctl->conf->world;
    struct smpp_str address = {(const uint8_t *)text, strlen(text)};
    struct phone_readings readings;
    unsigned n = 0;

    for (unsigned p = 0; p <= world->program_count; p++) {
        const char *region = p == 0 ? world->region : flt_region_of(world, &world->programs[p - 1]);
        phone_read(ctl->phone, address, region, &readings);
        for (unsigned i = 0; i < readings.n && !readings.foreign; i++) {
            unsigned known = 0;
            while (known < n && numbers[known] != readings.number[i]) {
                known++;
            }
            if (known == n && n < CTL_READINGS_MAX) {
                numbers[n++] = readings.number[i];
            }
        }
    }
    return n;
}
