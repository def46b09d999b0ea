/*
 * What suppression.c and suppression_multi.c share: the settings and the state of one call, and the
 * steps that are the same for one destination and for many. For nobody else: the filter is known to
 * the rest by its struct flt_ops. The state of a call owns `multi`; lists belong to the settings.
 */
#ifndef FILTERS_SUPPRESSION_H
#define FILTERS_SUPPRESSION_H

#include "filters/filter.h"

#define SUPPRESSION_LISTS_MAX 16

enum suppression_answer { ANSWER_REJECT, ANSWER_ACCEPT };
enum suppression_distribution { DISTRIBUTION_REJECT, DISTRIBUTION_PASS };

/* The lists that count for one program, or for senders without one. */
struct list_set {
    const char *list[SUPPRESSION_LISTS_MAX];
    unsigned n;
};

struct suppression_conf {
    struct conf_strings lists;
    int answer;
    uint32_t status;
    int distribution_lists;

    struct list_set *sets; /* one for each program, and the last for no program */
    unsigned set_count;
    char **names; /* optout:<program> for each program */
};

struct suppression_multi; /* the destinations of a submit_multi */

struct suppression_call {
    const struct list_set *lists;
    const struct flt_program *program;
    bool absorbed;                   /* by this filter, not by another behind it */
    struct suppression_multi *multi; /* NULL for other commands */
};

/* Adds the checks of `count` readings behind the `n` that are there. Returns how many there are. */
unsigned suppression_add_checks(struct port_check *checks, unsigned n, const struct list_set *lists,
                                const uint64_t *numbers, unsigned count);
enum flt_verdict suppression_ask(struct flt_call *call, const struct port_check *checks,
                                 unsigned n);

/* The first hit among the checks of `n` readings, as reading and list; false for none. */
bool suppression_find_hit(const struct suppression_call *state, const struct port_reply *reply,
                          unsigned first, unsigned n, unsigned *reading, unsigned *list);

/* Records that a message to `to` was blocked for its reading `number`; `likeliest` is the reading
 * that one would take it for. */
void suppression_note_blocked(struct flt_call *call, const struct smpp_addr *to, uint64_t number,
                              uint64_t likeliest, const char *list);

/* Fills call->message_id. */
void suppression_make_id(struct flt_call *call);

/* submit_multi (suppression_multi.c). `reply` is NULL where the operator lets pass unchecked. */
enum flt_verdict suppression_multi_ask(struct flt_call *call);
enum flt_verdict suppression_multi_answered(struct flt_call *call, const struct port_reply *reply);
void suppression_multi_free(struct suppression_multi *multi);

#endif
