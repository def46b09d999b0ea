/* The window: numbers given, found again, and given back. */
#include "proxy/relay/window.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define LAST 0x7FFFFFFFu

static struct window_entry *ask(struct window *w)
{
    struct window_entry *entry = window_add(w, UINT32_MAX, OWNER_PEER);

    cr_assert_not_null(entry);
    return entry;
}

static void answer(struct window *w, uint32_t sequence)
{
    struct window_entry *entry = window_find(w, sequence);

    cr_assert_not_null(entry, "%u is not there", sequence);
    cr_assert_eq(entry->sequence, sequence);
    window_remove(w, entry);
    cr_assert_null(window_find(w, sequence));
}

Test(window, nothing_is_in_an_empty_one)
{
    struct window w = {0};

    cr_assert_null(window_find(&w, 0));
    cr_assert_null(window_find(&w, 1));
    cr_assert_null(window_find(&w, UINT32_MAX));
    window_shrink(&w);
    window_free(&w);
}

Test(window, numbers_begin_at_one_and_go_on)
{
    struct window w = {0};

    for (uint32_t i = 1; i <= 100; i++) {
        cr_assert_eq(ask(&w)->sequence, i);
        answer(&w, i);
    }
    cr_assert_eq(w.count, 0);
    window_free(&w);
}

Test(window, a_new_entry_is_clean)
{
    struct window w = {0};
    struct window_entry *entry = ask(&w);

    entry->their_sequence = 7;
    entry->command_id = 4;
    entry->held = 9;
    entry->sent_us = 11;
    entry->out_end = 13;
    window_remove(&w, entry);
    for (unsigned i = 0; i < 16; i++) { /* once around the table */
        entry = window_add(&w, 1, OWNER_PEER);
        cr_assert_not_null(entry);
        cr_assert_eq(entry->their_sequence, 0);
        cr_assert_eq(entry->command_id, 0);
        cr_assert_eq(entry->held, WINDOW_NO_HELD);
        cr_assert_eq(entry->sent_us, 0);
        cr_assert_eq(entry->out_end, 0);
        cr_assert_eq(entry->owner, OWNER_PEER);
        window_remove(&w, entry);
    }
    window_free(&w);
}

Test(window, hundreds_are_outstanding_and_answered_in_any_order)
{
    struct window w = {0};

    for (uint32_t i = 1; i <= 1000; i++) {
        struct window_entry *entry = ask(&w);

        entry->their_sequence = i * 3;
    }
    cr_assert_eq(w.count, 1000);
    for (uint32_t step = 0; step < 1000; step++) {
        uint32_t sequence = 1 + step * 617 % 1000; /* each once */

        cr_assert_eq(window_find(&w, sequence)->their_sequence, sequence * 3);
        answer(&w, sequence);
    }
    cr_assert_eq(w.count, 0);
    window_free(&w);
}

Test(window, what_was_never_asked_is_not_found)
{
    struct window w = {0};

    for (uint32_t i = 0; i < 5; i++)
        ask(&w);
    cr_assert_null(window_find(&w, 0));
    cr_assert_null(window_find(&w, 6));
    cr_assert_null(window_find(&w, 1 + w.capacity), "the same place, another number");
    cr_assert_null(window_find(&w, 1 + (LAST & ~(w.capacity - 1))));
    cr_assert_null(window_find(&w, 0x80000001u));
    answer(&w, 3);
    window_free(&w);
}

Test(window, the_limit_counts_what_comes_from_the_peer)
{
    struct window w = {0};

    for (unsigned i = 0; i < 10; i++)
        cr_assert_not_null(window_add(&w, 10, OWNER_PEER));
    cr_assert_null(window_add(&w, 10, OWNER_PEER));
    cr_assert_eq(w.foreign, 10);
    cr_assert_not_null(window_add(&w, 10, OWNER_ENQUIRE), "ours always go");
    cr_assert_not_null(window_add(&w, 0, OWNER_UNBIND));
    cr_assert_not_null(window_add(&w, 0, OWNER_RECEIPT));
    cr_assert_eq(w.count, 13);
    cr_assert_eq(w.foreign, 10);
    answer(&w, 11); /* the enquire_link makes no room for the peer */
    cr_assert_null(window_add(&w, 10, OWNER_PEER));
    answer(&w, 4);
    cr_assert_not_null(window_add(&w, 10, OWNER_PEER));
    cr_assert_null(window_add(&w, 0, OWNER_PEER));
    window_free(&w);
}

