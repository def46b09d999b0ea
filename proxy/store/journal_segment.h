/*
 * The segment that is being written: bytes go in and are synced, or are taken back so that the file
 * ends where it was last synced. Begins the next segment when one is full or has failed. Belongs to
 * the journal's thread once it runs; knows nothing of lines.
 */
#ifndef PROXY_STORE_JOURNAL_SEGMENT_H
#define PROXY_STORE_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_segment {
    int chain;       /* ours, the chain's directory */
    int fd;          /* ours, -1: none yet */
    uint32_t number; /* of the open segment, or of the last one; 0: none yet */
    uint64_t size;   /* up to here it is synced */
    uint64_t limit;  /* no segment grows beyond, unless by a single append; 0: no limit */
    bool dirty;      /* there may be bytes behind `size` */
    bool given_up;   /* nothing is written here any more */
};

/* Writes and syncs all of it, or leaves nothing. 0 or -errno. */
int journal_segment_append(struct journal_segment *segment, const char *data, size_t len);

void journal_segment_close(struct journal_segment *segment);

#endif
