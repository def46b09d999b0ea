#include "proxy/store/overlay.h"

#include "proxy/store/names.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

Test(overlay, a_number_counts_from_the_start_until_it_is_applied)
{
    struct overlay *overlay = overlay_new();
    cr_assert_not(overlay_hit(overlay, 1, 14155550100));
    cr_assert_eq(overlay_begin(overlay, 1, 14155550100, '+', 5), 0);
    cr_assert(overlay_hit(overlay, 1, 14155550100));
    cr_assert_not(overlay_hit(overlay, 2, 14155550100));
    overlay_journaled(overlay, 1, 14155550100, '+', 7);
    overlay_applied(overlay, 6);
    cr_assert(overlay_hit(overlay, 1, 14155550100));
    overlay_applied(overlay, 7);
    cr_assert_not(overlay_hit(overlay, 1, 14155550100));
    cr_assert_eq(overlay_count(overlay), 0);
    overlay_free(overlay);
}

Test(overlay, a_removal_counts_only_when_it_is_journaled_and_newer)
{
    struct overlay *overlay = overlay_new();
    overlay_begin(overlay, 1, 7, '+', 10);
    overlay_begin(overlay, 1, 7, '-', 11);
    cr_assert(overlay_hit(overlay, 1, 7));
    cr_assert_eq(overlay_last(overlay, 1, 7), '-');
    overlay_journaled(overlay, 1, 7, '+', 1);
    cr_assert(overlay_hit(overlay, 1, 7));
    overlay_journaled(overlay, 1, 7, '-', 2);
    cr_assert_not(overlay_hit(overlay, 1, 7));
    overlay_begin(overlay, 1, 7, '-', 5); /* an old one */
    overlay_begin(overlay, 1, 7, '+', 12);
    cr_assert(overlay_hit(overlay, 1, 7));
    overlay_failed(overlay, 1, 7, '+');
    overlay_failed(overlay, 1, 7, '-');
    overlay_applied(overlay, 2);
    cr_assert_eq(overlay_count(overlay), 0);
    overlay_free(overlay);
}

Test(overlay, an_old_removal_does_not_hide_a_newer_addition)
{
    struct overlay *overlay = overlay_new();
    overlay_begin(overlay, 1, 7, '+', 10);
    overlay_begin(overlay, 1, 7, '-', 9);
    overlay_journaled(overlay, 1, 7, '+', 1);
    overlay_journaled(overlay, 1, 7, '-', 2);
    cr_assert(overlay_hit(overlay, 1, 7));
    overlay_free(overlay);
}

/* Against a plain array, with numbers that collide often. */
Test(overlay, agrees_with_a_simple_model)
{
    enum { NUMBERS = 500, STEPS = 100000 };
    static unsigned pending[NUMBERS];
    struct overlay *overlay = overlay_new();
    uint64_t seq = 0, applied = 0;
    static unsigned owner[STEPS + 1];
    srand(1);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned number = (unsigned)rand() % NUMBERS;
        if (rand() % 2) {
            cr_assert_eq(overlay_begin(overlay, 0, number, '+', step), 0);
            overlay_journaled(overlay, 0, number, '+', ++seq);
            owner[seq] = number;
            pending[number]++;
        } else if (applied < seq) {
            uint64_t upto = applied + 1 + (uint64_t)rand() % (seq - applied);
            overlay_applied(overlay, upto);
            while (applied < upto)
                pending[owner[++applied]]--;
        }
        number = (unsigned)rand() % NUMBERS;
        cr_assert_eq(overlay_hit(overlay, 0, number), pending[number] > 0);
    }
    overlay_free(overlay);
}

Test(names, commands_are_what_redis_reads)
{
    static const char expected[] =
        "*3\r\n$9\r\nSISMEMBER\r\n$22\r\nsg:list:optout:1415555\r\n$3\r\n100\r\n";
    struct names *names = names_new("sg:");
    char out[NAMES_COMMAND_MAX];
    uint32_t optout, bounced, again;
    cr_assert_eq(names_id(names, "optout", &optout), 0);
    cr_assert_eq(names_id(names, "bounced", &bounced), 0);
    cr_assert_eq(names_id(names, "optout", &again), 0);
    cr_assert_eq(optout, again);
    cr_assert_neq(optout, bounced);
    size_t len = names_command(names, optout, 14155550100, out);
    cr_assert_eq(len, sizeof expected - 1);
    cr_assert_arr_eq(out, expected, len);
    cr_assert_eq(names_id(names, "", &again), -EINVAL);
    len = names_command(names, bounced, UINT64_MAX, out);
    cr_assert_leq(len, sizeof out);
    names_free(names);
    cr_assert_null(
        names_new("a prefix that is longer than the sixty-four octets a prefix can have"));
}
