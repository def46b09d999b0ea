#include "proxy/store/event_copy.h"

#include <stdlib.h>
#include <string.h>

static size_t size_of(const char *text)
{
    return text && *text ? strlen(text) + 1 : 0;
}

/* Moves a string into the block; empty ones are as good as none. */
static const char *place(const char *text, char **at)
{
    size_t size = size_of(text);
    if (size == 0)
        return NULL;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

struct event *event_copy(const struct event *events, unsigned n)
{
    size_t size = n * sizeof *events;
    for (unsigned i = 0; i < n; i++) {
#define X(symbol) size += size_of(events[i].symbol);
        EVENT_STRINGS(X)
#undef X
    }
    struct event *copies = malloc(size ? size : 1);
    if (!copies)
        return NULL;
    char *at = (char *)(copies + n);
    for (unsigned i = 0; i < n; i++) {
        copies[i] = events[i];
#define X(symbol) copies[i].symbol = place(events[i].symbol, &at);
        EVENT_STRINGS(X)
#undef X
    }
    return copies;
}
