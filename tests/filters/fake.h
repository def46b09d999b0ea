/*
 * A world for filters without a daemon: a store whose answers the test chooses, a clock that stands
 * still, and recorders of whatever a filter says through its ports. Filters are set up from the
 * lines that would stand in the configuration, so that tests need not know their structures.
 *
 * Memory is as hostile as in the daemon: a PDU lies in a block of just its size and moves before
 * every answer, the answer's bits too, so the sanitizers see a pointer that was kept too long.
 */
#ifndef TESTS_FILTERS_FAKE_H
#define TESTS_FILTERS_FAKE_H

#include "filters/chain.h"
#include "filters/parts.h"
#include "filters/registry.h"
#include "smpp/build.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_NOW     UINT64_C(1767225600123) /* 2026-01-01 00:00:00.123 UTC */
#define FAKE_MAX     512
#define FAKE_STEPS   4
#define FAKE_FILTERS 8

enum fake_store {
    STORE_ANSWERS,          /* by what is on the lists */
    STORE_FAILS,            /* answers that nothing is known, or nothing was stored */
    STORE_PASSES_UNCHECKED, /* the same, and the operator wants messages to pass */
    STORE_SILENT,           /* never answers */
    STORE_REFUSES           /* does not take the question: too much waits */
};

struct fake_listed {
    const char *list;
    uint64_t number;
};

struct fake_delivery {
    const char *account;
    uint8_t *pdu;
    size_t len;
};

struct fake_count {
    const char *filter, *event;
    unsigned n;
};

struct fake {
    struct flt_ports ports;
    struct flt_world world;
    struct flt_origin origin;
    struct phone *phone;
    struct parts *parts;
    uint64_t now_ms;
    enum fake_store store;
    bool inbound;

    struct chain_step steps[FAKE_STEPS];
    unsigned step_count;
    struct chain *chain;
    struct chain_run *run;
    struct chain_counts counts[FAKE_FILTERS];
    uint8_t *pdu;
    size_t len;
    uint32_t messages;

    struct fake_listed listed[FAKE_MAX];
    unsigned listed_count;

    /* What the filters said. */
    struct port_check *checks; /* of the last question */
    unsigned check_count, questions;
    bool asked, recording, repeated; /* a question is open; it is a record; it changes nothing */
    struct flt_ticket ticket;
    struct event recorded[FAKE_MAX], noted[FAKE_MAX];
    unsigned recorded_count, noted_count;
    struct port_health health[FAKE_MAX];
    unsigned health_count;
    struct fake_delivery delivered[FAKE_MAX];
    unsigned delivered_count;
    struct fake_count counted[FAKE_MAX];
    unsigned counted_count;
    const char *logged[FAKE_MAX];
    unsigned logged_count;

    void **kept; /* freed at the end */
    unsigned kept_count;
};

static inline void *fake_keep(struct fake *f, void *block)
{
    f->kept = realloc(f->kept, (f->kept_count + 1) * sizeof *f->kept);
    cr_assert_not_null(f->kept);
    cr_assert_not_null(block);
    f->kept[f->kept_count++] = block;
    return block;
}

static inline const char *fake_string(struct fake *f, const char *s)
{
    return s == NULL ? NULL : fake_keep(f, strdup(s));
}

/* --- the store --- */

static inline bool fake_is_listed(const struct fake *f, const char *list, uint64_t number)
{
    for (unsigned i = 0; i < f->listed_count; i++) {
        if (f->listed[i].number == number && strcmp(f->listed[i].list, list) == 0)
            return true;
    }
    return false;
}

/* Puts a number on a list. */
static inline void fake_list(struct fake *f, const char *list, uint64_t number)
{
    cr_assert_lt(f->listed_count, FAKE_MAX);
    if (!fake_is_listed(f, list, number))
        f->listed[f->listed_count++] = (struct fake_listed){fake_string(f, list), number};
}

static inline void fake_unlist(struct fake *f, const char *list, uint64_t number)
{
    for (unsigned i = 0; i < f->listed_count; i++) {
        if (f->listed[i].number == number && strcmp(f->listed[i].list, list) == 0)
            f->listed[i] = f->listed[--f->listed_count];
    }
}

static inline void fake_copy_event(struct fake *f, struct event *to, const struct event *from)
{
    *to = *from;
#define X(symbol) to->symbol = fake_string(f, from->symbol);
    EVENT_STRINGS(X)
#undef X
}

/* What the daemon's store does with an event. True where it changed something. */
static inline bool fake_apply(struct fake *f, const struct event *event)
{
    uint64_t number = event->number == NULL ? 0 : strtoull(event->number, NULL, 10);
    bool listed = fake_is_listed(f, event->list, number);

    if (event->type == EVENT_optout)
        fake_list(f, event->list, number);
    else
        fake_unlist(f, event->list, number);
    return listed != (event->type == EVENT_optout);
}

static inline int fake_ask(struct fake *f, struct flt_ticket ticket)
{
    cr_assert_not(f->asked, "a second question while one is open");
    f->questions++;
    if (f->store == STORE_REFUSES)
        return -EAGAIN;
    f->ticket = ticket;
    f->asked = true;
    return 0;
}

static inline int fake_check(void *ctx, const struct port_check *checks, unsigned n,
                             struct flt_ticket ticket)
{
    struct fake *f = ctx;

