/* receipt: what delivery receipts teach. That they are read in every form is smpp/receipt's test.
 */
#include "tests/filters/fake_run.h"

#define HANDSET "14155550100"
#define OURS    "12025550100"
#define FAILED                                                                                     \
    "id:0118Z-0122I sub:001 dlvrd:000 submit date:2601010000 done date:2601010001 stat:UNDELIV "   \
    "err:021 text:Reply STOP to end"
#define DELIVERED                                                                                  \
    "id:7 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 "                          \
    "stat:DELIVRD err:000 text:stat:REJECTD err:9"

static const char *const shop_senders[] = {OURS, "ACME"};
static const char *const club_senders[] = {"442079460000"};
static const struct flt_program programs[] = {
    {.name = "shop", .senders = {shop_senders, 2}, .region = ""},
    {.name = "club", .senders = {club_senders, 1}, .region = "GB"},
};

static struct fake *with(const struct flt_program *of, unsigned n)
{
    struct fake *f = fake_new("US", of, n);

    fake_add(f, "receipt", NULL);
    return f;
}

static void deliver(struct fake *f, const char *from, const char *to, uint8_t esm_class,
                    const char *text)
{
    struct smpp_msg msg = {.header = {.command_id = SMPP_deliver_sm},
                           .src = {.digits = str(from)},
                           .dst = {.digits = str(to)},
                           .esm_class = esm_class,
                           .short_message = str(text)};

    cr_assert_eq(fake_send(f, &msg), FLT_PASS, "a receipt is not passed on");
    cr_assert_eq(f->questions, 0, "a receipt waits for nothing");
}

Test(receipt, a_delivery_is_a_sign_of_life)
{
    struct fake *f = with(programs, 2);

    deliver(f, "+1 415 555 0100", OURS, 0x04, DELIVERED);
    cr_assert_eq(f->health_count, 1);
    cr_assert_eq(f->health[0].kind, HEALTH_FINAL_OK);
    cr_assert_eq(f->health[0].number, UINT64_C(14155550100));
    cr_assert_eq(f->health[0].time_ms, FAKE_NOW);
    cr_assert_str_eq(f->health[0].status, "DELIVRD");
    cr_assert_eq(f->noted_count, 0, "deliveries count in health and make no event");
    cr_assert_eq(fake_counted(f, "receipt", "delivered"), 1);
    fake_free(f);
}

Test(receipt, a_failure_is_an_event)
{
    struct fake *f = with(programs, 2);
    const struct event *e = &f->noted[0];

    deliver(f, HANDSET, OURS, 0x04, FAILED);
    cr_assert_eq(f->health_count, 1);
    cr_assert_eq(f->health[0].kind, HEALTH_FINAL_FAIL);
    cr_assert_str_eq(f->health[0].status, "UNDELIV");
    cr_assert_str_eq(f->health[0].error, "021");
    cr_assert_eq(f->noted_count, 1);
    cr_assert_eq(e->type, EVENT_receipt);
    cr_assert_eq(e->source, EVENT_SOURCE_receipt);
    cr_assert_eq(e->time_ms, FAKE_NOW);
    cr_assert_str_eq(e->number, HANDSET);
    cr_assert_str_eq(e->sender, OURS);
    cr_assert_str_eq(e->program, "shop");
    cr_assert_str_eq(e->status, "UNDELIV");
    cr_assert_str_eq(e->error, "021");
    cr_assert_str_eq(e->message_id, "0118Z-0122I");
    cr_assert_str_eq(e->carrier, "main");
    cr_assert_str_eq(e->account, "shop1");
    cr_assert_null(e->text);
    cr_assert_null(e->list);
    cr_assert_eq(fake_counted(f, "receipt", "failed"), 1);
    fake_free(f);
}

