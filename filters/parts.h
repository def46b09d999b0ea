/*
 * Parts of concatenated messages, kept until all are there. Bounded in number, octets and time:
 * what never becomes complete is forgotten, the oldest first. One object serves one thread.
 */
#ifndef FILTERS_PARTS_H
#define FILTERS_PARTS_H

#include "smpp/text.h"

struct parts;

struct parts *parts_new(void); /* NULL if out of memory */
void parts_free(struct parts *parts);

/* Adds one part (part->concatenated). True when it made the message complete: *whole is then all
 * its octets in order, valid until the next call. A part that is there already is replaced. */
bool parts_add(struct parts *parts, uint64_t now_ms, const struct smpp_msg *msg,
               const struct smpp_part *part, struct smpp_str *whole);

#endif