Test(window, numbers_wrap_around_over_what_is_still_outstanding)
{
    struct window w = {0};
    uint32_t slow;

    slow = ask(&w)->sequence;
    w.next = LAST - 20;
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t sequence = ask(&w)->sequence;

        cr_assert(sequence >= 1 && sequence <= LAST);
        cr_assert_neq(sequence, slow, "a number that is in use");
        if (i % 2 == 0)
            answer(&w, sequence);
    }
    answer(&w, slow);
    cr_assert_eq(w.count, 100, "every other one");
    window_free(&w);
}

Test(window, numbers_without_an_answer_wrap_too)
{
    struct window w = {.next = LAST};

    cr_assert_eq(window_next_sequence(&w), LAST);
    cr_assert_eq(window_next_sequence(&w), 1);
    cr_assert_eq(window_next_sequence(&w), 2);
    cr_assert_eq(ask(&w)->sequence, 3);
    window_free(&w);
}

/* The carrier forgot one; thousands go by; the table must not grow for it, nor its number be given
 * again. */
Test(window, a_stale_entry_is_passed_over)
{
    struct window w = {0};
    uint32_t stale = ask(&w)->sequence, capacity = w.capacity;

    window_find(&w, stale)->their_sequence = 4711;
    for (unsigned i = 0; i < 10000; i++) {
        uint32_t sequence = ask(&w)->sequence;

        cr_assert_neq(sequence & (capacity - 1), stale & (capacity - 1));
        answer(&w, sequence);
    }
    cr_assert_eq(w.capacity, capacity);
    cr_assert_eq(window_find(&w, stale)->their_sequence, 4711);
    window_free(&w);
}

/* Against a plain list of what is outstanding. */
Test(window, behaves_as_a_list_of_numbers)
{
    struct window w = {.next = LAST - 3000};
    uint32_t open[300], n = 0;
    uint64_t random = 88172645463325252u;

    for (unsigned i = 0; i < 20000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (n < 300 && (n == 0 || random % 5 > 1)) {
            struct window_entry *entry = ask(&w);

            for (uint32_t j = 0; j < n; j++)
                cr_assert_neq(open[j], entry->sequence);
            entry->their_sequence = ~entry->sequence;
            open[n++] = entry->sequence;
        } else {
            uint32_t at = (uint32_t)(random >> 32) % n;

            cr_assert_eq(window_find(&w, open[at])->their_sequence, ~open[at]);
            answer(&w, open[at]);
            open[at] = open[--n];
        }
        cr_assert_eq(w.count, n);
        cr_assert_eq(w.foreign, n);
    }
    cr_assert_leq(w.capacity, 1024);
    window_free(&w);
}

Test(window, memory_goes_back_when_nothing_is_outstanding)
{
    struct window w = {0};
    uint32_t sequence;

    for (unsigned i = 0; i < 100; i++)
        sequence = ask(&w)->sequence;
    window_shrink(&w);
    cr_assert_gt(w.capacity, 0, "somebody waits");
    for (uint32_t i = 1; i <= sequence; i++)
        answer(&w, i);
    window_shrink(&w);
    cr_assert_eq(w.capacity, 0);
    cr_assert_null(w.entries);
    cr_assert_null(window_find(&w, sequence), "a late second answer");
    cr_assert_eq(ask(&w)->sequence, sequence + 1, "numbers go on");
    window_free(&w);
    cr_assert_eq(w.count, 0);
}
