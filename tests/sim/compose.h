/*
 * From what a person types to PDUs: addresses with their TON and NPI, text in the alphabet that
 * holds it, long texts in parts. Shared by the carrier simulator (deliver_sm) and smpp-send
 * (submit_sm). The caller owns all strings; views point into them.
 */
#ifndef SIM_COMPOSE_H
#define SIM_COMPOSE_H

#include "smpp/text.h"

#define COMPOSE_TEXT_MAX 8192
#define COMPOSE_AUTO     (-1) /* for `coding`: data_coding 0 where it holds the text, else UCS-2 */

/* "14155550100", "+1415...", "55512", "ACME", or with "TON/NPI:" in front; "-" is the empty
 * address. Sent as written. Returns 0 or -EINVAL. */
int compose_addr(const char *text, struct smpp_addr *addr);

struct compose {
    struct smpp_msg msg; /* what all parts share: command_id, addresses, registered_delivery */
    const char *text;    /* UTF-8 */
    int coding;
    enum smpp_alphabet zero; /* of data_coding 0 */
    bool payload;            /* message_payload instead of parts with UDH */
};

/* One PDU without a sequence number, to be written by `emit`. */
typedef void compose_emit(void *ctx, uint8_t *pdu, size_t len);

/* Returns the number of PDUs emitted, -EILSEQ where the text is not UTF-8 or the coding has no
 * such characters, -EMSGSIZE where it is too long. */
int compose_text(const struct compose *from, compose_emit *emit, void *ctx);

/* Octets in a given coding and esm_class, as one PDU. */
int compose_octets(const struct smpp_msg *msg, const uint8_t *octets, size_t len,
                   compose_emit *emit, void *ctx);

#endif
