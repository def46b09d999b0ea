/*
 * Parts of concatenated messages, put together when all are there. Bounded in number, octets and
 * time: the oldest are forgotten first, complete or not. One object serves one thread.
 */
#ifndef FILTERS_PARTS_H
#define FILTERS_PARTS_H

#include "smpp/text.h"

struct parts;

struct parts *parts_new(void); /* NULL if out of memory */
void parts_free(struct parts *parts);

/* Adds one part (part->concatenated). True when it made the message complete: *whole is then all
 * its octets in order, valid until the next call. A part that is there already is replaced.
 * Whoever could not store what a message said has its last part sent again by the carrier, so a
 * message stays when it is complete: a repeated part completes it again, any other part in its
 * place begins a new one. */
bool parts_add(struct parts *parts, uint64_t now_ms, const struct smpp_msg *msg,
               const struct smpp_part *part, struct smpp_str *whole);

#endif
