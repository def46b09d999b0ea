/*
 * The state that senders and SMSC share: sessions and, for each, a ring of slots that says what
 * became of each message. Because both ends are here, every check is a look into a slot: the SMSC
 * finds there whether a message may arrive at all, the sender whether it did.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "tests/bench/options.h"
#include "tests/bench/tally.h"
#include "tests/bench/template.h"
#include "tests/bench/wire.h"

#define LOAD_PDU_MAX 512u /* of what we write */

enum slot_state {
    SLOT_FREE = 0,
    SLOT_SENT = 1,
    SLOT_ARRIVED = 2,
    SLOT_ANSWERED = 4,
    SLOT_RECEIPT = 8 /* its receipt came */
};

struct slot {
    uint64_t n; /* the message that has or last had the slot */
    uint64_t sent_ns;
    uint8_t state;
    bool used;       /* n means something */
    bool suppressed; /* must be refused and never arrive */
    char digits[NUMBER_DIGITS];
};

struct session {
    struct load *load;
    unsigned index;
    struct peer *sender, *carrier; /* carrier: NULL until the SMSC got the bind */
    bool bound, unbinding, over;
    struct slot *slots;
    uint64_t next;        /* message, counted from 0; its sequence number is one more */
    unsigned outstanding; /* without a response */
    unsigned unfinished;  /* without a response or, where one is due, a receipt */
    uint64_t arrived_end; /* behind the last message that arrived */
    uint64_t receipt_next;
    unsigned receipts_out; /* without a response */
    uint32_t receipt_sequence;
    uint32_t *receipt_ring; /* sequence numbers without a response, 0: none */
};

struct load {
    const struct options *options;
    struct wire *wire;
    struct tally tally;
    struct template submit, receipt;
    struct session *sessions;
    uint64_t ring_mask;
    bool sending;
    uint64_t left; /* messages that may still be sent */
    unsigned bound, over;
};

struct load *load_new(const struct options *options); /* NULL: out of memory or descriptors */
void load_free(struct load *load);

static inline struct slot *load_slot(const struct session *session, uint64_t n)
{
    return &session->slots[n & session->load->ring_mask];
}

/* The digits of message n; true where the number is one of the suppressed. */
bool load_number(const struct session *session, uint64_t n, char digits[NUMBER_DIGITS]);

/* Takes a message's slot from sent to answered, accepted and receipted; `state` is what is new. */
void load_advance(struct session *session, struct slot *slot, enum slot_state state);

/* Every connection or message that is not over counts as a fault now. */
void load_count_missing(struct load *load);

void load_send_header(struct peer *peer, uint32_t command_id, uint32_t sequence);

#endif
