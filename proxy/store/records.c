#include "proxy/store/records.h"

#include "proxy/store/event_copy.h"
#include "proxy/store/event_op.h"
#include "proxy/store/follow.h"
#include "proxy/store/ring.h"

#include <errno.h>

/* What one event of a record does to a list. */
struct effect {
    struct event_op op; /* points into the record's events */
    uint32_t list;      /* in names, for OP_ADD and OP_REMOVE */
};

struct record {
    struct flt_ticket ticket;
    bool wanted;   /* somebody waits for the answer */
    bool repeated; /* nothing to be journaled: it follows those that do the same */
    int error;
    unsigned n, done; /* events, and of those in the journal or failed */
    uint64_t seq;     /* of the last event */
    uint64_t done_us;
    uint64_t failures; /* of all records when this one began to wait */
    struct event *events;
    struct effect effects[];
};

struct records {
    struct records_options options;
    const struct records_ops *ops;
    void *arg;
    struct ring asking;  /* struct record *: looked up, in the order of the answers */
    struct ring waiting; /* struct record *: journaled, applied */
    uint64_t failures, applied;
    bool away, shared;
    struct event *settle; /* answers from the loop */
    struct event *timer;
};

static void on_settle(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);

struct records *records_new(const struct records_options *options, const struct records_ops *ops,
                            void *arg)
{
    struct records *records = calloc(1, sizeof *records);
    if (!records)
        return NULL;
    records->options = *options;
    records->ops = ops;
    records->arg = arg;
    records->away = true;
    ring_init(&records->asking, sizeof(struct record *));
    ring_init(&records->waiting, sizeof(struct record *));
    records->settle = event_new(net_base(options->net), -1, 0, on_settle, records);
    records->timer = evtimer_new(net_base(options->net), on_timer, records);
    if (!records->settle || !records->timer) {
        records_free(records);
        return NULL;
    }
    return records;
}

static struct record *record_at(const struct ring *ring, uint64_t position)
{
    return *(struct record **)ring_at(ring, position);
}

static void record_free(struct record *record)
{
    free(record->events);
    free(record);
}

static void free_all(struct ring *ring)
{
    for (; ring_count(ring) > 0; ring_pop(ring))
        record_free(record_at(ring, ring->head));
    ring_free(ring);
}

void records_free(struct records *records)
{
    if (!records)
        return;
    if (records->settle)
        event_free(records->settle);
    if (records->timer)
        event_free(records->timer);
    free_all(&records->asking);
    free_all(&records->waiting);
    free(records);
}

/* What those who wait are told of a failure. */
static int told(int error)
{
    return error == -ENOSPC || error == -EDQUOT ? -ENOSPC : -EIO;
}

/* Answering. */

static void answer(struct records *records, struct record *record)
{
    struct port_reply reply = {.repeated = record->repeated};
    if (record->error)
        reply.err = told(record->error);
    else if (record->repeated && records->failures != record->failures)
        reply.err = -EIO; /* perhaps the one that it repeats */
    if (record->wanted)
        records->ops->on_answer(records->arg, record->ticket, &reply);
    record_free(record);
}

/* How long it waits for Redis once it is journaled. */
static uint64_t wait_us(const struct records *records)
{
    uint64_t wait = records->options.wait_ms;

    if (records->shared && wait < FOLLOW_WAIT_MS)
        wait = FOLLOW_WAIT_MS;
    if (records->away)
        wait = records->shared ? FOLLOW_WAIT_MS : 0;
    return wait * 1000;
}

static uint64_t age_us(const struct records *records, const struct record *record)
{
    return net_now_us(records->options.net) - record->done_us;
}

static void arm_timer(struct records *records, const struct record *record)
{
    uint64_t age = age_us(records, record);
    uint64_t wait = wait_us(records);
    uint64_t left = age < wait ? wait - age : 1;
    struct timeval after = {.tv_sec = (time_t)(left / 1000000),
                            .tv_usec = (suseconds_t)(left % 1000000)};
    event_add(records->timer, &after);
}

static void settle(struct records *records)
{
    while (ring_count(&records->waiting) > 0) {
        struct record *record = record_at(&records->waiting, records->waiting.head);
        if (record->done < record->n)
            return;
        bool over = record->error || record->repeated || !record->wanted ||
                    record->seq <= records->applied || age_us(records, record) >= wait_us(records);
        if (!over) {
            arm_timer(records, record);
            return;
        }
        ring_pop(&records->waiting);
        answer(records, record);
    }
}

static void on_settle(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    settle(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    on_settle(fd, what, arg);
}

static void settle_soon(struct records *records)
{
    event_active(records->settle, EV_TIMEOUT, 0);
}

/* Submitting. */

static bool changes_number(const struct effect *effect)
{
    return effect->op.op == OP_ADD || effect->op.op == OP_REMOVE;
}

/* Whether everything is so already, or will be by what others have in flight. */
static bool is_repeated(const struct records *records, const struct record *record,
                        const struct port_reply *reply)
{
    for (unsigned i = 0; i < record->n; i++) {
        const struct effect *effect = &record->effects[i];
        if (!changes_number(effect))
            return false;
        char last = overlay_last(records->options.overlay, effect->list, effect->op.number);
        bool known = last != 0 || (reply && reply->err == 0);
        bool on_list = last ? last == OP_ADD : known && port_hit(reply, i);
        if (!known || on_list != (effect->op.op == OP_ADD))
            return false;
    }
    return true;
}

static void end_effects(struct records *records, struct record *record, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        const struct effect *effect = &record->effects[i];
        if (changes_number(effect))
            overlay_failed(records->options.overlay, effect->list, effect->op.number,
                           effect->op.op);
    }
}

