/*
 * Finds where a chain goes on: its last line and the segment behind it. Reads the end of the last
 * segments only. Sets a torn last line aside; refuses a damaged one, because what was written
 * behind it would prove nothing. The caller holds the chain's lock.
 */
#ifndef PROXY_STORE_JOURNAL_TAIL_H
#define PROXY_STORE_JOURNAL_TAIL_H

#include "proxy/log.h"
#include "proxy/store/event_json.h"
#include "proxy/store/journal_segment.h"

/* Fills `segment` (whose chain is open) and `link` (initialised for the chain). 0, or -errno and
 * *error, a malloc'd sentence that names the file. */
int journal_tail_find(struct journal_segment *segment, struct event_link *link, struct log *log,
                      char **error);

#endif
