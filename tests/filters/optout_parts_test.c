/* optout: a STOP in several parts. */
#include "tests/filters/fake_run.h"

#define HANDSET "14155550100"
#define NUMBER  UINT64_C(14155550100)

enum mark { UDH_8BIT, UDH_16BIT, SAR };

/* One part as a phone sends it. */
struct piece {
    uint16_t reference;
    uint8_t number, total, data_coding;
    struct smpp_str text;
};

static struct fake *usual(void)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "optout", NULL);
    return f;
}

static enum flt_verdict send(struct fake *f, enum mark mark, struct piece piece)
{
    uint8_t octets[254], reference[2];
    struct fake_tlvs tlvs = {.n = 0};
    struct smpp_msg msg = {.header = {.command_id = SMPP_deliver_sm},
                           .src = {.digits = str(HANDSET)},
                           .dst = {.digits = str("55512")},
                           .data_coding = piece.data_coding};
    uint8_t *at = octets;

    smpp_put16(reference, piece.reference);
    if (mark == UDH_8BIT)
        at = mempcpy(at, (uint8_t[]){5, 0, 3, reference[1], piece.total, piece.number}, 6);
    else if (mark == UDH_16BIT)
        at = mempcpy(
            at, (uint8_t[]){6, 8, 4, reference[0], reference[1], piece.total, piece.number}, 7);
    msg.esm_class = mark == SAR ? 0 : 0x40;
    if (mark == SAR) {
        fake_tlv(&tlvs, SMPP_TLV_sar_msg_ref_num, reference, 2);
        fake_tlv8(&tlvs, SMPP_TLV_sar_total_segments, piece.total);
        fake_tlv8(&tlvs, SMPP_TLV_sar_segment_seqnum, piece.number);
        msg.tlvs = fake_tlv_octets(&tlvs);
    }
    at = mempcpy(at, piece.text.p, piece.text.len);
    msg.short_message = (struct smpp_str){octets, (size_t)(at - octets)};
    return fake_send(f, &msg);
}

#define PART(n, of, t, ...)                                                                        \
    ((struct piece){.number = (n), .total = (of), .text = OCTETS(t), __VA_ARGS__})

static void is_opted_out(struct fake *f, const char *text)
{
    cr_assert_eq(f->recorded_count, 1);
    cr_assert_str_eq(f->recorded[0].text, text);
    cr_assert(fake_is_listed(f, "optout", NUMBER));
}

Test(optout_parts, by_every_mark_and_in_any_order)
{
    for (unsigned mark = UDH_8BIT; mark <= SAR; mark++) {
        for (unsigned backwards = 0; backwards < 2; backwards++) {
            struct fake *f = usual();

            if (!backwards)
                cr_assert_eq(send(f, mark, PART(1, 2, "unsubs")), FLT_PASS);
            cr_assert_eq(send(f, mark, PART(2, 2, "cribe")), FLT_PASS);
            if (backwards)
                cr_assert_eq(send(f, mark, PART(1, 2, "unsubs")), FLT_PASS);
            is_opted_out(f, "unsubscribe");
            fake_free(f);
        }
    }
}

Test(optout_parts, letters_are_whole_when_the_parts_are)
{
    struct fake *f = usual();

    send(f, UDH_8BIT, PART(2, 3, "\x04\x1E\x04", .data_coding = 8));
    send(f, UDH_8BIT, PART(3, 3, "\x1F", .data_coding = 8));
    send(f, UDH_8BIT, PART(1, 3, "\x04\x21\x04\x22", .data_coding = 8));
    is_opted_out(f, "СТОП");
    fake_free(f);
}

Test(optout_parts, a_part_may_come_twice)
{
    struct fake *f = usual();

    send(f, SAR, PART(2, 2, "cribe"));
    send(f, SAR, PART(2, 2, "cribe"));
    cr_assert_eq(f->recorded_count, 0);
    send(f, SAR, PART(1, 2, "unsubs"));
    is_opted_out(f, "unsubscribe");
    fake_free(f);
}

