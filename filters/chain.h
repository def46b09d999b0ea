/*
 * Runs the filters of one direction over a PDU, one after the other, stopping at the first that
 * does not pass, resuming at one that was pending. A chain is immutable and belongs to a
 * configuration snapshot; a run belongs to the message. Knows nothing of sessions or sockets.
 */
#ifndef FILTERS_CHAIN_H
#define FILTERS_CHAIN_H

#include "filters/filter.h"

#define CHAIN_STEPS_MAX 16

struct chain_step {
    const struct flt_ops *ops;
    void *conf;
    bool monitor;
};

/* One counter for each filter of the registry and verdict; PASS by monitor counts in `monitored`.
 */
struct chain_counts {
    uint64_t verdict[FLT_VERDICTS];
    uint64_t monitored, port_failed;
};

struct chain;

/* A PDU on its way. The caller provides chain_run_size() octets for it, aligned for any type. */
struct chain_run;

/* Copies the steps, not what they point to. NULL if out of memory. */
struct chain *chain_new(const struct chain_step *steps, unsigned n);
void chain_free(struct chain *chain);
size_t chain_run_size(const struct chain *chain);

/* What it is made of, in order: for those who explain a configuration rather than run it. */
unsigned chain_length(const struct chain *chain);
const struct chain_step *chain_at(const struct chain *chain, unsigned i);

/* What a run works with. Copied by chain_start; what it points to outlives the run. */
struct chain_env {
    const struct flt_world *world;
    const struct flt_origin *origin;
    const struct flt_ports *ports;
    struct phone *phone;
    struct parts *parts;
    struct chain_counts *counts; /* one for each filter of the registry */
    bool inbound;
};

/* Starts a run of the PDU that was read into msg. */
enum flt_verdict chain_start(const struct chain *chain, struct chain_run *run,
                             const struct chain_env *env, const struct smpp_msg *msg,
                             struct flt_ticket ticket);

/* A port has answered a run that is PENDING. */
enum flt_verdict chain_resume(struct chain_run *run, const struct smpp_msg *msg,
                              const struct port_reply *reply);

/* The other side has answered a run that passed (msg NULL), or our answer to one that was absorbed
 * is on its way. */
void chain_answered(struct chain_run *run, const struct smpp_msg *msg, uint32_t status,
                    struct smpp_str message_id);

/* Ends a run, whatever became of it. Every run that was started is ended once. */
void chain_end(struct chain_run *run);

/* Whether anybody wants chain_answered(): if not, the run may be given up after its verdict. */
bool chain_wants_resp(const struct chain *chain);

/* What the verdict is made of: status, message_id, dropped. */
const struct flt_call *chain_call(const struct chain_run *run);

#endif
