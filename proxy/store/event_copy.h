/* An event with its strings in one block of memory, to be freed with free(). */
#ifndef PROXY_STORE_EVENT_COPY_H
#define PROXY_STORE_EVENT_COPY_H

#include "filters/event.h"

struct event *event_copy(const struct event *events, unsigned n); /* NULL: out of memory */

#endif
