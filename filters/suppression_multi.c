/*
 * suppression of single destinations of a submit_multi: those on a list and those that cannot be
 * checked are dropped, the others go out. Only where none is left is the whole refused, or under
 * `answer: accept` answered as taken, with every destination in unsuccess_sme.
 */
#include "filters/suppression.h"

#include <stdlib.h>
#include <string.h>

/* A destination, and which of the readings are its own. */
struct destination {
    unsigned first, n;
};

struct suppression_multi {
    struct destination *destinations;
    uint64_t *numbers; /* of each reading */
    unsigned reading_count;
    bool blocked; /* a destination is on a list */
};

void suppression_multi_free(struct suppression_multi *multi)
{
    if (multi == NULL)
        return;
    free(multi->destinations);
    free(multi->numbers);
    free(multi);
}

static struct suppression_multi *multi_new(unsigned dest_count)
{
    struct suppression_multi *multi = calloc(1, sizeof *multi);

    if (multi == NULL)
        return NULL;
    multi->destinations = calloc(dest_count, sizeof *multi->destinations);
    multi->numbers = calloc((size_t)dest_count * PHONE_READINGS_MAX, sizeof *multi->numbers);
    if (multi->destinations == NULL || multi->numbers == NULL) {
        suppression_multi_free(multi);
        return NULL;
    }
    return multi;
}

/* unsuccess_sme has no way to say that a message was taken, so under `answer: accept` a dropped
 * destination is one that is not valid. */
static void drop(struct flt_call *call, unsigned i)
{
    const struct suppression_conf *conf = call->conf;

    flt_drop(call, i);
    call->dropped_status = conf->answer == ANSWER_ACCEPT ? (uint32_t)ESME_RINVDSTADR : conf->status;
}

static void drop_unchecked(struct flt_call *call, unsigned i, const char *why)
{
    call->ports->count(call->ports->ctx, "suppression", why);
    drop(call, i);
}

/* Reads the destinations: what cannot be checked is dropped at once, the checks of the others go
 * into `checks`. Returns their number, or -1 where there are too many. */
static int read_destinations(struct flt_call *call, struct port_check *checks)
{
    const struct suppression_call *state = call->state;
    const struct suppression_conf *conf = call->conf;
    struct suppression_multi *multi = state->multi;
    const char *region = flt_region_of(call->world, state->program);
    struct smpp_str rest = call->msg->dests;
    struct smpp_dest dest;
    unsigned n = 0;

    for (unsigned i = 0; smpp_dest_next(&rest, &dest); i++) {
        struct phone_readings readings;

        if (flt_dropped(call, i)) /* by a filter in front */
            continue;
        if (dest.flag != 1) {
            if (conf->distribution_lists == DISTRIBUTION_REJECT)
                drop_unchecked(call, i, "distribution_list");
            continue;
        }
        phone_read(call->phone, dest.addr.digits, region, &readings);
        if (readings.n == 0 || readings.foreign) {
            drop_unchecked(call, i, "unreadable");
            continue;
        }
        if (n + readings.n * state->lists->n > PORT_CHECKS_MAX)
            return -1;
        multi->destinations[i] = (struct destination){multi->reading_count, readings.n};
        memcpy(multi->numbers + multi->reading_count, readings.number,
               readings.n * sizeof readings.number[0]);
        multi->reading_count += readings.n;
        n = suppression_add_checks(checks, n, state->lists, readings.number, readings.n);
    }
    return (int)n;
}

/* The verdict once it is known which destinations are dropped. */
static enum flt_verdict judge(struct flt_call *call)
{
    const struct suppression_conf *conf = call->conf;
    const struct suppression_call *state = call->state;

    call->status = ESME_ROK;
    for (unsigned i = 0; i < call->msg->dest_count; i++) {
        if (!flt_dropped(call, i))
            return FLT_PASS;
    }
    if (!state->multi->blocked)
        call->status = ESME_RINVDSTADR;
    else if (conf->answer == ANSWER_ACCEPT)
        suppression_make_id(call);
    else
        call->status = conf->status;
    return FLT_REJECT;
}

enum flt_verdict suppression_multi_ask(struct flt_call *call)
{
    struct suppression_call *state = call->state;
    struct port_check *checks = malloc(PORT_CHECKS_MAX * sizeof *checks);
    enum flt_verdict verdict = FLT_REJECT;
    int n;

    state->multi = multi_new(call->msg->dest_count);
    call->status = ESME_RSYSERR;
    if (checks == NULL || state->multi == NULL)
        goto out;
    n = read_destinations(call, checks);
    if (n < 0)
        call->status = ESME_RINVNUMDESTS;
    else if (n == 0)
        verdict = judge(call);
    else
        verdict = suppression_ask(call, checks, (unsigned)n);
out:
    free(checks);
    return verdict;
}

enum flt_verdict suppression_multi_answered(struct flt_call *call, const struct port_reply *reply)
{
    const struct suppression_call *state = call->state;
    struct suppression_multi *multi = state->multi;
    struct smpp_str rest = call->msg->dests;
    struct smpp_dest dest;
    unsigned reading, list;

    for (unsigned i = 0; reply != NULL && smpp_dest_next(&rest, &dest); i++) {
        struct destination at = multi->destinations[i];

        if (!suppression_find_hit(state, reply, at.first, at.n, &reading, &list))
            continue;
        multi->blocked = true;
        drop(call, i);
        suppression_note_blocked(call, &dest.addr, multi->numbers[reading],
                                 multi->numbers[at.first], state->lists->list[list]);
    }
    return judge(call);
}
