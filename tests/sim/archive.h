/*
 * What the simulated carrier received: the last requests in whole, and counts of all commands.
 * Owns copies of the PDUs. Messages are numbered from 1 in the order of their arrival.
 */
#ifndef SIM_ARCHIVE_H
#define SIM_ARCHIVE_H

#include "smpp/receipt.h"

#include <stdio.h>

#define ARCHIVE_KEPT 4096

struct message {
    uint64_t number; /* 0: nothing here */
    unsigned session;
    char system_id[64];
    char id[64];         /* that the response gave; empty where it was refused */
    char receipt_id[64]; /* the same as receipts will spell it */
    uint32_t status;     /* of the response */
    enum smpp_state state;
    int64_t time;
    const uint8_t *pdu;
    size_t len;
};

struct archive;

struct archive *archive_new(void);
void archive_free(struct archive *archive);

/* Takes a copy of `message` and its PDU, and numbers it. */
void archive_add(struct archive *archive, const struct message *message);

uint64_t archive_count(const struct archive *archive);
void archive_clear(struct archive *archive);

/* By number, counted from 1; NULL where it is no longer kept. And by message id. */
struct message *archive_at(struct archive *archive, uint64_t number);
struct message *archive_find(struct archive *archive, struct smpp_str id);

/* Counts of every command, in and out, as "in.submit_sm=3 out.deliver_sm=1 ...". */
void archive_tally(struct archive *archive, bool in, uint32_t command_id, uint32_t status);
void archive_print_tally(const struct archive *archive, FILE *to);

#endif
