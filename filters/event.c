#include "filters/event.h"

#include <errno.h>
#include <string.h>

static const char *const type_names[] = {
#define X(symbol) #symbol,
    EVENT_TYPES(X)
#undef X
};

static const char *const source_names[] = {
#define X(symbol) #symbol,
    EVENT_SOURCES(X)
#undef X
};

const char *event_type_name(enum event_type type)
{
    return type_names[type];
}

const char *event_source_name(enum event_source source)
{
    return source == EVENT_SOURCE_none ? NULL : source_names[source];
}

int event_type_parse(const char *name, enum event_type *type)
{
    for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
        if (strcmp(name, type_names[i]) == 0) {
            *type = (enum event_type)i;
            return 0;
        }
    }
    return -EINVAL;
}

int event_source_parse(const char *name, enum event_source *source)
{
    for (unsigned i = 1; i < EVENT_SOURCE_COUNT; i++) {
        if (strcmp(name, source_names[i]) == 0) {
            *source = (enum event_source)i;
            return 0;
        }
    }
    return -EINVAL;
}
