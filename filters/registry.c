#include "filters/registry.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Every filter: its file defines filter_<name>. */
#define FILTERS(X) X(suppression) X(health) X(receipt) X(optout)

#define X(name) extern const struct flt_ops filter_##name;
FILTERS(X)
#undef X

static const struct flt_ops *const filters[] = {
#define X(name) &filter_##name,
    FILTERS(X)
#undef X
};

#define COUNT (sizeof filters / sizeof filters[0])

unsigned registry_count(void)
{
    return COUNT;
}

const struct flt_ops *registry_at(unsigned i)
{
    assert(i < COUNT);
    return filters[i];
}

const struct flt_ops *registry_find(const char *name)
{
    for (unsigned i = 0; i < COUNT; i++) {
        if (strcmp(filters[i]->name, name) == 0)
            return filters[i];
    }
    return NULL;
}

unsigned registry_index(const struct flt_ops *ops)
{
    unsigned i = 0;

    while (i < COUNT && filters[i] != ops)
        i++;
    assert(i < COUNT);
    return i;
}
