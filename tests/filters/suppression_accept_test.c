/* suppression with answer: accept: a message id of ours, and the receipt that was asked for. */
#include "tests/filters/fake_run.h"

#define HANDSET UINT64_C(14155550100)
#define SENDER  "12025550100"

static struct fake *accepting(void)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "suppression", "answer: accept", NULL);
    fake_list(f, "optout", HANDSET);
    return f;
}

static enum flt_verdict submit(struct fake *f, uint32_t command, const char *to, uint8_t wanted)
{
    return fake_send(f, &(struct smpp_msg){.header = {.command_id = command},
                                           .src = {5, 0, str(SENDER)},
                                           .dst = {1, 1, str(to)},
                                           .registered_delivery = wanted,
                                           .short_message = command == SMPP_data_sm
                                                                ? str("")
                                                                : str("Reply STOP to end")});
}

/* The receipt as a client library would read it. */
static void read_delivered(const struct fake *f, unsigned i, struct smpp_msg *msg,
                           struct smpp_receipt *receipt)
{
    const struct fake_delivery *at = &f->delivered[i];

    cr_assert_lt(i, f->delivered_count);
    cr_assert_eq(smpp_view_msg(at->pdu, at->len, msg), ESME_ROK);
    cr_assert_eq(smpp_receipt_read(msg, SMPP_ALPHABET_GSM, receipt), SMPP_RECEIPT_READ);
}

static void same(struct smpp_str s, const char *expected)
{
    cr_assert(s.len == strlen(expected) && memcmp(s.p, expected, s.len) == 0, "%.*s", (int)s.len,
              (const char *)s.p);
}

Test(suppression_accept, answers_with_an_id_of_ours)
{
    struct fake *f = accepting();
    char ids[64][72];

    for (unsigned i = 0; i < 64; i++) {
        cr_assert_eq(fake_submit(f, SENDER, "4155550100"), FLT_ABSORB);
        strcpy(ids[i], chain_call(f->run)->message_id);
        cr_assert_eq(strlen(ids[i]), 18);
        cr_assert_eq(strspn(ids[i], "0123456789"), 18);
        for (unsigned j = 0; j < i; j++)
            cr_assert_str_neq(ids[i], ids[j]);
    }
    cr_assert_eq(f->noted_count, 64);
    cr_assert_str_eq(f->noted[0].status, "ESME_ROK");
    cr_assert_eq(fake_submit(f, SENDER, "4155550101"), FLT_PASS);
    fake_free(f);
}

Test(suppression_accept, the_receipt_says_rejected_in_text_and_tlvs)
{
    struct fake *f = accepting();
    struct smpp_receipt receipt, of_text;
    struct smpp_msg msg;
    struct smpp_tlv tlv;
    char id[72];

    cr_assert_eq(submit(f, SMPP_submit_sm, "415-555-0100", 1), FLT_ABSORB);
    strcpy(id, chain_call(f->run)->message_id);
    cr_assert_eq(f->delivered_count, 0, "no receipt before the answer");
    fake_absorbed(f);
    cr_assert_eq(f->delivered_count, 1);
    cr_assert_str_eq(f->delivered[0].account, "shop1");

    read_delivered(f, 0, &msg, &receipt);
    cr_assert_eq(msg.header.command_id, SMPP_deliver_sm);
    cr_assert_eq(msg.esm_class, 0x04);
    cr_assert_eq(receipt.state, SMPP_STATE_REJECTED);
    cr_assert(receipt.final);
    cr_assert_str_eq(receipt.id, id);
    cr_assert_str_eq(receipt.stat, "REJECTD");
    /* The ends are exchanged and otherwise as they were. */
    same(msg.src.digits, "415-555-0100");
    cr_assert(msg.src.ton == 1 && msg.src.npi == 1);
    same(msg.dst.digits, SENDER);
    cr_assert(msg.dst.ton == 5 && msg.dst.npi == 0);

    /* A library that knows text only, and one that knows TLVs only, read the same. */
    cr_assert(smpp_receipt_text(msg.short_message, &of_text));
    cr_assert_str_eq(of_text.id, id);
    cr_assert_str_eq(of_text.stat, "REJECTD");
    cr_assert_str_eq(of_text.err, "000");
    cr_assert_not_null(memmem(msg.short_message.p, msg.short_message.len,
                              "submit date:2601010000 done date:2601010000 ", 44));
    cr_assert(smpp_tlv_find(msg.tlvs, SMPP_TLV_receipted_message_id, &tlv));
    cr_assert_eq(tlv.len, strlen(id) + 1);
    cr_assert_str_eq((const char *)tlv.value, id);
    cr_assert(smpp_tlv_find(msg.tlvs, SMPP_TLV_message_state, &tlv));
    cr_assert(tlv.len == 1 && tlv.value[0] == SMPP_STATE_REJECTED);
    fake_free(f);
}

