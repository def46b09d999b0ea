/* suppression on submit_multi: each destination for itself. */
#include "tests/filters/fake_run.h"

#include <inttypes.h>
#include <stdio.h>

#define SENDER "12025550100"
#define MOST   254 /* destinations */

static const char *const shop_senders[] = {SENDER};
static const struct flt_program programs[] = {
    {.name = "shop", .senders = {shop_senders, 1}, .region = ""},
};

static struct fake *us(void)
{
    return fake_new("US", programs, 1);
}

static struct fake *listed(void)
{
    struct fake *f = us();

    fake_add(f, "suppression", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    fake_list(f, "optout:shop", UINT64_C(14155550102));
    fake_list(f, "bounced", UINT64_C(14155550104));
    return f;
}

/* Which destinations are dropped, as a bit mask of the first 64; none behind. */
static uint64_t dropped(const struct fake *f)
{
    const struct flt_call *call = chain_call(f->run);

    cr_assert(call->dropped[1] == 0 && call->dropped[2] == 0 && call->dropped[3] == 0);
    return call->dropped[0];
}

static uint32_t status_of(const struct fake *f)
{
    return chain_call(f->run)->status;
}

static uint32_t dropped_status(const struct fake *f)
{
    return chain_call(f->run)->dropped_status;
}

static bool kept(void *ctx, unsigned i)
{
    return !flt_dropped(chain_call(((struct fake *)ctx)->run), i);
}

static const char *const six[] = {"14155550100", "14155550101",     "4155550102",
                                  "14155550103", "+1 415 555 0104", "14155550105"};

Test(suppression_multi, none_is_on_a_list)
{
    static const char *const to[] = {"14155550101", "14155550103", "14155550105"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 3), FLT_PASS);
    cr_assert_eq(dropped(f), 0);
    cr_assert_eq(f->questions, 1);
    cr_assert_eq(f->check_count, 9);
    cr_assert_eq(f->noted_count, 0);
    fake_free(f);
}

Test(suppression_multi, those_on_a_list_are_dropped)
{
    static const char *const lists[] = {"optout", "optout:shop", "bounced"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_PASS);
    cr_assert_eq(dropped(f), 0x15);
    cr_assert_eq(dropped_status(f), ESME_RINVDSTADR);
    cr_assert_eq(f->questions, 1);
    cr_assert_eq(f->noted_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(f->noted[i].type, EVENT_blocked);
        cr_assert_str_eq(f->noted[i].list, lists[i]);
    }
    cr_assert_str_eq(f->noted[2].number, "14155550104");
    cr_assert_str_eq(f->noted[2].address, "+1 415 555 0104");
    cr_assert_str_eq(f->noted[2].sender, SENDER);
    fake_free(f);
}

Test(suppression_multi, what_is_left_makes_a_pdu)
{
    struct fake *f = listed();
    struct smpp_msg msg, cut;
    struct smpp_str rest;
    struct smpp_dest dest;
    uint8_t out[1024];
    size_t len;

    fake_multi(f, SENDER, six, 6);
    cr_assert_eq(smpp_view_msg(f->pdu, f->len, &msg), ESME_ROK);
    len = smpp_build_multi_subset(out, sizeof out, f->pdu, &msg, kept, f);
    cr_assert_eq(smpp_view_msg(out, len, &cut), ESME_ROK);
    cr_assert_eq(cut.dest_count, 3);
    rest = cut.dests;
    for (unsigned i = 1; smpp_dest_next(&rest, &dest); i += 2)
        cr_assert_eq(memcmp(dest.addr.digits.p, six[i], strlen(six[i])), 0);
    fake_free(f);
}

Test(suppression_multi, all_are_on_a_list)
{
    static const char *const to[] = {"14155550100", "14155550102", "14155550104"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 3), FLT_REJECT);
    cr_assert_eq(dropped(f), 7);
    cr_assert_eq(status_of(f), ESME_RINVDSTADR);
    cr_assert_eq(dropped_status(f), ESME_RINVDSTADR);
    cr_assert_str_eq(chain_call(f->run)->message_id, "");
    cr_assert_eq(f->noted_count, 3);
    fake_free(f);
}

Test(suppression_multi, all_are_on_a_list_and_taken)
{
    static const char *const to[] = {"14155550100", "nobody", "list:friends"};
    struct fake *f = us();

    fake_add(f, "suppression", "answer: accept", "status: 0x401", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_multi(f, SENDER, to, 3), FLT_REJECT);
    cr_assert_eq(dropped(f), 7);
    cr_assert_eq(status_of(f), ESME_ROK);
    cr_assert_eq(dropped_status(f), ESME_RINVDSTADR);
    cr_assert_eq(strlen(chain_call(f->run)->message_id), 18);
    cr_assert_str_eq(f->noted[0].status, "ESME_ROK");
    fake_absorbed(f);
    cr_assert_eq(f->delivered_count, 0, "unsuccess_sme has said it");

    /* None of them was taken for one on a list. */
    cr_assert_eq(fake_multi(f, SENDER, to + 1, 2), FLT_REJECT);
    cr_assert_eq(status_of(f), ESME_RINVDSTADR);
    cr_assert_str_eq(chain_call(f->run)->message_id, "");
    fake_free(f);
}

