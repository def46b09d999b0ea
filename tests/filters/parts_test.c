/* Concatenated messages put together, and what is forgotten. */
#include "filters/parts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW     UINT64_C(1767225600000)
#define MINUTES UINT64_C(60000)

static struct smpp_str str(const char *s)
{
    return (struct smpp_str){(const uint8_t *)s, strlen(s)};
}

/* One part of a message, and who sends it. */
struct piece {
    const char *from, *to;
    uint16_t reference;
    uint8_t total, number, data_coding;
    const char *text;
};

/* The octets are gone right after the call, as in the daemon. */
static bool add_octets(struct parts *parts, uint64_t now, const struct piece *piece, size_t len,
                       struct smpp_str *whole)
{
    struct smpp_msg msg = {.src = {.digits = str(piece->from ? piece->from : "14155550100")},
                           .dst = {.digits = str(piece->to ? piece->to : "55512")},
                           .data_coding = piece->data_coding};
    uint8_t *octets = malloc(len > 0 ? len : 1);
    struct smpp_part part = {.concatenated = true,
                             .reference = piece->reference,
                             .total = piece->total,
                             .number = piece->number,
                             .text = {octets, len}};
    bool complete;

    cr_assert_not_null(octets);
    memcpy(octets, piece->text, len);
    complete = parts_add(parts, now, &msg, &part, whole);
    free(octets);
    return complete;
}

static bool add(struct parts *parts, uint64_t now, struct piece piece, struct smpp_str *whole)
{
    return add_octets(parts, now, &piece, strlen(piece.text), whole);
}

#define PIECE(n, of, t, ...)                                                                       \
    ((struct piece){.number = (n), .total = (of), .text = (t), __VA_ARGS__})

static void is(struct smpp_str whole, const char *expected)
{
    cr_assert(whole.len == strlen(expected) && memcmp(whole.p, expected, whole.len) == 0, "%.*s",
              (int)whole.len, (const char *)whole.p);
}

Test(parts, any_order_makes_the_same_message)
{
    static const uint8_t orders[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                         {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    static const char *const texts[] = {"ST", "", "OP"};

    for (unsigned o = 0; o < 6; o++) {
        struct parts *parts = parts_new();
        struct smpp_str whole;

        for (unsigned i = 0; i < 3; i++) {
            uint8_t number = orders[o][i];
            bool complete = add(parts, NOW, PIECE(number, 3, texts[number - 1]), &whole);

            cr_assert_eq(complete, i == 2);
        }
        is(whole, "STOP");
        parts_free(parts);
    }
}

Test(parts, a_part_that_comes_twice_is_replaced)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    cr_assert_not(add(parts, NOW, PIECE(1, 2, "GO"), &whole));
    cr_assert_not(add(parts, NOW, PIECE(1, 2, "STOP"), &whole));
    cr_assert_not(add(parts, NOW, PIECE(1, 2, "ST"), &whole));
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
    is(whole, "STOP");
    parts_free(parts);
}

Test(parts, a_repeated_part_completes_the_message_again)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST"), &whole);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
        is(whole, "STOP");
    }
    cr_assert(add(parts, NOW, PIECE(1, 2, "ST"), &whole));
    is(whole, "STOP");
    parts_free(parts);
}

Test(parts, another_part_in_its_place_begins_a_new_message)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST"), &whole);
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
    cr_assert_not(add(parts, NOW, PIECE(1, 2, "FL"), &whole));
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
    is(whole, "FLOP");
    cr_assert_not(add(parts, NOW, PIECE(2, 2, ""), &whole));
    parts_free(parts);
}

Test(parts, nothing_at_all_is_a_message_too)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, ""), &whole);
    cr_assert(add(parts, NOW, PIECE(2, 2, ""), &whole));
    cr_assert_eq(whole.len, 0);
    parts_free(parts);
}

Test(parts, octets_are_not_text)
{
    struct parts *parts = parts_new();
    struct piece first = PIECE(1, 2, "\0S\0T"), second = PIECE(2, 2, "\0O\0P");
    struct smpp_str whole;

    add_octets(parts, NOW, &first, 4, &whole);
    cr_assert(add_octets(parts, NOW, &second, 4, &whole));
    cr_assert(whole.len == 8 && memcmp(whole.p, "\0S\0T\0O\0P", 8) == 0);
    parts_free(parts);
}

Test(parts, as_many_parts_as_there_can_be)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;
    char text[2] = "";

    for (unsigned n = 255; n > 0; n--) {
        text[0] = (char)('a' + n % 26);
        cr_assert_eq(add(parts, NOW, PIECE((uint8_t)n, 255, text), &whole), n == 1);
    }
    cr_assert_eq(whole.len, 255);
    for (unsigned i = 0; i < 255; i++)
        cr_assert_eq(whole.p[i], 'a' + (i + 1) % 26);
    parts_free(parts);
}