Test(receipt, every_final_failure_counts)
{
    static const char *const stats[] = {"EXPIRED", "DELETED", "UNDELIV", "REJECTD",
                                        "FAILED",  "NOCRED",  "SKIPPED", "UNKNOWN"};
    struct fake *f = with(programs, 2);
    char text[80];

    for (unsigned i = 0; i < 8; i++) {
        strcpy(stpcpy(stpcpy(text, "id:1 stat:"), stats[i]), " err:001");
        deliver(f, HANDSET, OURS, 0x04, text);
        cr_assert_eq(f->noted_count, i + 1, "%s", stats[i]);
        cr_assert_str_eq(f->noted[i].status, stats[i]);
    }
    fake_free(f);
}

Test(receipt, intermediate_ones_count_and_teach_nothing)
{
    static const char *const texts[] = {"id:1 stat:ACCEPTD err:000", "id:1 stat:ENROUTE err:000",
                                        "id:1 stat:BUFFRED err:000"};
    struct fake *f = with(programs, 2);

    for (unsigned i = 0; i < 3; i++)
        deliver(f, HANDSET, OURS, 0x04, texts[i]);
    deliver(f, HANDSET, OURS, 0x20, "id:1 stat:UNDELIV err:001"); /* of one attempt */
    cr_assert_eq(fake_counted(f, "receipt", "intermediate"), 4);
    cr_assert_eq(f->health_count, 0);
    cr_assert_eq(f->noted_count, 0);
    deliver(f, HANDSET, OURS, 0x04, FAILED);
    cr_assert_eq(f->noted_count, 1);
    fake_free(f);
}

Test(receipt, the_text_alone_tells)
{
    struct fake *f = with(programs, 2);

    deliver(f, HANDSET, OURS, 0x00, FAILED);
    cr_assert_eq(f->noted_count, 1);
    fake_free(f);
}

Test(receipt, tlvs_tell_in_deliver_sm_and_data_sm)
{
    static const uint32_t commands[] = {SMPP_deliver_sm, SMPP_data_sm};

    for (unsigned i = 0; i < 2; i++) {
        struct fake *f = with(programs, 2);
        struct fake_tlvs tlvs = {.n = 0};

        fake_tlv(&tlvs, SMPP_TLV_receipted_message_id, "812FC7470000001B", 17);
        fake_tlv8(&tlvs, SMPP_TLV_message_state, SMPP_STATE_UNDELIVERABLE);
        fake_tlv(&tlvs, SMPP_TLV_network_error_code, "\x03\x00\x05", 3);
        fake_send(f, &(struct smpp_msg){.header = {.command_id = commands[i]},
                                        .src = {.digits = str(HANDSET)},
                                        .dst = {.digits = str(OURS)},
                                        .tlvs = fake_tlv_octets(&tlvs)});
        cr_assert_eq(f->noted_count, 1);
        cr_assert_str_eq(f->noted[0].message_id, "812FC7470000001B");
        cr_assert_str_eq(f->noted[0].status, "UNDELIV");
        cr_assert_str_eq(f->noted[0].error, "005");
        fake_free(f);
    }
}

/* --- which end is the handset --- */

Test(receipt, addresses_may_be_as_they_were_in_the_submit_sm)
{
    struct fake *f = with(programs, 2);

    deliver(f, OURS, HANDSET, 0x04, FAILED);
    cr_assert_str_eq(f->noted[0].number, HANDSET);
    cr_assert_str_eq(f->noted[0].sender, OURS);
    cr_assert_str_eq(f->noted[0].program, "shop");
    cr_assert_eq(f->health[0].number, UINT64_C(14155550100));
    fake_free(f);
}

Test(receipt, then_the_number_is_read_in_the_region_of_the_program)
{
    struct fake *f = with(programs, 2);

    deliver(f, "442079460000", "020 7946 0958", 0x04, FAILED);
    deliver(f, "020 7946 0958", "442079460000", 0x04, FAILED);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_str_eq(f->noted[i].number, "442079460958");
        cr_assert_str_eq(f->noted[i].program, "club");
    }
    fake_free(f);
}

