#include "proxy/relay/window.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16u
#define SEQUENCE_MAX   0x7FFFFFFFu /* SMPP 3.4, 3.2: 1 to 0x7FFFFFFF */

uint32_t window_next_sequence(struct window *window)
{
    if (window->next == 0 || window->next > SEQUENCE_MAX)
        window->next = 1;
    return window->next++;
}

/* Entries keep distinct places in a table of twice the size. */
static bool grow(struct window *window)
{
    uint32_t capacity = window->capacity == 0 ? FIRST_CAPACITY : window->capacity * 2;
    struct window_entry *entries = calloc(capacity, sizeof *entries);

    if (entries == NULL)
        return false;
    for (uint32_t i = 0; i < window->capacity; i++) {
        const struct window_entry *entry = &window->entries[i];

        if (entry->sequence != 0)
            entries[entry->sequence & (capacity - 1)] = *entry;
    }
    free(window->entries);
    window->entries = entries;
    window->capacity = capacity;
    return true;
}

struct window_entry *window_add(struct window *window, uint32_t limit, enum window_owner owner)
{
    struct window_entry *entry;

    if (owner == OWNER_PEER && window->foreign >= limit)
        return NULL;
    if (window->count * 2 >= window->capacity && !grow(window))
        return NULL;
    /* An unanswered request of long ago may sit in the next place: its number's turn is over. */
    do {
        uint32_t sequence = window_next_sequence(window);

        entry = &window->entries[sequence & (window->capacity - 1)];
        if (entry->sequence == 0) {
            memset(entry, 0, sizeof *entry);
            entry->sequence = sequence;
        } else {
            entry = NULL;
        }
    } while (entry == NULL);
    entry->owner = owner;
    entry->held = WINDOW_NO_HELD;
    window->count++;
    if (owner == OWNER_PEER)
        window->foreign++;
    return entry;
}

struct window_entry *window_find(const struct window *window, uint32_t sequence)
{
    struct window_entry *entry;

    if (window->capacity == 0 || sequence == 0)
        return NULL;
    entry = &window->entries[sequence & (window->capacity - 1)];
    return entry->sequence == sequence ? entry : NULL;
}

void window_remove(struct window *window, struct window_entry *entry)
{
    entry->sequence = 0;
    window->count--;
    if (entry->owner == OWNER_PEER)
        window->foreign--;
}

void window_shrink(struct window *window)
{
    if (window->count > 0 || window->capacity == 0)
        return;
    free(window->entries);
    window->entries = NULL;
    window->capacity = 0;
}

void window_free(struct window *window)
{
    free(window->entries);
    *window = (struct window){0};
}