Test(optout_parts, the_carrier_may_repeat_it_all)
{
    struct fake *f = usual();

    for (unsigned i = 0; i < 2; i++) {
        send(f, UDH_8BIT, PART(1, 2, "opt "));
        send(f, UDH_8BIT, PART(2, 2, "out"));
    }
    cr_assert_str_eq(f->recorded[0].text, "opt out");
    cr_assert_eq(fake_counted(f, "optout", "optout"), 3);
    cr_assert_eq(fake_counted(f, "optout", "repeated"), 2);
    cr_assert_eq(f->listed_count, 1);
    fake_free(f);
}

Test(optout_parts, what_is_not_stored_comes_again_with_its_last_part)
{
    struct fake *f = usual();

    send(f, UDH_8BIT, PART(1, 2, "opt "));
    f->store = STORE_FAILS;
    cr_assert_eq(send(f, UDH_8BIT, PART(2, 2, "out")), FLT_REJECT);
    f->store = STORE_ANSWERS;
    cr_assert_eq(send(f, UDH_8BIT, PART(2, 2, "out")), FLT_PASS);
    is_opted_out(f, "opt out");
    fake_free(f);
}

Test(optout_parts, what_never_becomes_whole_means_nothing)
{
    struct fake *f = usual();

    send(f, UDH_8BIT, PART(2, 3, "STOP"));
    send(f, UDH_8BIT, PART(3, 3, "STOP"));
    cr_assert_eq(f->recorded_count, 0);
    fake_free(f);
}

/* It is the whole text that means something. */
Test(optout_parts, a_part_that_is_a_word_by_itself_means_nothing)
{
    for (unsigned mark = UDH_8BIT; mark <= SAR; mark++) {
        for (unsigned backwards = 0; backwards < 2; backwards++) {
            struct fake *f = usual();

            if (!backwards)
                send(f, mark, PART(1, 2, "stop"));
            send(f, mark, PART(2, 2, " by the shop on your way home"));
            if (backwards)
                send(f, mark, PART(1, 2, "stop"));
            cr_assert_eq(f->recorded_count, 0);
            fake_free(f);
        }
    }
}

Test(optout_parts, a_word_and_nothing_behind_it_counts_when_it_is_complete)
{
    struct fake *f = usual();

    send(f, UDH_8BIT, PART(1, 2, "STOP"));
    cr_assert_eq(f->recorded_count, 0);
    send(f, UDH_8BIT, PART(2, 2, " "));
    cr_assert_eq(f->recorded_count, 1);
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    fake_free(f);
}

Test(optout_parts, parts_of_different_messages_do_not_mix)
{
    struct fake *f = usual();

    send(f, UDH_8BIT, PART(1, 2, "opt ", .reference = 1));
    send(f, UDH_8BIT, PART(2, 2, "out", .reference = 2));
    send(f, UDH_8BIT, PART(2, 3, "out", .reference = 1));
    cr_assert_eq(f->recorded_count, 0);
    send(f, UDH_8BIT, PART(2, 2, "out", .reference = 1));
    is_opted_out(f, "opt out");
    fake_free(f);
}

Test(optout_parts, marks_that_make_no_sense_leave_a_message)
{
    static const uint8_t places[][2] = {{0, 0}, {1, 0}, {0, 2}, {3, 2}, {1, 1}, {0, 1}, {255, 2}};

    for (unsigned mark = UDH_8BIT; mark <= SAR; mark++) {
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            struct fake *f = usual();

            cr_assert_eq(send(f, mark, PART(places[i][0], places[i][1], "STOP")), FLT_PASS);
            is_opted_out(f, "STOP");
            fake_free(f);
        }
    }
}

Test(optout_parts, long_sentences_pass_part_by_part)
{
    struct fake *f = usual();

    send(f, SAR, PART(1, 2, "Please don't "));
    send(f, SAR, PART(2, 2, "stop"));
    cr_assert_eq(f->recorded_count, 0);
    cr_assert_eq(f->questions, 0);
    fake_free(f);
}
