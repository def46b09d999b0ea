/*
 * Judges one line of a journal: whether it is canonical and its digests are right (the format is in
 * journal.h). What joins lines to a chain is for the caller to compare. Making an event of a line
 * is event_line_parse in journal_read.h.
 */
#ifndef PROXY_STORE_EVENT_LINE_H
#define PROXY_STORE_EVENT_LINE_H

#include "proxy/store/sha.h"

#include <stddef.h>
#include <stdint.h>

struct line_facts {
    uint64_t seq;
    char prev[SHA_HEX + 1];
    char hash[SHA_HEX + 1];
};

/* What is wrong with the line (a clause, static), or NULL and its facts. `line` is without the
 * newline; `instance` is the name of the chain that it should belong to. A line whose text was
 * erased (text and salt taken out, text_hash kept) is right. */
const char *event_line_check(struct sha *sha, const char *line, size_t len, const char *instance,
                             struct line_facts *facts);

#endif