Test(suppression_multi, one_destination_alone)
{
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, six, 1), FLT_REJECT);
    cr_assert_eq(fake_multi(f, SENDER, six + 1, 1), FLT_PASS);
    fake_free(f);
}

Test(suppression_multi, the_same_number_twice_is_dropped_twice)
{
    static const char *const to[] = {"4155550100", "14155550101", "+14155550100", "14155550101"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 4), FLT_PASS);
    cr_assert_eq(dropped(f), 5);
    fake_free(f);
}

Test(suppression_multi, each_reading_of_each_destination_counts)
{
    static const char *const to[] = {"6561234567", "14155550101", "6561234568", "14155550100",
                                     "6561234569"};
    static const uint64_t readings[] = {6561234568, 16561234568};

    for (unsigned i = 0; i < 2; i++) {
        struct fake *f = listed();
        char digits[24];

        fake_list(f, "bounced", readings[i]);
        cr_assert_eq(fake_multi(f, SENDER, to, 5), FLT_PASS);
        cr_assert_eq(dropped(f), 0xC, "reading %u", i);
        cr_assert_eq(f->noted_count, 2);
        cr_assert_str_eq(f->noted[0].number, phone_format(readings[i], digits));
        cr_assert_str_eq(f->noted[1].number, "14155550100");
        fake_free(f);
    }
}

Test(suppression_multi, answer_and_status_are_configured)
{
    struct fake *f = us();

    fake_add(f, "suppression", "status: 0x401", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_PASS);
    cr_assert_eq(dropped_status(f), 0x401);
    cr_assert_eq(fake_multi(f, SENDER, six, 1), FLT_REJECT);
    cr_assert_eq(status_of(f), 0x401);
    cr_assert_eq(dropped_status(f), 0x401);
    fake_free(f);

    /* unsuccess_sme has no way to say that a message was taken. */
    f = us();
    fake_add(f, "suppression", "answer: accept", "status: 0x401", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_PASS);
    cr_assert_eq(dropped(f), 1);
    cr_assert_eq(dropped_status(f), ESME_RINVDSTADR);
    fake_answered(f, ESME_ROK, "theirs");
    cr_assert_eq(f->delivered_count, 0);
    fake_free(f);
}

/* --- destinations that cannot be checked --- */

Test(suppression_multi, unreadable_addresses_are_dropped)
{
    static const char *const to[] = {"nobody", "14155550101", "", "14155550100"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 4), FLT_PASS);
    cr_assert_eq(dropped(f), 0xD);
    cr_assert_eq(f->check_count, 3 * 2);
    cr_assert_eq(fake_counted(f, "suppression", "unreadable"), 2);
    fake_free(f);
}

Test(suppression_multi, foreign_characters_are_dropped)
{
    static const char *const to[] = {"#31#14155550101", "14155550101", "1 415 KLJ 0101",
                                     "1415555\xb2\xb3\xb9", "14155550101@x"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 5), FLT_PASS);
    cr_assert_eq(dropped(f), 0x1D);
    cr_assert_eq(f->check_count, 3);
    cr_assert_eq(fake_counted(f, "suppression", "unreadable"), 4);
    fake_free(f);
}

Test(suppression_multi, nothing_but_unreadable_addresses_is_refused)
{
    static const char *const to[] = {"nobody", "", "+"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 3), FLT_REJECT);
    cr_assert_eq(dropped(f), 7);
    cr_assert_eq(status_of(f), ESME_RINVDSTADR);
    cr_assert_eq(f->questions, 0);
    fake_free(f);
}

Test(suppression_multi, distribution_lists_are_dropped)
{
    static const char *const to[] = {"list:friends", "14155550101", "list:family"};
    struct fake *f = listed();

    cr_assert_eq(fake_multi(f, SENDER, to, 3), FLT_PASS);
    cr_assert_eq(dropped(f), 5);
    cr_assert_eq(f->check_count, 3);
    cr_assert_eq(fake_counted(f, "suppression", "distribution_list"), 2);
    cr_assert_eq(fake_multi(f, SENDER, to, 1), FLT_REJECT);
    fake_free(f);
}

Test(suppression_multi, distribution_lists_pass_where_configured)
{
    static const char *const to[] = {"list:friends", "14155550100", "14155550101", "list:"};
    struct fake *f = us();

    fake_add(f, "suppression", "distribution_lists: pass", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_multi(f, SENDER, to, 4), FLT_PASS);
    cr_assert_eq(dropped(f), 2);
    cr_assert_eq(fake_multi(f, SENDER, to, 1), FLT_PASS);
    cr_assert_eq(dropped(f), 0);
    cr_assert_eq(fake_multi(f, SENDER, to, 2), FLT_PASS);
    cr_assert_eq(dropped(f), 2);
    fake_free(f);
}

