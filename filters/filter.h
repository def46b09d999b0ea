/*
 * The contract between a filter and what runs it. A filter looks at one PDU and says what becomes
 * of it; it owns no socket, no clock and no storage, and asks for those through ports.h. A filter
 * is one file that defines one struct flt_ops, and one line in registry.c. chain.c runs them.
 *
 * Life of a call: on_pdu; if that said PENDING, at most one on_reply (none when the session is gone
 * first); then at most one on_resp, when the other side has answered a PDU that passed or our
 * answer to an absorbed one is on its way; at the end always one done. `state` is zero at on_pdu
 * and lives until done.
 */
#ifndef FILTERS_FILTER_H
#define FILTERS_FILTER_H

#include "filters/keys.h"
#include "filters/phone.h"
#include "filters/ports.h"
#include "smpp/receipt.h"
#include "smpp/text.h"
#include "smpp/view.h"

enum flt_verdict {
    FLT_PASS,
    FLT_REJECT,  /* answer with call->status */
    FLT_ABSORB,  /* answer as if the other side had taken it; call->message_id is the id */
    FLT_PENDING, /* a port will answer */
    FLT_VERDICTS
};

/* Which commands a filter wants to see. */
enum {
    FLT_SUBMIT_SM = 1 << 0,
    FLT_SUBMIT_MULTI = 1 << 1,
    FLT_DATA_SM = 1 << 2,
    FLT_DELIVER_SM = 1 << 3,
    FLT_REPLACE_SM = 1 << 4,
};

/* A brand or campaign, known by its sender addresses. */
struct flt_program {
    const char *name;
    struct conf_strings senders;
    const char *region; /* "" : the default region */
};

/* What does not change from message to message. Belongs to the configuration snapshot. */
struct flt_world {
    const char *region; /* default region, "" for none */
    const struct flt_program *programs;
    unsigned program_count;
};

/* Where a PDU comes from and goes to. Belongs to the session. */
struct flt_origin {
    const char *account;         /* system_id of the bind */
    const char *carrier;         /* name of the carrier */
    enum smpp_alphabet alphabet; /* what data_coding 0 means at this carrier */
    uint32_t session;
};

/* What several filters of a chain want to know of one PDU, found out once. */
struct flt_shared;
struct parts;

struct flt_call {
    const void *conf; /* this filter's settings */
    void *state;      /* this filter's call_size octets */
    const struct flt_world *world;
    const struct flt_origin *origin;
    const struct flt_ports *ports;
    struct phone *phone;
    struct parts *parts; /* concatenated messages that are not complete */
    struct flt_shared *shared;
    bool inbound; /* from the carrier */
    const struct smpp_msg
        *msg; /* valid in on_pdu and on_reply, and in on_resp after ABSORB; NULL elsewhere */
    struct flt_ticket ticket; /* to be handed to a port */
    bool monitor;             /* the verdict will only be counted */

    /* What the filter says beside its verdict. */
    uint32_t status;     /* REJECT: command_status of the whole response */
    char message_id[72]; /* ABSORB, REJECT with ESME_ROK: our id; on_resp: theirs; "": none */
    uint64_t dropped[4]; /* submit_multi: destination i is not to be sent to */
    /* submit_multi, PASS or REJECT: the status of each dropped destination in unsuccess_sme, while
     * `status` is that of the whole response. 0: not set, `status` counts for them too. */
    uint32_t dropped_status;
};

static inline bool flt_dropped(const struct flt_call *call, unsigned i)
{
    return (call->dropped[i / 64] >> (i % 64)) & 1;
}

static inline void flt_drop(struct flt_call *call, unsigned i)
{
    call->dropped[i / 64] |= UINT64_C(1) << (i % 64);
}

struct flt_ops {
    const char *name;
    const char *help;       /* what it does, for the commented configuration */
    uint32_t pdus;          /* FLT_SUBMIT_SM | ... */
    bool outbound, inbound; /* the chains in which it may stand */
    size_t conf_size, call_size;
    const struct conf_key *keys; /* its settings; `filter` and `mode` are the chain's */
    /* What a table cannot say: checks the settings together and prepares what is derived from
     * them. Returns NULL, or what is wrong. conf_done frees what conf_ready made. May be NULL. */
    const char *(*conf_ready)(void *conf, const struct flt_world *world);
    void (*conf_done)(void *conf);

    enum flt_verdict (*on_pdu)(struct flt_call *call);
    enum flt_verdict (*on_reply)(struct flt_call *call, const struct port_reply *reply);
    void (*on_resp)(struct flt_call *call, uint32_t status); /* may be NULL */
    void (*done)(struct flt_call *call); /* releases what state holds; may be NULL */
};

/* Of the handset's end of this PDU (the destination of what goes out, the source of what comes in):
 * every reading of its number. None where it cannot be read. */
const struct phone_readings *flt_readings(struct flt_call *call);

/* The program that this PDU belongs to by our end's address, or NULL. */
const struct flt_program *flt_program(struct flt_call *call);

/* Whether an inbound PDU is a delivery receipt; if READ and `receipt` is not NULL, its content. */
enum smpp_receipt_result flt_receipt(struct flt_call *call, struct smpp_receipt *receipt);

/* The program that a sender address belongs to, or NULL. Digits match in any spelling ('+', spaces,
 * dashes), alphanumeric senders in any case. */
const struct flt_program *flt_program_of(const struct flt_world *world, struct smpp_str sender);
const struct flt_program *flt_program_named(const struct flt_world *world, const char *name);

/* Names of lists and programs become part of keys, metrics and file names, so they are plain:
 * letters, digits and . _ : - with a letter or digit in front, at most 100 octets (programs: 64, no
 * colon). */
bool flt_name_ok(const char *name);

/* The region in which a program's numbers are read. `program` may be NULL. */
const char *flt_region_of(const struct flt_world *world, const struct flt_program *program);

/* Which FLT_* bit a command is, 0 for those that filters never see. */
uint32_t flt_pdu_bit(uint32_t command_id);

#endif
