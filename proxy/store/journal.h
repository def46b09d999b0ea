/*
 * The journal: an append-only chain of events in files of readable JSON lines, the proof of what
 * happened (design section 7). One writer each chain; a thread of its own writes and syncs, so that
 * the loop never waits for the disk: whatever is queued while a sync runs goes into the next one
 * (group commit).
 *
 * Layout under the journal directory:
 *   <chain>/00000001.jsonl   segments, numbered; <chain> is the writer's name, <host>-<8 hex> or
 *                            ctl-<host>-<8 hex>
 *   <chain>/00000001.jsonl.torn  what a crash left of a last line, if it did
 *   <chain>/lock             held while a writer runs; holds the number of its last synced line
 *   <chain>/dataset          the Redis data set that this chain was last applied to
 *   imports/<sha256>.gz      imported files, kept
 *
 * A line: {"seq":1,"time":"...","type":"optout","source":"reply",...,"instance":"<chain>",
 * "text_hash":"...","prev":"...","text":"...","salt":"...","hash":"..."}; the event's strings stand
 * in the order of event.h, then count; what is absent is left out. `hash` is the SHA-256 (hex) of
 * the line's JSON as written without the members text, salt and hash; `prev` is the hash of the
 * line before (64 zeros in a chain's first); text_hash is the SHA-256 of the salt as written,
 * followed by the text in UTF-8. A line is canonical: it is what a parser that keeps the order of
 * members would write again, compact. Taking `text` and `salt` out of a line (both) is all that an
 * erasure does.
 */
#ifndef PROXY_STORE_JOURNAL_H
#define PROXY_STORE_JOURNAL_H

#include "filters/event.h"
#include "proxy/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

/* One event that has been written and synced, or could not be. */
struct journal_done {
    void *tag; /* the caller's, from journal_append */
    int error; /* 0, or -errno: the event is not stored */
    uint64_t seq;
    const char *line; /* without the newline; valid during the callback */
    size_t len;
};

/* Takes the first chain of `kind` ("daemon", "ctl") in `dir` that no other process holds, or begins
 * a new one; repairs a torn last line (kept beside the segment as .torn). NULL and *error
 * (malloc'd) otherwise; so too where the last line is damaged and not merely torn. `dir` is created
 * where it is missing. `segment_size` 0: a segment has no limit. */
struct journal *journal_open(const char *dir, const char *kind, uint64_t segment_size,
                             struct log *log, char **error);
void journal_close(struct journal *journal); /* writes what is queued first */

const char *journal_chain(const struct journal *journal);
uint64_t journal_seq(const struct journal *journal); /* of the last line that is synced */

/* Queues a copy of `n` events to be stored together, all or none; each gets its journal_done, in
 * order, with the same tag. 0, -ENOMEM, or -EAGAIN where too much is queued. Octets that are no
 * UTF-8 become U+FFFD; a text is cut at 256 KiB, another string at 16 KiB. */
int journal_append(struct journal *journal, const struct event *events, unsigned n, void *tag);

/* Readable when something is done; then journal_dispatch calls `done` for each, on this thread.
 * What is done counts as queued until then. `done` may append, and must not close. */
int journal_fd(const struct journal *journal);
void journal_dispatch(struct journal *journal, void (*done)(void *arg, const struct journal_done *),
                      void *arg);

/* Whether the last write worked (false: disk full or broken; it is tried again with the next). */
bool journal_healthy(const struct journal *journal);

#endif