    cr_assert(n >= 1 && n <= PORT_CHECKS_MAX, "%u checks", n);
    f->recording = false;
    f->checks = fake_keep(f, calloc(n, sizeof *checks));
    memcpy(f->checks, checks, n * sizeof *checks);
    f->check_count = n;
    return fake_ask(f, ticket);
}

static inline int fake_record(void *ctx, const struct event *events, unsigned n,
                              struct flt_ticket ticket)
{
    struct fake *f = ctx;
    int error = fake_ask(f, ticket);

    cr_assert_geq(n, 1);
    f->recording = true;
    f->repeated = true;
    if (error != 0)
        return error;
    for (unsigned i = 0; i < n && f->store != STORE_FAILS; i++) {
        cr_assert_lt(f->recorded_count, FAKE_MAX);
        fake_copy_event(f, &f->recorded[f->recorded_count++], &events[i]);
        if (fake_apply(f, &events[i]))
            f->repeated = false;
    }
    return 0;
}

/* --- the recorders --- */

static inline uint64_t fake_now_ms(void *ctx)
{
    return ((struct fake *)ctx)->now_ms;
}

static inline void fake_note(void *ctx, const struct event *event)
{
    struct fake *f = ctx;

    cr_assert_lt(f->noted_count, FAKE_MAX);
    fake_copy_event(f, &f->noted[f->noted_count++], event);
}

static inline void fake_health(void *ctx, const struct port_health *health)
{
    struct fake *f = ctx;
    struct port_health *to = &f->health[f->health_count++];

    cr_assert_leq(f->health_count, FAKE_MAX);
    *to = *health;
    to->message_id = fake_string(f, health->message_id);
    to->sender = fake_string(f, health->sender);
    to->status = fake_string(f, health->status);
    to->error = fake_string(f, health->error);
}

static inline void fake_deliver(void *ctx, const char *account, const struct smpp_msg *msg)
{
    struct fake *f = ctx;
    uint8_t *pdu = fake_keep(f, malloc(1024));
    size_t len = smpp_build_msg(pdu, 1024, msg);

    cr_assert_gt(len, 0, "what is delivered makes no PDU");
    cr_assert_lt(f->delivered_count, FAKE_MAX);
    f->delivered[f->delivered_count++] = (struct fake_delivery){fake_string(f, account), pdu, len};
}

static inline void fake_count(void *ctx, const char *filter, const char *event)
{
    struct fake *f = ctx;
    unsigned i = 0;

    while (i < f->counted_count &&
           (strcmp(f->counted[i].filter, filter) != 0 || strcmp(f->counted[i].event, event) != 0))
        i++;
    cr_assert_lt(i, FAKE_MAX);
    if (i == f->counted_count)
        f->counted[f->counted_count++] =
            (struct fake_count){fake_string(f, filter), fake_string(f, event), 0};
    f->counted[i].n++;
}

static inline void fake_log(void *ctx, uint32_t session, const char *filter, const char *what)
{
    struct fake *f = ctx;

    cr_assert_eq(session, f->origin.session);
    cr_assert_not_null(filter);
    cr_assert_lt(f->logged_count, FAKE_MAX);
    f->logged[f->logged_count++] = fake_string(f, what);
}

/* How often a filter counted `event`. */
static inline unsigned fake_counted(const struct fake *f, const char *filter, const char *event)
{
    for (unsigned i = 0; i < f->counted_count; i++) {
        if (strcmp(f->counted[i].filter, filter) == 0 && strcmp(f->counted[i].event, event) == 0)
            return f->counted[i].n;
    }
    return 0;
}

/* --- the world --- */

static inline struct fake *fake_new(const char *region, const struct flt_program *programs,
                                    unsigned program_count)
{
    struct fake *f = calloc(1, sizeof *f);

    cr_assert_not_null(f);
    f->ports = (struct flt_ports){.ctx = f,
                                  .now_ms = fake_now_ms,
                                  .check = fake_check,
                                  .record = fake_record,
                                  .note = fake_note,
                                  .health = fake_health,
                                  .deliver = fake_deliver,
                                  .count = fake_count,
                                  .log = fake_log};
    f->world =
        (struct flt_world){.region = region, .programs = programs, .program_count = program_count};
    f->origin = (struct flt_origin){
        .account = "shop1", .carrier = "main", .alphabet = SMPP_ALPHABET_GSM, .session = 7};
    f->now_ms = FAKE_NOW;
    f->phone = phone_new();
    f->parts = parts_new();
    cr_assert(f->phone != NULL && f->parts != NULL);
    return f;
}

/* Ends the message that is under way, if there is one. */
static inline void fake_end(struct fake *f)
{
    if (f->run != NULL)
        chain_end(f->run);
    free(f->run);
    free(f->pdu);
    f->run = NULL;
    f->pdu = NULL;
    f->asked = false;
}

static inline void fake_free(struct fake *f)
{
    fake_end(f);
    chain_free(f->chain);
    for (unsigned i = 0; i < f->step_count; i++) {
        if (f->steps[i].ops->conf_done != NULL)
            f->steps[i].ops->conf_done(f->steps[i].conf);
        free(f->steps[i].conf);
    }
    for (unsigned i = 0; i < f->kept_count; i++)
        free(f->kept[i]);
    free(f->kept);
    parts_free(f->parts);
    phone_free(f->phone);
    free(f);
}

#endif
