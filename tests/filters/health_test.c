/* health: what the carrier's answers teach. */
#include "tests/filters/fake_run.h"

#define SENDER "12025550100"

static struct fake *us(void)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "health", NULL);
    return f;
}

Test(health, what_the_carrier_took_was_sent)
{
    struct fake *f = us();
    const struct port_health *h = &f->health[0];

    cr_assert_eq(fake_submit(f, SENDER, "415-555-0100"), FLT_PASS);
    cr_assert_eq(f->health_count, 0, "nothing is known before the answer");
    f->now_ms += 250;
    fake_answered(f, ESME_ROK, "00B8BE19");
    cr_assert_eq(f->health_count, 1);
    cr_assert_eq(h->kind, HEALTH_SENT);
    cr_assert_eq(h->number, UINT64_C(14155550100));
    cr_assert_eq(h->time_ms, FAKE_NOW + 250);
    cr_assert_str_eq(h->message_id, "00B8BE19");
    cr_assert_str_eq(h->sender, SENDER);
    cr_assert_eq(f->questions, 0);
    fake_free(f);
}

Test(health, what_the_carrier_refused_was_not)
{
    struct fake *f = us();

    fake_submit(f, SENDER, "14155550100");
    fake_answered(f, ESME_RTHROTTLED, "");
    fake_submit(f, SENDER, "14155550100");
    fake_end(f);
    cr_assert_eq(f->health_count, 0);
    fake_free(f);
}

Test(health, data_sm_counts_too)
{
    struct fake *f = us();

    fake_send(f, &(struct smpp_msg){.header = {.command_id = SMPP_data_sm},
                                    .src = {.digits = str(SENDER)},
                                    .dst = {.digits = str("14155550100")}});
    fake_answered(f, ESME_ROK, "");
    cr_assert_eq(f->health_count, 1);
    cr_assert_str_eq(f->health[0].message_id, "");
    fake_free(f);
}

Test(health, of_several_readings_the_likeliest_counts)
{
    struct fake *f = us();
    struct phone_readings readings;

    phone_read(f->phone, str("6561234567"), "US", &readings);
    fake_submit(f, SENDER, "6561234567");
    fake_answered(f, ESME_ROK, "1");
    cr_assert_eq(f->health_count, 1);
    cr_assert_eq(f->health[0].number, readings.number[0]);
    fake_free(f);
}

Test(health, nothing_is_learned_of_what_is_no_number)
{
    struct fake *f = us();

    cr_assert_eq(fake_submit(f, SENDER, "nobody"), FLT_PASS);
    fake_answered(f, ESME_ROK, "1");
    cr_assert_eq(f->health_count, 0);
    fake_free(f);
}

Test(health, long_senders_are_cut)
{
    struct fake *f = us();

    fake_submit(f, "a sender that is longer than any standard allows", "14155550100");
    fake_answered(f, ESME_ROK, "1");
    cr_assert_str_eq(f->health[0].sender, "a sender that is longer");
    fake_free(f);
}

Test(health, each_destination_that_was_sent_to)
{
    static const char *const to[] = {"14155550100", "14155550101", "nobody", "list:friends",
                                     "4155550102"};
    static const uint64_t sent[] = {14155550101, 14155550102};
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "suppression", "distribution_lists: pass", NULL);
    fake_add(f, "health", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_multi(f, SENDER, to, 5), FLT_PASS);
    fake_answered(f, ESME_ROK, "one for all");
    cr_assert_eq(f->health_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(f->health[i].number, sent[i]);
        cr_assert_eq(f->health[i].kind, HEALTH_SENT);
        cr_assert_str_eq(f->health[i].message_id, "one for all");
    }
    fake_free(f);
}

Test(health, what_only_a_monitor_would_have_stopped_was_sent)
{
    static const char *const to[] = {"14155550100", "14155550101"};
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "suppression", "mode: monitor", "answer: accept", NULL);
    fake_add(f, "health", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_multi(f, SENDER, to, 2), FLT_PASS);
    fake_answered(f, ESME_ROK, "1");
    cr_assert_eq(f->health_count, 2);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    fake_answered(f, ESME_ROK, "2");
    cr_assert_eq(f->health_count, 3);
    fake_free(f);
}

Test(health, what_we_took_was_not_sent)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "suppression", "answer: accept", NULL);
    fake_add(f, "health", NULL);
    fake_list(f, "optout", UINT64_C(14155550100));
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_ABSORB);
    fake_absorbed(f);
    cr_assert_eq(f->health_count, 0);
    fake_free(f);
}

Test(health, a_submit_multi_may_stay_unanswered)
{
    static const char *const to[] = {"14155550100", "14155550101"};
    struct fake *f = us();

    cr_assert_eq(fake_multi(f, SENDER, to, 2), FLT_PASS);
    fake_end(f);
    cr_assert_eq(f->health_count, 0);
    fake_free(f);
}
