/*
 * What a run counts, and what it finds wrong. The first few findings of each kind are written to
 * standard error as they are met; all are counted.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include "tests/bench/histogram.h"

/* X(symbol, what it means). */
#define TALLY_FAULTS(X)                                                                            \
    X(leaked, "a message to a suppressed number reached the SMSC")                                 \
    X(lost, "a message neither arrived nor was refused")                                           \
    X(unanswered, "a message arrived and its response did not come back")                          \
    X(doubled, "a message, response or receipt came twice")                                        \
    X(wrong, "a response with another status or message id than its request must get")             \
    X(disordered, "a message arrived before one that was sent earlier in its session")             \
    X(changed, "a PDU is not octet for octet what was sent")                                       \
    X(strange, "a PDU that nobody sent")                                                           \
    X(receipts_lost, "a receipt did not reach the sender, or its response the SMSC")               \
    X(closed, "a connection ended or could not be opened")

enum tally_fault {
#define X(symbol, meaning) TALLY_##symbol,
    TALLY_FAULTS(X)
#undef X
        TALLY_FAULT_COUNT
};

struct tally {
    uint64_t sent, arrived, accepted, refused; /* refused: as expected */
    uint64_t receipts;                         /* that reached the sender */
    uint64_t faults[TALLY_FAULT_COUNT];
    struct histogram accepted_time, refused_time;
};

const char *tally_fault_name(enum tally_fault fault);
uint64_t tally_faults(const struct tally *tally);

/* Counts a fault of message `n` of a session; `detail` is a command status or id, or 0. */
void tally_fault(struct tally *tally, enum tally_fault fault, unsigned session, uint64_t n,
                 uint32_t detail);

#endif
