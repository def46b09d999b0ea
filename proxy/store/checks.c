#include "proxy/store/checks.h"

#include "proxy/store/list_key.h"
#include "proxy/store/ring.h"

#include <errno.h>
#include <stdio.h>

#define WINDOW     16384u /* questions on the wire, at most */
#define WRITE_STEP 64u    /* questions formatted at once */

struct item {
    uint64_t number;
    uint32_t list;
    bool hit;
};

struct call {
    struct flt_ticket ticket;
    unsigned n;
    bool answered; /* too late for it; its questions are still on the wire */
    uint64_t asked_us;
};

struct checks {
    struct net *net;
    struct redis *redis;
    struct names *names;
    const struct overlay *overlay;
    struct follow *follow; /* NULL: nobody else writes journals here */
    const struct checks_ops *ops;
    void *arg;
    struct checks_conf conf;
    bool enabled;
    struct ring items, calls;
    uint64_t sent, replied; /* positions in items: head <= replied <= sent <= tail */
    uint64_t alive;         /* position of the first call that is not answered */
    struct event *pass;     /* active: to be run after what else this pass brings */
    struct event *expiry;
    bool expiry_armed;
    char *question, *expected; /* GET dataset, and the answer to it */
    size_t question_len, expected_len;
};

static void on_pass(evutil_socket_t fd, short what, void *arg);
static void on_expiry(evutil_socket_t fd, short what, void *arg);

struct checks *checks_new(struct net *net, struct redis *redis, struct names *names,
                          const struct overlay *overlay, const struct checks_ops *ops, void *arg)
{
    struct checks *checks = calloc(1, sizeof *checks);
    if (!checks)
        return NULL;
    checks->net = net;
    checks->redis = redis;
    checks->names = names;
    checks->overlay = overlay;
    checks->ops = ops;
    checks->arg = arg;
    checks->conf.outage = OUTAGE_REJECT;
    ring_init(&checks->items, sizeof(struct item));
    ring_init(&checks->calls, sizeof(struct call));
    checks->pass = event_new(net_base(net), -1, 0, on_pass, checks);
    checks->expiry = evtimer_new(net_base(net), on_expiry, checks);
    if (!checks->pass || !checks->expiry) {
        checks_free(checks);
        return NULL;
    }
    return checks;
}

void checks_follow(struct checks *checks, struct follow *follow)
{
    checks->follow = follow;
}

void checks_free(struct checks *checks)
{
    if (!checks)
        return;
    if (checks->pass)
        event_free(checks->pass);
    if (checks->expiry)
        event_free(checks->expiry);
    ring_free(&checks->items);
    ring_free(&checks->calls);
    free(checks->question);
    free(checks->expected);
    free(checks);
}

/* Answering. */

/* Takes the first call's questions out of the queue; it is answered, or will be by the caller. */
static void drop_first(struct checks *checks, const struct call *call)
{
    checks->items.head += call->n;
    ring_pop(&checks->calls);
    if (checks->alive < checks->calls.head)
        checks->alive = checks->calls.head;
    if (checks->sent < checks->items.head)
        checks->sent = checks->replied = checks->items.head;
}

/* Journaled, here or by another process, and perhaps not in Redis yet. */
static bool is_pending(const struct checks *checks, const struct item *item)
{
    return overlay_hit(checks->overlay, item->list, item->number) ||
           (checks->follow && follow_hit(checks->follow, item->list, item->number));
}

/* Whether pending events alone say that a number is suppressed: known without Redis. */
static bool join_pending(const struct checks *checks, uint64_t first, unsigned n, uint64_t *hits)
{
    bool any = false;
    for (unsigned i = 0; i < n; i++) {
        const struct item *item = ring_at(&checks->items, first + i);
        if (item->hit || is_pending(checks, item)) {
            hits[i / 64] |= UINT64_C(1) << (i % 64);
            any = true;
        }
    }
    return any;
}

/* The first call has its answers. */
static void answer_first(struct checks *checks)
{
    struct call call = *(struct call *)ring_at(&checks->calls, checks->calls.head);
    uint64_t hits[PORT_CHECKS_MAX / 64];
    memset(hits, 0, (call.n + 63) / 64 * sizeof *hits);
    join_pending(checks, checks->items.head, call.n, hits);
    drop_first(checks, &call);
    struct port_reply reply = {.hits = hits, .n = call.n};
    if (!call.answered)
        checks->ops->on_answer(checks->arg, call.ticket, &reply, call.asked_us);
}

