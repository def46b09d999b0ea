/*
 * What this process has asked of the lists and Redis does not hold yet: from the moment an event is
 * handed to the journal until it is applied, its number counts as on its list. A pending removal
 * never hides what Redis says; it only ends the effect of a pending addition that it follows. Lists
 * go by their number in names.h. Pure memory; one thread.
 */
#ifndef PROXY_STORE_OVERLAY_H
#define PROXY_STORE_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#define OVERLAY_MAX 1000000u

struct overlay;

struct overlay *overlay_new(void); /* NULL: out of memory */
void overlay_free(struct overlay *overlay);

/* An operation ('+' or '-', at a time) was handed to the journal. 0, -ENOMEM, or -EAGAIN where too
 * much is pending. Each begin is followed by one overlay_failed or one overlay_journaled. */
int overlay_begin(struct overlay *overlay, uint32_t list, uint64_t number, char op,
                  uint64_t time_ms);
void overlay_failed(struct overlay *overlay, uint32_t list, uint64_t number, char op);

/* It is line `seq` of the journal now; lines come in order. */
void overlay_journaled(struct overlay *overlay, uint32_t list, uint64_t number, char op,
                       uint64_t seq);

/* Redis holds everything up to `seq`. */
void overlay_applied(struct overlay *overlay, uint64_t seq);

/* Whether a pending operation puts the number on the list. */
bool overlay_hit(const struct overlay *overlay, uint32_t list, uint64_t number);

/* The last pending operation for a number, '+' or '-'; 0: none. */
char overlay_last(const struct overlay *overlay, uint32_t list, uint64_t number);

uint32_t overlay_count(const struct overlay *overlay); /* numbers with something pending */

#endif
