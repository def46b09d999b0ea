/*
 * Delivery receipts: recognising and reading them in all their forms, and writing our own. Sources:
 * SMPP 3.4 appendix B (text), 5.2.12 (esm_class), 5.3.2.12, .35, .31 (TLVs). A receipt is never a
 * reply: its text quotes our own message ("Reply STOP ..."), so it is recognised first, by
 * esm_class, by its TLVs, or by its text alone.
 */
#ifndef SMPP_RECEIPT_H
#define SMPP_RECEIPT_H

#include "smpp/text.h"

/* SMPP 3.4, 5.2.28; 5.0 adds SCHEDULED and SKIPPED. */
enum smpp_state {
    SMPP_STATE_NONE = -1, /* not said or not understood */
    SMPP_STATE_SCHEDULED = 0,
    SMPP_STATE_ENROUTE,
    SMPP_STATE_DELIVERED,
    SMPP_STATE_EXPIRED,
    SMPP_STATE_DELETED,
    SMPP_STATE_UNDELIVERABLE,
    SMPP_STATE_ACCEPTED,
    SMPP_STATE_UNKNOWN,
    SMPP_STATE_REJECTED,
    SMPP_STATE_SKIPPED
};

#define SMPP_RECEIPT_ID_MAX   72 /* ids of 64 octets are seen; longer ones are cut here only */
#define SMPP_RECEIPT_STAT_MAX 16
#define SMPP_RECEIPT_ERR_MAX  16

/* Of an intermediate notification only DELIVERED is final: it speaks of one attempt. `stat` is
 * canonical (DELIVRD, UNDELIV, ...); FAILED, BUFFRED, NOCRED and SYSERR keep their word, and what
 * no table knows is UNKNOWN with the carrier's own word in capitals. */
struct smpp_receipt {
    enum smpp_state state;            /* the TLV's where both are there */
    bool final;                       /* no further receipt is to be expected */
    char id[SMPP_RECEIPT_ID_MAX + 1]; /* as the carrier wrote it; the TLV's where both are there */
    char stat[SMPP_RECEIPT_STAT_MAX + 1];
    char err[SMPP_RECEIPT_ERR_MAX + 1]; /* as written; network_error_code, in three digits or more,
                                           where the text has none or only zeros */
    int network_type;                   /* first octet of network_error_code, or -1 */
};

enum smpp_receipt_result {
    SMPP_RECEIPT_NO,        /* an ordinary message */
    SMPP_RECEIPT_READ,      /* `receipt` is filled as far as known; state is not NONE */
    SMPP_RECEIPT_UNREADABLE /* marked as a receipt, but no state can be made out */
};

/* `zero` is the carrier's alphabet of data_coding 0. deliver_sm and data_sm. */
__attribute__((nonnull)) enum smpp_receipt_result smpp_receipt_read(const struct smpp_msg *msg,
                                                                    enum smpp_alphabet zero,
                                                                    struct smpp_receipt *receipt);

/* The message text alone: true if it begins with a key of the customary form and has id: and stat:
 * in front of text:, with a known stat word and nothing but keys, or with dlvrd:, submit date:,
 * done date: or err: beside them; or three of these and sub:, where a carrier leaves out id: or
 * stat:. A sentence has none of that. The state stays NONE if the form says none. `receipt` may be
 * NULL. */
bool smpp_receipt_text(struct smpp_str text, struct smpp_receipt *receipt);

/* "DELIVRD" etc. for a state; NULL for NONE. And the state of a stat word in any of its customary
 * spellings and cases. */
const char *smpp_state_stat(enum smpp_state state);
enum smpp_state smpp_state_of(const char *stat, size_t len);

struct smpp_receipt_parts {
    const char *id, *stat, *err; /* err: three digits */
    unsigned submitted, delivered;
    int64_t submit_time, done_time; /* seconds since 1970, written as UTC */
    struct smpp_str text;           /* of our message; its first 20 octets are quoted */
};

/* Writes the receipt's text in the customary form of appendix B, without a NUL. Returns its length,
 * 0 if cap is too small or the id too long. At most 254 octets. */
__attribute__((nonnull)) size_t smpp_receipt_write(char *out, size_t cap,
                                                   const struct smpp_receipt_parts *parts);

#endif
