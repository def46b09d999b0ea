#include "proxy/store/overlay.h"

#include "proxy/store/ring.h"

#include <errno.h>

/* A number on a list with operations pending. Open addressing, linear probing; pending 0: free. */
struct slot {
    uint64_t number;
    uint64_t time_ms; /* of the newest operation */
    uint32_t list;
    uint32_t pending; /* operations begun and neither failed nor applied */
    uint32_t adds;    /* of those, additions */
    char last;        /* the newest */
    bool removed;     /* it is a removal, and in the journal */
};

struct applied_key {
    uint64_t seq, number;
    uint32_t list;
    char op;
};

struct overlay {
    struct slot *slots;
    uint32_t cap, used;    /* cap is a power of two */
    struct ring journaled; /* applied_key, by seq */
};

struct overlay *overlay_new(void)
{
    struct overlay *overlay = calloc(1, sizeof *overlay);
    if (!overlay)
        return NULL;
    ring_init(&overlay->journaled, sizeof(struct applied_key));
    overlay->cap = 64;
    overlay->slots = calloc(overlay->cap, sizeof *overlay->slots);
    if (!overlay->slots) {
        free(overlay);
        return NULL;
    }
    return overlay;
}

void overlay_free(struct overlay *overlay)
{
    if (!overlay)
        return;
    ring_free(&overlay->journaled);
    free(overlay->slots);
    free(overlay);
}

static uint32_t home(const struct overlay *overlay, uint32_t list, uint64_t number)
{
    uint64_t hash = (number ^ ((uint64_t)list << 52)) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32) & (overlay->cap - 1);
}

/* The number's slot, or the free one where it would go. */
static struct slot *find(const struct overlay *overlay, uint32_t list, uint64_t number)
{
    uint32_t at = home(overlay, list, number);
    while (overlay->slots[at].pending &&
           (overlay->slots[at].number != number || overlay->slots[at].list != list))
        at = (at + 1) & (overlay->cap - 1);
    return &overlay->slots[at];
}

static bool grow(struct overlay *overlay)
{
    struct overlay bigger = {.cap = overlay->cap * 2};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (uint32_t i = 0; i < overlay->cap; i++) {
        struct slot *slot = &overlay->slots[i];
        if (slot->pending)
            *find(&bigger, slot->list, slot->number) = *slot;
    }
    free(overlay->slots);
    overlay->slots = bigger.slots;
    overlay->cap = bigger.cap;
    return true;
}

int overlay_begin(struct overlay *overlay, uint32_t list, uint64_t number, char op,
                  uint64_t time_ms)
{
    if (overlay->used * 2 >= overlay->cap) {
        if (overlay->used >= OVERLAY_MAX)
            return -EAGAIN;
        if (!grow(overlay))
            return -ENOMEM;
    }
    struct slot *slot = find(overlay, list, number);
    if (!slot->pending) {
        *slot = (struct slot){.number = number, .list = list};
        overlay->used++;
    }
    slot->pending++;
    slot->adds += op == '+';
    if (time_ms >= slot->time_ms) {
        slot->time_ms = time_ms;
        slot->last = op;
        slot->removed = false;
    }
    return 0;
}

/* Closes the gap that a freed slot leaves in the probe sequences of those behind it. */
static void release(struct overlay *overlay, struct slot *slot)
{
    uint32_t mask = overlay->cap - 1;
    uint32_t hole = (uint32_t)(slot - overlay->slots);
    overlay->used--;
    slot->pending = 0;
    for (uint32_t at = (hole + 1) & mask; overlay->slots[at].pending; at = (at + 1) & mask) {
        uint32_t from = home(overlay, overlay->slots[at].list, overlay->slots[at].number);
        if (((at - from) & mask) < ((at - hole) & mask))
            continue;
        overlay->slots[hole] = overlay->slots[at];
        overlay->slots[at].pending = 0;
        hole = at;
    }
}

static void finish(struct overlay *overlay, uint32_t list, uint64_t number, char op)
{
    struct slot *slot = find(overlay, list, number);
    assert(slot->pending > 0 && slot->adds >= (op == '+'));
    slot->adds -= op == '+';
    if (--slot->pending == 0)
        release(overlay, slot);
    else if (slot->adds == 0)
        slot->last = '-';
    else if (slot->adds == slot->pending)
        slot->last = '+';
    slot->removed = slot->removed && slot->last == '-';
}

void overlay_failed(struct overlay *overlay, uint32_t list, uint64_t number, char op)
{
    finish(overlay, list, number, op);
}

void overlay_journaled(struct overlay *overlay, uint32_t list, uint64_t number, char op,
                       uint64_t seq)
{
    struct slot *slot = find(overlay, list, number);
    assert(slot->pending > 0);
    slot->removed = slot->removed || (op == '-' && slot->last == '-');
    struct applied_key *key = ring_push(&overlay->journaled);
    if (key) /* without memory the number stays suppressed in this process: the safe side */
        *key = (struct applied_key){.seq = seq, .number = number, .list = list, .op = op};
}

void overlay_applied(struct overlay *overlay, uint64_t seq)
{
    while (ring_count(&overlay->journaled) > 0) {
        struct applied_key *key = ring_at(&overlay->journaled, overlay->journaled.head);
        if (key->seq > seq)
            return;
        finish(overlay, key->list, key->number, key->op);
        ring_pop(&overlay->journaled);
    }
    ring_trim(&overlay->journaled);
}

bool overlay_hit(const struct overlay *overlay, uint32_t list, uint64_t number)
{
    if (overlay->used == 0)
        return false;
    const struct slot *slot = find(overlay, list, number);
    return slot->pending && slot->adds > 0 && !slot->removed;
}

char overlay_last(const struct overlay *overlay, uint32_t list, uint64_t number)
{
    if (overlay->used == 0)
        return 0;
    const struct slot *slot = find(overlay, list, number);
    return slot->pending ? slot->last : (char)0;
}

uint32_t overlay_count(const struct overlay *overlay)
{
    return overlay->used;
}
