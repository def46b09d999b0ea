/*
 * What the commands of stopgatectl share: the configuration, and the journal, Redis and event log,
 * each opened when it is first asked for and closed in the end. Whoever opens something that fails
 * gets a sentence on standard error, and exits with 1. A command is a function that returns the
 * exit status.
 */
#ifndef PROXY_CTL_CTL_H
#define PROXY_CTL_CTL_H

#include "filters/event.h"
#include "proxy/conf.h"
#include "proxy/ctl/args.h"
#include "proxy/ctl/output.h"
#include "proxy/store/eventlog.h"
#include "proxy/store/redis_call.h"
#include "proxy/store/catchup.h"

enum { CTL_OK = 0, CTL_REFUSED = 1, CTL_USAGE = 2 };

struct journal;

struct ctl {
    struct args args;
    struct log *log;
    struct phone *phone;
    struct conf *conf;
    char actor[64]; /* who runs this, when no --actor is given */
    char why[512];  /* what ctl_try_redis returned */
    struct output_progress progress;

    struct journal *journal; /* NULL until ctl_journal */
    struct redis_call *redis;
    struct eventlog *events;
};

/* A sentence on standard error; returns CTL_REFUSED or CTL_USAGE. */
int ctl_refuse(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
int ctl_usage(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ctl_warn(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *ctl_actor(const struct ctl *ctl); /* --actor, or whoever is logged in */

/* Root becomes the owner of the journal directory, so that what is written there stays readable for
 * the daemon. Files that the user names are opened before. Called by those below. */
int ctl_become_owner(struct ctl *ctl);

/* 0, or CTL_REFUSED after a sentence. */
int ctl_open_redis(struct ctl *ctl);
int ctl_open_journal(struct ctl *ctl);
int ctl_open_events(struct ctl *ctl); /* and brings it up to date, from Redis too if it is open */

/* Tries to reach Redis; NULL where it is there, else why not (valid until the next call). */
const char *ctl_try_redis(struct ctl *ctl);

/* Puts into force what the journals hold and Redis does not yet. Without a journal of its own it
 * begins no data set. Failing is told; returns CTL_REFUSED then. */
int ctl_sync(struct ctl *ctl, struct catchup_result *result);
const char *ctl_try_sync(struct ctl *ctl, struct catchup_result *result); /* the same, why not */

/* Stores events in the chain of the command line: on disk when it returns 0, else CTL_REFUSED. */
int ctl_record(struct ctl *ctl, const struct event *events, unsigned n);

/* Reads `text` in the configured region and that of each program: all that it may mean, most likely
 * first. Numbers found (0: it is none). */
#define CTL_READINGS_MAX EVENTLOG_NUMBERS_MAX
unsigned ctl_read_number(struct ctl *ctl, const char *text, uint64_t numbers[CTL_READINGS_MAX]);

/* A point in time as people write it; a date means its beginning, or where `end` its end. 0 or
 * -EINVAL. */
int ctl_time_parse(const char *text, uint64_t now_ms, bool end, uint64_t *ms);
uint64_t ctl_now_ms(void);

/* --limit; 0, or CTL_USAGE after a sentence. */
int ctl_limit(struct ctl *ctl, uint64_t preset, uint64_t *limit);

/* The commands, each in its own file. */
int ctl_number(struct ctl *ctl);
int ctl_events(struct ctl *ctl);
int ctl_optout_add(struct ctl *ctl);
int ctl_optout_remove(struct ctl *ctl);
int ctl_list_ls(struct ctl *ctl);
int ctl_list_create(struct ctl *ctl);
int ctl_list_import(struct ctl *ctl);
int ctl_list_export(struct ctl *ctl);
int ctl_list_remove(struct ctl *ctl);
int ctl_verify(struct ctl *ctl);
int ctl_status(struct ctl *ctl);

#endif