Test(receipt, a_name_is_no_handset)
{
    struct fake *f = with(NULL, 0);

    deliver(f, "SOMEONE", HANDSET, 0x04, FAILED);
    cr_assert_str_eq(f->noted[0].number, HANDSET);
    cr_assert_str_eq(f->noted[0].sender, "SOMEONE");
    cr_assert_null(f->noted[0].program);
    deliver(f, HANDSET, "SOMEONE", 0x04, FAILED);
    cr_assert_str_eq(f->noted[1].number, HANDSET);
    cr_assert_str_eq(f->noted[1].sender, "SOMEONE");
    fake_free(f);
}

Test(receipt, where_nothing_tells_the_source_is_the_handset)
{
    struct fake *f = with(NULL, 0);

    deliver(f, HANDSET, "13125550100", 0x04, FAILED);
    cr_assert_str_eq(f->noted[0].number, HANDSET);
    fake_free(f);
}

/* With no program to tell, a short code or what is nobody's number is not the handset if the other
 * end can be one. */
Test(receipt, the_end_that_can_be_a_subscriber_is_the_handset)
{
    static const char *const ours[] = {"55512", "ACME24", "abc123", "19995550100", "", "2000000"};
    struct fake *f = with(NULL, 0);

    for (unsigned i = 0; i < 6; i++) {
        deliver(f, ours[i], HANDSET, 0x04, FAILED);
        cr_assert_str_eq(f->noted[2 * i].number, HANDSET, "%s", ours[i]);
        cr_assert_str_eq(f->noted[2 * i].sender, ours[i]);
        cr_assert_eq(f->health[2 * i].number, UINT64_C(14155550100));
        deliver(f, HANDSET, ours[i], 0x04, FAILED);
        cr_assert_str_eq(f->noted[2 * i + 1].number, HANDSET, "%s", ours[i]);
        cr_assert_str_eq(f->noted[2 * i + 1].sender, ours[i]);
    }
    fake_free(f);
}

Test(receipt, where_neither_can_be_one_the_source_is_the_handset)
{
    struct fake *f = with(NULL, 0);

    deliver(f, "55512", "55513", 0x04, FAILED);
    cr_assert_str_eq(f->noted[0].number, "55512");
    fake_free(f);
}

Test(receipt, between_two_of_our_programs_the_source_is_the_handset)
{
    struct fake *f = with(programs, 2);

    deliver(f, "442079460000", OURS, 0x04, FAILED);
    cr_assert_str_eq(f->noted[0].number, "442079460000");
    cr_assert_str_eq(f->noted[0].program, "shop");
    fake_free(f);
}

Test(receipt, nothing_is_learned_without_a_number)
{
    struct fake *f = with(NULL, 0);

    deliver(f, "SOMEONE", "ACME", 0x04, FAILED);
    deliver(f, "", "", 0x04, FAILED);
    cr_assert_eq(fake_counted(f, "receipt", "no_number"), 2);
    cr_assert_eq(f->health_count + f->noted_count, 0);
    fake_free(f);
}

/* --- no receipts --- */

Test(receipt, unreadable_ones_pass_and_are_logged_without_text)
{
    static const char secret[] = "message 4155550100 failed, sorry";
    struct fake *f = with(programs, 2);

    deliver(f, HANDSET, OURS, 0x04, secret);
    cr_assert_eq(fake_counted(f, "receipt", "unreadable"), 1);
    cr_assert_eq(f->logged_count, 1);
    cr_assert_null(strstr(f->logged[0], "sorry"));
    cr_assert_null(strstr(f->logged[0], "415"));
    cr_assert_eq(f->health_count + f->noted_count, 0);
    fake_free(f);
}

Test(receipt, replies_are_none_of_its_business)
{
    struct fake *f = with(programs, 2);

    deliver(f, HANDSET, OURS, 0x00, "STOP");
    deliver(f, HANDSET, OURS, 0x00, "my id: 12 and my stat: fine");
    deliver(f, HANDSET, OURS, 0x00, "");
    cr_assert_eq(f->health_count + f->noted_count + f->counted_count + f->logged_count, 0);
    fake_free(f);
}
