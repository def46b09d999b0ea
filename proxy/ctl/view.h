/*
 * Everything about one number: gathered here, shown as a card for people or as JSON for machines.
 */
#ifndef PROXY_CTL_VIEW_H
#define PROXY_CTL_VIEW_H

#include "proxy/ctl/lists.h"
#include "proxy/store/health.h"
#include "proxy/store/lookup.h"

#include <jansson.h>

/* A list that the number is on. */
struct view_list {
    const struct ctl_list *list;
    uint64_t since_ms; /* 0: nothing tells */
    json_t *event;     /* what put it there; NULL: nothing tells */
};

struct view {
    uint64_t number;
    struct phone_info info;
    bool suppressed; /* one of the lists blocks */
    struct view_list *lists;
    unsigned list_count;
    struct health health;
    json_t *history; /* array of events, latest first */
    uint64_t limit;  /* of the history */
};

/* Needs Redis and the event log open. 0, or CTL_REFUSED after a sentence; view_free in any case. */
int view_load(struct ctl *ctl, const struct ctl_lists *lists, uint64_t number, uint64_t limit,
              struct view *view);
void view_free(struct view *view);

void view_card(const struct view *view);
void view_json(const struct view *view);

/* Since when the number is on the list, and by which event. 0 or CTL_REFUSED. */
int view_since(struct ctl *ctl, const struct lookup_hit *hit, uint64_t number,
               struct view_list *list);

/* An event of the log as JSON, with its id. NULL: out of memory or no JSON. */
json_t *view_event(const struct eventlog_row *row);

/* What an event says, in a few words: "reply STOP to 12025550100". */
void view_words(const json_t *event, char *out, size_t cap);

#endif
