/*
 * The keys and values of a receipt's text, found where they lie: nothing is copied, the results
 * point into the caller's text. Reads from the left and stops at text:, behind which our own
 * message is quoted. Knows the customary form of SMPP 3.4 appendix B and how carriers bend it; does
 * not know PDUs, TLVs or alphabets (letters of the keys must lie as ASCII).
 */
#ifndef SMPP_RECEIPT_SCAN_H
#define SMPP_RECEIPT_SCAN_H

#include "smpp/receipt.h"

enum smpp_receipt_key {
    SMPP_RECEIPT_KEY_OTHER, /* a key of the carrier's own */
    SMPP_RECEIPT_KEY_ID,
    SMPP_RECEIPT_KEY_SUB,
    SMPP_RECEIPT_KEY_DLVRD,
    SMPP_RECEIPT_KEY_SUBMIT,
    SMPP_RECEIPT_KEY_DONE,
    SMPP_RECEIPT_KEY_STAT,
    SMPP_RECEIPT_KEY_ERR,
    SMPP_RECEIPT_KEY_TEXT
};

struct smpp_receipt_scan {
    struct smpp_str id, stat, err; /* trimmed; empty where absent. The first of a kind counts */
    unsigned keys;                 /* 1u << key for each key that was seen */
    bool leads;                    /* a known key is the first thing in the text */
    bool chatty;                   /* words that belong to no key stand behind id or stat */
};

__attribute__((nonnull)) void smpp_receipt_scan(struct smpp_str text,
                                                struct smpp_receipt_scan *scan);

/* Whether this can only be a receipt, even where nothing else marks the message as one. */
__attribute__((nonnull)) bool smpp_receipt_scan_customary(const struct smpp_receipt_scan *scan);

#endif