/* The first call that waits gets no answer from Redis. `first` is the position of its questions. */
static void answer_without(struct checks *checks, uint64_t first, int error)
{
    struct call *call = ring_at(&checks->calls, checks->alive);
    uint64_t hits[PORT_CHECKS_MAX / 64];
    struct port_reply reply = {.err = error, .hits = hits, .n = call->n};
    memset(hits, 0, (call->n + 63) / 64 * sizeof *hits);
    if (checks->conf.outage == OUTAGE_PASS) {
        for (unsigned i = 0; i < call->n; i++) /* what was heard before is not to be trusted */
            ((struct item *)ring_at(&checks->items, first + i))->hit = false;
        if (join_pending(checks, first, call->n, hits))
            reply.err = 0;
        else
            reply.pass_unchecked = true;
    }
    struct call answered = *call;
    call->answered = true;
    checks->alive++;
    checks->ops->on_answer(checks->arg, answered.ticket, &reply, answered.asked_us);
}

static uint64_t items_before_alive(const struct checks *checks)
{
    uint64_t position = checks->items.head;
    for (uint64_t i = checks->calls.head; i < checks->alive; i++)
        position += ((const struct call *)ring_at(&checks->calls, i))->n;
    return position;
}

/* Answers calls asked before `asked_us`, though Redis has not. */
static void give_up(struct checks *checks, uint64_t asked_us, int error)
{
    uint64_t first = items_before_alive(checks);
    uint64_t end = checks->calls.tail; /* what is asked meanwhile has its own turn */
    while (checks->alive < end) {
        struct call call = *(struct call *)ring_at(&checks->calls, checks->alive);
        if (call.asked_us > asked_us)
            break;
        answer_without(checks, first, error);
        first += call.n;
    }
    if (checks->enabled)
        return;
    while (checks->calls.head < checks->alive)
        drop_first(checks, ring_at(&checks->calls, checks->calls.head));
    ring_trim(&checks->items);
    ring_trim(&checks->calls);
}

static uint64_t patience_us(const struct checks *checks)
{
    const struct checks_conf *conf = &checks->conf;
    bool longer =
        conf->outage == OUTAGE_HOLD && (!checks->enabled || conf->hold_ms > conf->deadline_ms);
    return (longer ? conf->hold_ms : conf->deadline_ms) * 1000;
}

static void arm_expiry(struct checks *checks)
{
    if (checks->expiry_armed || checks->alive == checks->calls.tail)
        return;
    const struct call *call = ring_at(&checks->calls, checks->alive);
    uint64_t age = net_now_us(checks->net) - call->asked_us;
    uint64_t hold = patience_us(checks);
    uint64_t left = age < hold ? hold - age : 1;
    struct timeval after = {.tv_sec = (time_t)(left / 1000000),
                            .tv_usec = (suseconds_t)(left % 1000000)};
    checks->expiry_armed = true;
    event_add(checks->expiry, &after);
}

static void disarm_expiry(struct checks *checks)
{
    event_del(checks->expiry);
    checks->expiry_armed = false;
}

static void on_expiry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct checks *checks = arg;
    uint64_t now = net_now_us(checks->net), hold = patience_us(checks);
    checks->expiry_armed = false;
    if (now > hold)
        give_up(checks, now - hold, -ETIMEDOUT);
    arm_expiry(checks);
}

/* Asking. */

static void on_boolean(void *arg, bool value)
{
    struct checks *checks = arg;
    struct item *item = ring_at(&checks->items, checks->replied++);
    /* An event that was pending and is applied by the time of the answer is no longer in the
     * overlay then, and Redis may have answered before it: so it is looked up here as well. */
    item->hit = value || is_pending(checks, item);
}

static void on_dataset(void *arg, bool ours)
{
    struct checks *checks = arg;
    if (!ours) {
        checks->ops->on_strange(checks->arg);
        return;
    }
    uint64_t trusted = checks->replied;
    while (checks->enabled && checks->calls.head < checks->calls.tail) {
        const struct call *call = ring_at(&checks->calls, checks->calls.head);
        if (checks->items.head + call->n > trusted)
            break;
        answer_first(checks);
    }
    ring_trim(&checks->items);
    ring_trim(&checks->calls);
    if (checks->sent < checks->items.tail)
        event_active(checks->pass, EV_TIMEOUT, 0);
}