/* --- many --- */

struct crowd {
    char digits[255][16];
    const char *to[255];
};

static void gather(struct crowd *crowd, uint64_t first)
{
    for (unsigned i = 0; i < 255; i++) {
        snprintf(crowd->digits[i], sizeof crowd->digits[i], "%" PRIu64, first + i);
        crowd->to[i] = crowd->digits[i];
    }
}

Test(suppression_multi, as_many_destinations_as_a_pdu_holds)
{
    struct fake *f = us();
    struct crowd crowd;

    gather(&crowd, UINT64_C(14155550000));
    fake_add(f, "suppression", NULL);
    for (unsigned i = 0; i < 255; i += 7)
        fake_list(f, "optout", UINT64_C(14155550000) + i);
    for (unsigned n = MOST; n <= 255; n++) {
        cr_assert_eq(fake_multi(f, SENDER, crowd.to, n), FLT_PASS);
        cr_assert_eq(f->check_count, n * 3);
        for (unsigned i = 0; i < n; i++)
            cr_assert_eq(flt_dropped(chain_call(f->run), i), i % 7 == 0, "destination %u", i);
    }
    fake_free(f);
}

Test(suppression_multi, more_checks_than_a_question_holds)
{
    struct fake *f = us();
    struct crowd crowd;

    gather(&crowd, UINT64_C(6561234000));
    fake_add(f, "suppression", "lists: [optout, b, c, d, e, f, g, h]", NULL);
    cr_assert_eq(fake_multi(f, SENDER, crowd.to, MOST), FLT_REJECT);
    cr_assert_eq(status_of(f), ESME_RINVNUMDESTS);
    cr_assert_eq(f->questions, 0);
    cr_assert_eq(fake_multi(f, SENDER, crowd.to, 100), FLT_PASS);
    fake_free(f);
}

/* --- the store is away --- */

Test(suppression_multi, nothing_passes_when_the_store_fails)
{
    struct fake *f = listed();

    f->store = STORE_FAILS;
    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_REJECT);
    cr_assert_eq(status_of(f), ESME_RTHROTTLED);
    f->store = STORE_REFUSES;
    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_REJECT);
    cr_assert_eq(status_of(f), ESME_RTHROTTLED);
    cr_assert_eq(f->noted_count, 0);
    fake_free(f);
}

Test(suppression_multi, unchecked_is_not_unreadable)
{
    static const char *const to[] = {"nobody", "14155550100"};
    struct fake *f = listed();

    f->store = STORE_PASSES_UNCHECKED;
    cr_assert_eq(fake_multi(f, SENDER, to, 2), FLT_PASS);
    cr_assert_eq(dropped(f), 1);
    cr_assert_eq(dropped_status(f), ESME_RINVDSTADR, "no reason for the sender to try it again");
    cr_assert_eq(fake_counted(f, "suppression", "unchecked"), 1);
    fake_free(f);
}

Test(suppression_multi, a_session_may_end_before_the_answer)
{
    struct fake *f = listed();

    f->store = STORE_SILENT;
    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_PENDING);
    fake_free(f);
}

/* --- mode: monitor --- */

Test(suppression_multi, a_monitor_drops_nothing)
{
    static const char *const to[] = {"14155550100", "nobody", "list:friends", "14155550101"};
    struct fake *f = us();

    fake_add(f, "suppression", "mode: monitor", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    for (unsigned n = 1; n <= 4; n++) {
        cr_assert_eq(fake_multi(f, SENDER, to, n), FLT_PASS);
        cr_assert_eq(dropped(f), 0);
        cr_assert_eq(dropped_status(f), 0);
        cr_assert_eq(f->noted_count, n);
    }
    cr_assert_str_eq(f->noted[0].mode, "monitor");
    cr_assert_eq(f->counts[registry_index(f->steps[0].ops)].monitored, 4);
    fake_free(f);
}

Test(suppression_multi, filters_drop_one_after_the_other)
{
    struct fake *f = us();

    fake_add(f, "suppression", "lists: bounced", NULL);
    fake_add(f, "suppression", "lists: optout", "mode: monitor", NULL);
    fake_add(f, "suppression", "lists: dnc-us", NULL);
    fake_list(f, "bounced", UINT64_C(14155550100));
    fake_list(f, "optout", UINT64_C(14155550101));
    fake_list(f, "dnc-us", UINT64_C(14155550102));
    cr_assert_eq(fake_multi(f, SENDER, six, 6), FLT_PASS);
    cr_assert_eq(dropped(f), 5);
    cr_assert_eq(f->questions, 3);
    fake_free(f);
}
