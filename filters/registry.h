/* The list of all filters, by name and by number. A new filter is one file and one line here. */
#ifndef FILTERS_REGISTRY_H
#define FILTERS_REGISTRY_H

#include "filters/filter.h"

unsigned registry_count(void);
const struct flt_ops *registry_at(unsigned i);
const struct flt_ops *registry_find(const char *name); /* NULL where there is none */
unsigned registry_index(const struct flt_ops *ops);

#endif
