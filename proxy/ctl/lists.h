/*
 * The lists there are: those that the configuration names, those that Redis knows, and the two that
 * always exist. And which of them block.
 */
#ifndef PROXY_CTL_LISTS_H
#define PROXY_CTL_LISTS_H

#include "proxy/ctl/ctl.h"

struct ctl_list {
    char *name;
    char *description; /* "" where nobody gave one */
    bool in_redis;     /* it was made or used */
    bool blocks;       /* a filter that is in force names it */
    uint64_t numbers;  /* for whoever counts */
};

struct ctl_lists {
    struct ctl_list *v;
    unsigned n;
};

/* Sorted by name. Needs Redis open. 0, or CTL_REFUSED after a sentence. */
int ctl_lists_load(struct ctl *ctl, struct ctl_lists *lists);
void ctl_lists_free(struct ctl_lists *lists);

/* NULL where there is none of that name. */
struct ctl_list *ctl_lists_find(const struct ctl_lists *lists, const char *name, size_t len);
/* Adds it where it is missing. NULL: out of memory. May move the others. */
struct ctl_list *ctl_lists_add(struct ctl_lists *lists, const char *name, size_t len);

/* Whether the configuration names the list for anything. */
bool ctl_list_in_conf(const struct conf *conf, const char *name);

/* `optout`, or the program's list of opt-outs into `out`. 0, or CTL_REFUSED where there is no such
 * program. */
int ctl_optout_list(struct ctl *ctl, const char *program, char *out, size_t cap);

/* Whether a list may have this name: 0, or CTL_USAGE after a sentence. */
int ctl_list_name(struct ctl *ctl, const char *name);

#endif