Test(parts, messages_of_others_are_kept_apart)
{
    static const struct piece others[] = {
        PIECE(1, 2, "x", .from = "14155550101"),
        PIECE(1, 2, "x", .to = "55513"),
        PIECE(1, 2, "x", .reference = 1),
        PIECE(1, 2, "x", .reference = 0x100),
        PIECE(1, 3, "x"),
        PIECE(1, 2, "x", .data_coding = 8),
        PIECE(1, 2, "x", .from = "55512", .to = "14155550100"),
        PIECE(1, 2, "x", .from = "", .to = "1415555010055512"),
        PIECE(1, 2, "x", .from = "141555501005", .to = "5512"),
    };
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST"), &whole);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert_not(add(parts, NOW, others[i], &whole), "%zu", i);
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
    is(whole, "STOP");
    parts_free(parts);
}

Test(parts, many_at_the_same_time)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;
    char text[8];

    for (unsigned number = 1; number <= 2; number++) {
        for (unsigned reference = 0; reference < 4000; reference++) {
            snprintf(text, sizeof text, "%u", reference);
            cr_assert_eq(add(parts, NOW,
                             PIECE((uint8_t)number, 2, text, .reference = (uint16_t)reference),
                             &whole),
                         number == 2);
            if (number == 2)
                cr_assert(whole.len == 2 * strlen(text));
        }
    }
    parts_free(parts);
}

/* --- bounds --- */

Test(parts, the_oldest_gives_way)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    for (unsigned reference = 0; reference <= 4096; reference++)
        cr_assert_not(add(parts, NOW, PIECE(1, 2, "ST", .reference = (uint16_t)reference), &whole));
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP", .reference = 4096), &whole));
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP", .reference = 2), &whole));
    cr_assert_not(add(parts, NOW, PIECE(2, 2, "OP", .reference = 0), &whole));
    parts_free(parts);
}

Test(parts, octets_are_bounded)
{
    struct parts *parts = parts_new();
    char text[1025];
    struct smpp_str whole;
    unsigned lost = 0;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    /* 3,000 messages of 12 KiB would be 36 MB. */
    for (unsigned reference = 0; reference < 3000; reference++) {
        for (uint8_t number = 1; number <= 12; number++)
            add(parts, NOW, PIECE(number, 13, text, .reference = (uint16_t)reference), &whole);
    }
    for (unsigned reference = 0; reference < 3000; reference++) {
        if (!add(parts, NOW, PIECE(13, 13, "", .reference = (uint16_t)reference), &whole))
            lost++;
    }
    cr_assert_geq(lost, 3000 - 8 * 1024 / 12 - 1);
    cr_assert_lt(lost, 3000);
    parts_free(parts);
}

Test(parts, long_parts_are_cut)
{
    struct parts *parts = parts_new();
    char text[5000];
    struct smpp_str whole;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    add(parts, NOW, PIECE(1, 2, text), &whole);
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
    cr_assert_eq(whole.len, 1026);
    cr_assert_eq(memcmp(whole.p + 1024, "OP", 2), 0);
    parts_free(parts);
}

Test(parts, long_addresses_are_no_danger)
{
    struct parts *parts = parts_new();
    char address[300];
    struct smpp_str whole;

    memset(address, '9', sizeof address - 1);
    address[sizeof address - 1] = '\0';
    add(parts, NOW, PIECE(1, 2, "ST", .from = address, .to = address), &whole);
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP", .from = address, .to = address), &whole));
    is(whole, "STOP");
    parts_free(parts);
}

/* --- time --- */

Test(parts, what_is_complete_is_forgotten_in_time)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST"), &whole);
    cr_assert(add(parts, NOW, PIECE(2, 2, "OP"), &whole));
    cr_assert_not(add(parts, NOW + 10 * MINUTES + 1, PIECE(2, 2, "OP"), &whole));
    parts_free(parts);
}

Test(parts, what_never_becomes_complete_is_forgotten)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST", .reference = 1), &whole);
    add(parts, NOW + 5 * MINUTES, PIECE(1, 2, "ST", .reference = 2), &whole);
    cr_assert_not(add(parts, NOW + 10 * MINUTES + 1, PIECE(2, 2, "OP", .reference = 1), &whole));
    cr_assert(add(parts, NOW + 10 * MINUTES + 1, PIECE(2, 2, "OP", .reference = 2), &whole));
    parts_free(parts);
}

Test(parts, minutes_may_lie_between)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST"), &whole);
    cr_assert(add(parts, NOW + 10 * MINUTES, PIECE(2, 2, "OP"), &whole));
    parts_free(parts);
}

Test(parts, a_clock_that_is_set_back_loses_nothing)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    add(parts, NOW, PIECE(1, 2, "ST"), &whole);
    cr_assert(add(parts, NOW - 60 * MINUTES, PIECE(2, 2, "OP"), &whole));
    is(whole, "STOP");
    parts_free(parts);
}

Test(parts, nothing_leaks_with_messages_inside)
{
    struct parts *parts = parts_new();
    struct smpp_str whole;

    for (unsigned reference = 0; reference < 100; reference++)
        add(parts, NOW, PIECE(2, 3, "x", .reference = (uint16_t)reference), &whole);
    parts_free(parts);
    parts_free(NULL);
}