/* SMPP 3.4, 5.2.17: bits 1 and 0; the others speak of other things. */
Test(suppression_accept, a_receipt_goes_to_those_who_asked)
{
    struct fake *f = accepting();
    unsigned before;

    for (unsigned wanted = 0; wanted < 256; wanted++) {
        before = f->delivered_count;
        cr_assert_eq(submit(f, SMPP_submit_sm, "4155550100", (uint8_t)wanted), FLT_ABSORB);
        fake_absorbed(f);
        cr_assert_eq(f->delivered_count - before, (wanted & 3) == 1 || (wanted & 3) == 2,
                     "registered_delivery 0x%02x", wanted);
    }
    fake_free(f);
}

Test(suppression_accept, data_sm_is_answered_alike)
{
    struct fake *f = accepting();
    struct smpp_receipt receipt;
    struct smpp_msg msg;

    cr_assert_eq(submit(f, SMPP_data_sm, "4155550100", 1), FLT_ABSORB);
    fake_absorbed(f);
    read_delivered(f, 0, &msg, &receipt);
    cr_assert_eq(receipt.state, SMPP_STATE_REJECTED);
    fake_free(f);
}

Test(suppression_accept, what_passed_gets_no_receipt_of_ours)
{
    struct fake *f = accepting();

    cr_assert_eq(submit(f, SMPP_submit_sm, "4155550101", 1), FLT_PASS);
    fake_answered(f, ESME_ROK, "theirs");
    cr_assert_eq(f->delivered_count, 0);
    fake_free(f);
}

Test(suppression_accept, a_session_that_ends_before_the_answer_gets_none)
{
    struct fake *f = accepting();

    cr_assert_eq(submit(f, SMPP_submit_sm, "4155550100", 1), FLT_ABSORB);
    fake_end(f);
    cr_assert_eq(f->delivered_count, 0);
    fake_free(f);
}

Test(suppression_accept, what_was_not_checked_is_still_refused)
{
    struct fake *f = accepting();

    cr_assert_eq(fake_submit(f, SENDER, "nobody"), FLT_REJECT);
    cr_assert_eq(chain_call(f->run)->status, ESME_RINVDSTADR);
    f->store = STORE_FAILS;
    cr_assert_eq(fake_submit(f, SENDER, "4155550100"), FLT_REJECT);
    cr_assert_eq(chain_call(f->run)->status, ESME_RTHROTTLED);
    f->store = STORE_REFUSES;
    cr_assert_eq(fake_submit(f, SENDER, "4155550100"), FLT_REJECT);
    fake_free(f);
}

Test(suppression_accept, the_receipt_comes_from_the_filter_that_took_the_message)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "suppression", "lists: dnc-us", "answer: reject", NULL);
    fake_add(f, "suppression", "lists: bounced", "answer: accept", "mode: monitor", NULL);
    fake_add(f, "suppression", "lists: optout", "answer: accept", NULL);
    fake_list(f, "bounced", HANDSET);
    fake_list(f, "optout", HANDSET);
    cr_assert_eq(submit(f, SMPP_submit_sm, "4155550100", 1), FLT_ABSORB);
    fake_absorbed(f);
    cr_assert_eq(f->delivered_count, 1);
    fake_free(f);
}

Test(suppression_accept, a_monitor_takes_nothing)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "suppression", "answer: accept", "mode: monitor", NULL);
    fake_list(f, "optout", HANDSET);
    cr_assert_eq(submit(f, SMPP_submit_sm, "4155550100", 1), FLT_PASS);
    cr_assert_str_eq(chain_call(f->run)->message_id, "");
    fake_answered(f, ESME_ROK, "theirs");
    cr_assert_eq(f->delivered_count, 0);
    cr_assert_eq(f->noted_count, 1);
    fake_free(f);
}