/* Writes some of what is not asked yet. False: nothing more can be written now. */
static bool send_some(struct checks *checks)
{
    uint64_t room = WINDOW - (checks->sent - checks->replied);
    uint64_t n = checks->items.tail - checks->sent;
    n = n < room ? n : room;
    n = n < WRITE_STEP ? n : WRITE_STEP;
    char *out = n ? redis_reserve(checks->redis, n * NAMES_COMMAND_MAX) : NULL;
    if (!out)
        return false;
    size_t len = 0;
    for (uint64_t i = 0; i < n; i++) {
        const struct item *item = ring_at(&checks->items, checks->sent + i);
        len += names_command(checks->names, item->list, item->number, out + len);
    }
    if (redis_commit_booleans(checks->redis, len, (unsigned)n, on_boolean, checks) < 0)
        return false;
    checks->sent += n;
    return true;
}

static void ask_dataset(struct checks *checks)
{
    if (redis_expect(checks->redis, checks->question, checks->question_len, checks->expected,
                     checks->expected_len, on_dataset, checks) < 0)
        redis_drop(checks->redis, "out of memory");
}

void checks_probe(struct checks *checks)
{
    if (checks->enabled)
        ask_dataset(checks);
}

static void on_pass(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct checks *checks = arg;
    if (!checks->enabled) {
        if (checks->conf.outage != OUTAGE_HOLD)
            give_up(checks, UINT64_MAX, -ENOTCONN);
        arm_expiry(checks);
        return;
    }
    uint64_t before = checks->sent;
    while (send_some(checks))
        ;
    if (checks->sent > before)
        ask_dataset(checks);
    arm_expiry(checks);
}

int checks_add(struct checks *checks, const struct port_check *list, unsigned n,
               struct flt_ticket ticket)
{
    if (n == 0 || n > PORT_CHECKS_MAX)
        return -EINVAL;
    if (ring_count(&checks->items) + n > CHECKS_MAX)
        return -EAGAIN;
    uint64_t before = checks->items.tail;
    for (unsigned i = 0; i < n; i++) {
        uint32_t id = 0;
        int error = names_id(checks->names, list[i].list, &id);
        struct item *item = error ? NULL : ring_push(&checks->items);
        if (!item) {
            checks->items.tail = before;
            return error ? error : -ENOMEM;
        }
        *item = (struct item){.number = list[i].number, .list = id};
    }
    struct call *call = ring_push(&checks->calls);
    if (!call) {
        checks->items.tail = before;
        return -ENOMEM;
    }
    *call = (struct call){.ticket = ticket, .n = n, .asked_us = net_now_us(checks->net)};
    event_active(checks->pass, EV_TIMEOUT, 0);
    return 0;
}

/* The state of the whole. */

void checks_configure(struct checks *checks, const struct checks_conf *conf)
{
    checks->conf = *conf;
    disarm_expiry(checks);
    event_active(checks->pass, EV_TIMEOUT, 0);
}

int checks_enable(struct checks *checks, const char *prefix, const char *dataset)
{
    char key[LIST_KEY_MAX];
    int len = list_key_plain(key, sizeof key, prefix, "dataset");
    if (len < 0)
        return len;
    free(checks->question);
    free(checks->expected);
    checks->question = checks->expected = NULL;
    int question = asprintf(&checks->question, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", len, key);
    int expected = asprintf(&checks->expected, "$%zu\r\n%s\r\n", strlen(dataset), dataset);
    if (question < 0 || expected < 0)
        return -ENOMEM;
    checks->question_len = (size_t)question;
    checks->expected_len = (size_t)expected;
    checks->enabled = true;
    event_active(checks->pass, EV_TIMEOUT, 0);
    return 0;
}

void checks_disable(struct checks *checks)
{
    checks->enabled = false;
    disarm_expiry(checks); /* patience may be less now */
    checks->sent = checks->replied = checks->items.head;
    while (checks->calls.head < checks->alive)
        drop_first(checks, ring_at(&checks->calls, checks->calls.head));
    event_active(checks->pass, EV_TIMEOUT, 0);
}

uint64_t checks_waiting(const struct checks *checks)
{
    return checks->calls.tail - checks->alive;
}