static int begin_effects(struct records *records, struct record *record)
{
    for (unsigned i = 0; i < record->n; i++) {
        const struct effect *effect = &record->effects[i];
        int error = changes_number(effect)
                        ? overlay_begin(records->options.overlay, effect->list, effect->op.number,
                                        effect->op.op, record->events[i].time_ms)
                        : 0;
        if (error) {
            end_effects(records, record, 0, i);
            return error;
        }
    }
    return 0;
}

/* Puts a record where it waits for the journal and Redis. On failure it is still the caller's. */
static int submit(struct records *records, struct record *record, const struct port_reply *reply)
{
    struct record **place = ring_push(&records->waiting);
    if (!place)
        return -ENOMEM;
    *place = record;
    if (is_repeated(records, record, reply)) {
        record->repeated = true;
        record->failures = records->failures;
        record->n = 0;
        settle_soon(records);
        return 0;
    }
    int error = begin_effects(records, record);
    if (error == 0) {
        error = journal_append(records->options.journal, record->events, record->n, record);
        if (error)
            end_effects(records, record, 0, record->n);
    }
    if (error)
        records->waiting.tail--;
    return error;
}

static bool fill_effects(struct records *records, struct record *record)
{
    for (unsigned i = 0; i < record->n; i++) {
        struct effect *effect = &record->effects[i];
        event_op(&record->events[i], &effect->op);
        if (changes_number(effect) &&
            names_id(records->options.names, effect->op.list, &effect->list) < 0)
            return false;
    }
    return true;
}

/* Asks Redis whether a record would change anything. False: it cannot be asked. */
static bool ask(struct records *records, struct record *record)
{
    struct port_check checks[RECORD_EVENTS_MAX];
    struct flt_ticket none = {0, 0};
    for (unsigned i = 0; i < record->n; i++) {
        const struct effect *effect = &record->effects[i];
        if (!changes_number(effect))
            return false;
        checks[i] = (struct port_check){.list = effect->op.list, .number = effect->op.number};
    }
    struct record **place = ring_push(&records->asking);
    if (!place)
        return false;
    *place = record;
    if (checks_add(records->options.lookups, checks, record->n, none) == 0)
        return true;
    records->asking.tail--;
    return false;
}

int records_add(struct records *records, const struct event *events, unsigned n,
                const struct flt_ticket *ticket, bool may_ask)
{
    if (n == 0 || n > RECORD_EVENTS_MAX)
        return -EINVAL;
    if (records_waiting(records) >= RECORDS_MAX)
        return -EAGAIN;
    struct record *record = calloc(1, sizeof *record + n * sizeof *record->effects);
    if (!record)
        return -ENOMEM;
    record->n = n;
    record->wanted = ticket != NULL;
    if (ticket)
        record->ticket = *ticket;
    record->events = event_copy(events, n);
    int error = record->events ? 0 : -ENOMEM;
    for (unsigned i = 0; i < n && error == 0; i++)
        if (record->events[i].time_ms == 0) /* the journal's line and the mark in Redis agree */
            record->events[i].time_ms = net_unix_ms(records->options.net);
    if (error == 0 && !fill_effects(records, record))
        error = -EINVAL;
    if (error == 0 && may_ask && ask(records, record))
        return 0;
    if (error == 0)
        error = submit(records, record, NULL);
    if (error)
        record_free(record);
    return error;
}

void records_looked_up(struct records *records, const struct port_reply *reply)
{
    struct record *record = record_at(&records->asking, records->asking.head);
    ring_pop(&records->asking);
    int error = submit(records, record, reply);
    if (error == 0)
        return;
    record->error = error;
    answer(records, record);
}

/* What becomes of it. */

static void journaled(struct records *records, struct record *record, unsigned i,
                      const struct journal_done *done, struct applier *applier)
{
    const struct effect *effect = &record->effects[i];
    const struct event *event = &record->events[i];
    if (changes_number(effect))
        overlay_journaled(records->options.overlay, effect->list, effect->op.number, effect->op.op,
                          done->seq);
    if (!applier)
        return; /* it is read from the file when there is one */
    char *description = effect->op.op == OP_CREATE ? event_op_description(event) : NULL;
    applier_offer(applier, done->seq, event->time_ms, &effect->op, description, done->line,
                  done->len);
    free(description);
}

void records_journaled(struct records *records, const struct journal_done *done,
                       struct applier *applier)
{
    struct record *record = done->tag;
    unsigned i = record->done++;
    if (done->error) {
        record->error = done->error;
        end_effects(records, record, i, i + 1);
    } else {
        record->seq = done->seq;
        journaled(records, record, i, done, applier);
    }
    if (record->done < record->n)
        return;
    record->done_us = net_now_us(records->options.net);
    records->failures += record->error != 0;
    settle_soon(records);
}

void records_applied(struct records *records, uint64_t seq)
{
    if (seq > records->applied)
        records->applied = seq;
    overlay_applied(records->options.overlay, seq);
    settle_soon(records);
}

void records_set_away(struct records *records, bool away)
{
    records->away = away;
    if (away)
        settle_soon(records);
}

void records_set_shared(struct records *records, bool shared)
{
    records->shared = shared;
}

void records_set_wait(struct records *records, uint64_t wait_ms)
{
    records->options.wait_ms = wait_ms;
    settle_soon(records);
}

uint64_t records_waiting(const struct records *records)
{
    return ring_count(&records->asking) + ring_count(&records->waiting);
}
