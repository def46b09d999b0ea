/* optout: what becomes of a STOP, a START and a HELP. How texts are read has tests of its own. */
#include "tests/filters/fake_run.h"

#define HANDSET "14155550100"
#define NUMBER  UINT64_C(14155550100)
#define SHOP    "12025550100"
#define CLUB    "442079460000"

static const char *const shop_senders[] = {SHOP, "55512"};
static const char *const club_senders[] = {CLUB};
static const struct flt_program programs[] = {
    {.name = "shop", .senders = {shop_senders, 2}, .region = ""},
    {.name = "club", .senders = {club_senders, 1}, .region = "GB"},
};

static struct fake *us(void)
{
    return fake_new("US", programs, 2);
}

static struct fake *usual(void)
{
    struct fake *f = us();

    fake_add(f, "optout", NULL);
    return f;
}

static struct fake *scoped(const char *scope)
{
    struct fake *f = us();

    fake_add(f, "optout", scope, NULL);
    return f;
}

Test(optout, stop_puts_the_number_on_the_list)
{
    struct fake *f = usual();

    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_PASS);
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    cr_assert_eq(f->listed_count, 1);
    cr_assert_eq(fake_counted(f, "optout", "optout"), 1);
    fake_free(f);
}

Test(optout, the_event_is_the_evidence)
{
    struct fake *f = usual();
    const struct event *e = &f->recorded[0];

    fake_reply(f, "+1 (415) 555-0100", SHOP, " Stop!\r\n");
    cr_assert_eq(f->recorded_count, 1);
    cr_assert_eq(e->type, EVENT_optout);
    cr_assert_eq(e->source, EVENT_SOURCE_reply);
    cr_assert_eq(e->time_ms, FAKE_NOW);
    cr_assert_str_eq(e->number, HANDSET);
    cr_assert_str_eq(e->address, "+1 (415) 555-0100");
    cr_assert_str_eq(e->sender, SHOP);
    cr_assert_str_eq(e->program, "shop");
    cr_assert_str_eq(e->list, "optout");
    cr_assert_str_eq(e->keyword, "stop");
    cr_assert_str_eq(e->rule, "keyword");
    cr_assert_str_eq(e->carrier, "main");
    cr_assert_str_eq(e->account, "shop1");
    cr_assert_str_eq(e->text, " Stop!\r\n");
    cr_assert_null(e->mode);
    fake_reply(f, HANDSET, "13125550100", "STOP");
    cr_assert_null(f->recorded[1].address);
    cr_assert_null(f->recorded[1].program);
    fake_free(f);
}

Test(optout, nothing_goes_on_before_it_is_stored)
{
    struct fake *f = usual();

    f->store = STORE_SILENT;
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_PENDING);
    f->store = STORE_ANSWERS;
    cr_assert_eq(fake_answer(f), FLT_PASS);
    fake_free(f);
}

Test(optout, a_session_may_end_before_it_is_stored)
{
    struct fake *f = usual();

    f->store = STORE_SILENT;
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_PENDING);
    fake_free(f);
}

Test(optout, what_cannot_be_stored_is_to_come_again)
{
    static const enum fake_store troubles[] = {STORE_FAILS, STORE_PASSES_UNCHECKED, STORE_REFUSES};
    static const char *const texts[] = {"STOP", "START"};

    for (unsigned i = 0; i < 6; i++) {
        struct fake *f = usual();

        f->store = troubles[i / 2];
        cr_assert_eq(fake_reply(f, HANDSET, SHOP, texts[i % 2]), FLT_REJECT);
        cr_assert_eq(chain_call(f->run)->status, ESME_RX_T_APPN);
        cr_assert_eq(fake_counted(f, "optout", "not_stored"), 1);
        fake_free(f);
    }
}

Test(optout, repeats_change_nothing_and_are_counted)
{
    struct fake *f = usual();

    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_PASS);
    cr_assert_eq(fake_counted(f, "optout", "repeated"), 0);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "stop"), FLT_PASS);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "Unsubscribe"), FLT_PASS);
    cr_assert_eq(fake_counted(f, "optout", "repeated"), 2);
    cr_assert_eq(f->listed_count, 1);
    fake_free(f);
}

Test(optout, data_sm_is_a_reply_too)
{
    struct fake *f = usual();
    struct fake_tlvs tlvs = {.n = 0};

    fake_tlv(&tlvs, SMPP_TLV_message_payload, "STOP", 4);
    cr_assert_eq(fake_send(f, &(struct smpp_msg){.header = {.command_id = SMPP_data_sm},
                                                 .src = {.digits = str(HANDSET)},
                                                 .dst = {.digits = str(SHOP)},
                                                 .tlvs = fake_tlv_octets(&tlvs)}),
                 FLT_PASS);
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    fake_free(f);
}

/* --- scope --- */

Test(optout, scope_all_ends_every_program)
{
    struct fake *f = scoped("scope: all");

    fake_reply(f, HANDSET, SHOP, "STOP");
    cr_assert_eq(f->listed_count, 1);
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    fake_free(f);
}

Test(optout, scope_program_ends_the_program_that_was_replied_to)
{
    struct fake *f = scoped("scope: program");

    fake_reply(f, HANDSET, "55512", "STOP");
    fake_reply(f, "+" HANDSET, CLUB, "STOP");
    cr_assert_eq(f->listed_count, 2);
    cr_assert(fake_is_listed(f, "optout:shop", NUMBER));
    cr_assert(fake_is_listed(f, "optout:club", NUMBER));
    cr_assert_str_eq(f->recorded[0].list, "optout:shop");
    cr_assert_str_eq(f->recorded[0].program, "shop");
    fake_free(f);
}

Test(optout, without_a_program_all_are_ended)
{
    struct fake *f = scoped("scope: program");

    fake_reply(f, HANDSET, "13125550100", "STOP");
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    fake_free(f);
}

/* --- START and HELP --- */

Test(optout, start_opts_in_again)
{
    static const char *const words[] = {"START", "unstop", " Subscribe. ", "opt in", "OPT-IN"};
    struct fake *f = usual();

    for (unsigned i = 0; i < 5; i++) {
        fake_list(f, "optout", NUMBER);
        cr_assert_eq(fake_reply(f, HANDSET, "13125550100", words[i]), FLT_PASS);
        cr_assert_eq(f->listed_count, 0, "%s", words[i]);
        cr_assert_eq(f->recorded[i].type, EVENT_optin);
        cr_assert_str_eq(f->recorded[i].text, words[i]);
    }
    cr_assert_eq(fake_counted(f, "optout", "optin"), 5);
    fake_free(f);
}

Test(optout, start_undoes_what_either_scope_did)
{
    struct fake *f = scoped("scope: all");

    fake_list(f, "optout", NUMBER);
    fake_list(f, "optout:shop", NUMBER);
    fake_list(f, "optout:club", NUMBER);
    fake_list(f, "bounced", NUMBER);
    fake_reply(f, HANDSET, SHOP, "START");
    cr_assert_not(fake_is_listed(f, "optout", NUMBER));
    cr_assert_not(fake_is_listed(f, "optout:shop", NUMBER));
    cr_assert(fake_is_listed(f, "optout:club", NUMBER), "nobody spoke of that one");
    cr_assert(fake_is_listed(f, "bounced", NUMBER));
    cr_assert_eq(f->questions, 1, "all or nothing");
    fake_free(f);
}

Test(optout, start_in_a_program_speaks_of_that_program)
{
    struct fake *f = scoped("scope: program");

    fake_list(f, "optout:shop", NUMBER);
    fake_list(f, "optout:club", NUMBER);
    fake_reply(f, HANDSET, SHOP, "START");
    cr_assert_not(fake_is_listed(f, "optout:shop", NUMBER));
    cr_assert(fake_is_listed(f, "optout:club", NUMBER));
    fake_free(f);
}

Test(optout, help_is_recorded_and_passes)
{
    struct fake *f = usual();

    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "Help?"), FLT_PASS);
    cr_assert_eq(f->questions, 0, "nobody waits for it");
    cr_assert_eq(f->noted_count, 1);
    cr_assert_eq(f->noted[0].type, EVENT_help);
    cr_assert_str_eq(f->noted[0].number, HANDSET);
    cr_assert_str_eq(f->noted[0].keyword, "help");
    cr_assert_str_eq(f->noted[0].text, "Help?");
    cr_assert_null(f->noted[0].list);
    cr_assert_eq(f->listed_count, 0);
    fake_free(f);
}

/* --- forward --- */

Test(optout, replies_may_end_here)
{
    struct fake *f = scoped("forward: false");

    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_ABSORB);
    fake_absorbed(f);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_ABSORB);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "START"), FLT_ABSORB);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "HELP"), FLT_PASS);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "hello"), FLT_PASS);
    cr_assert_eq(f->delivered_count, 0);
    f->store = STORE_FAILS;
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_REJECT);
    fake_free(f);
}

/* --- who replies --- */

Test(optout, each_reading_of_the_address_is_suppressed)
{
    struct fake *f = usual();

    fake_reply(f, "6561234567", SHOP, "STOP");
    cr_assert(fake_is_listed(f, "optout", UINT64_C(6561234567)));
    cr_assert(fake_is_listed(f, "optout", UINT64_C(16561234567)));
    cr_assert_eq(f->recorded_count, f->listed_count);
    cr_assert_eq(f->questions, 1, "all or none are stored");
    for (unsigned i = 0; i < f->recorded_count; i++) {
        bool as_sent = strcmp(f->recorded[i].number, "6561234567") == 0;

        cr_assert_eq(f->recorded[i].address == NULL, as_sent);
    }
    fake_reply(f, "6561234567", SHOP, "START");
    cr_assert_eq(f->listed_count, 0);
    fake_free(f);
}

Test(optout, the_address_is_read_in_the_region_of_the_program)
{
    struct fake *f = usual();

    fake_reply(f, "020 7946 0958", CLUB, "STOP");
    cr_assert(fake_is_listed(f, "optout", UINT64_C(442079460958)));
    fake_reply(f, "4155550100", SHOP, "STOP");
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    fake_free(f);
}

Test(optout, names_have_no_number_to_suppress)
{
    struct fake *f = usual();

    cr_assert_eq(fake_reply(f, "ACME", SHOP, "STOP"), FLT_PASS);
    cr_assert_eq(fake_reply(f, "", SHOP, "hello"), FLT_PASS);
    cr_assert_eq(f->questions, 0);
    cr_assert_eq(f->logged_count, 1, "only the keyword is worth a line");
    cr_assert_eq(fake_counted(f, "optout", "no_number"), 2);
    cr_assert_eq(f->health_count, 0);
    fake_free(f);
}

/* A number that is made of the digits of something else is somebody else's. */
Test(optout, what_is_no_number_opts_nobody_out)
{
    static const char *const from[] = {
        "abc123",      "a14155550100",    "1415KLJ0100",
        "1415555O100", "#31#14155550100", "14155550100141555501001415555010014155550100"};
    struct fake *f = usual();

    for (unsigned i = 0; i < sizeof from / sizeof from[0]; i++) {
        cr_assert_eq(fake_reply(f, from[i], SHOP, "STOP"), FLT_PASS);
        cr_assert_eq(fake_counted(f, "optout", "no_number"), i + 1, "%s", from[i]);
        cr_assert_eq(f->logged_count, i + 1);
    }
    cr_assert_eq(f->questions, 0);
    cr_assert_eq(f->listed_count, 0);
    cr_assert_eq(f->health_count, 0);
    fake_free(f);
}

Test(optout, what_stands_behind_a_number_does_not_hide_it)
{
    static const char *const from[] = {"14155550100@x", "14155550100@10.0.0.1",
                                       "+14155550100;ext=5", "4155550100x12",
                                       "tel:+1-415-555-0100"};

    for (unsigned i = 0; i < sizeof from / sizeof from[0]; i++) {
        struct fake *f = usual();

        cr_assert_eq(fake_reply(f, from[i], SHOP, "STOP"), FLT_PASS);
        cr_assert_eq(f->recorded_count, 1, "%s", from[i]);
        cr_assert_str_eq(f->recorded[0].number, "14155550100");
        fake_free(f);
    }
}

Test(optout, every_reply_is_a_sign_of_life)
{
    static const char *const texts[] = {"STOP", "START", "HELP", "hello", ""};
    struct fake *f = usual();

    for (unsigned i = 0; i < 5; i++) {
        fake_reply(f, HANDSET, SHOP, texts[i]);
        cr_assert_eq(f->health_count, i + 1);
        cr_assert_eq(f->health[i].kind, HEALTH_REPLY);
        cr_assert_eq(f->health[i].number, NUMBER);
        cr_assert_eq(f->health[i].time_ms, FAKE_NOW);
    }
    fake_free(f);
}

/* --- words --- */

Test(optout, configured_words_count_too)
{
    struct fake *f = us();

    fake_add(f, "optout", "stop: [genug jetzt]", "start: [weiter]", "help: [was ist das]",
             "ignore: [end]", NULL);
    fake_reply(f, HANDSET, SHOP, "Genug jetzt!");
    cr_assert(fake_is_listed(f, "optout", NUMBER));
    fake_reply(f, HANDSET, SHOP, "WEITER");
    cr_assert_eq(f->listed_count, 0);
    fake_reply(f, HANDSET, SHOP, "Was ist das?");
    cr_assert_eq(f->noted_count, 1);
    fake_reply(f, HANDSET, SHOP, "end");
    cr_assert_eq(f->listed_count, 0);
    fake_reply(f, HANDSET, SHOP, "stop");
    cr_assert_eq(f->listed_count, 1, "the built-in words stay");
    fake_free(f);
}

Test(optout, words_of_nothing_are_refused)
{
    struct fake *f = us();

    cr_assert_not_null(fake_wrong(f, "optout", "stop: [...]", NULL));
    fake_free(f);
}

/* --- mode: monitor --- */

Test(optout, a_monitor_records_and_changes_nothing)
{
    struct fake *f = us();

    fake_add(f, "optout", "mode: monitor", "forward: false", NULL);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "STOP"), FLT_PASS);
    cr_assert_eq(f->questions, 0);
    cr_assert_eq(f->listed_count, 0);
    cr_assert_eq(f->noted_count, 1);
    cr_assert_eq(f->noted[0].type, EVENT_optout);
    cr_assert_str_eq(f->noted[0].mode, "monitor");
    cr_assert_str_eq(f->noted[0].number, HANDSET);
    cr_assert_eq(f->counts[registry_index(f->steps[0].ops)].monitored, 1);
    cr_assert_eq(fake_reply(f, HANDSET, SHOP, "HELP"), FLT_PASS);
    cr_assert_str_eq(f->noted[1].mode, "monitor");
    fake_free(f);
}

/* --- receipts --- */

Test(optout, receipts_never_opt_out)
{
    static const char quoting[] = "id:1 sub:001 dlvrd:001 submit date:2601010000 done "
                                  "date:2601010001 stat:DELIVRD err:000 text:STOP";
    struct fake *f = us();
    struct fake_tlvs tlvs = {.n = 0};
    struct smpp_msg msg = {.header = {.command_id = SMPP_deliver_sm},
                           .src = {.digits = str(HANDSET)},
                           .dst = {.digits = str(SHOP)}};

    fake_add(f, "receipt", NULL);
    fake_add(f, "optout", NULL);
    fake_tlv(&tlvs, SMPP_TLV_receipted_message_id, "1", 2);
    fake_tlv8(&tlvs, SMPP_TLV_message_state, SMPP_STATE_DELIVERED);

    msg.short_message = str(quoting);
    cr_assert_eq(fake_send(f, &msg), FLT_PASS); /* by its text alone */
    msg.esm_class = 0x04;
    cr_assert_eq(fake_send(f, &msg), FLT_PASS);
    msg.short_message = str("STOP"); /* unreadable, and a receipt all the same */
    cr_assert_eq(fake_send(f, &msg), FLT_PASS);
    msg.esm_class = 0x20;
    cr_assert_eq(fake_send(f, &msg), FLT_PASS);
    msg.esm_class = 0x00;
    msg.tlvs = fake_tlv_octets(&tlvs);
    cr_assert_eq(fake_send(f, &msg), FLT_PASS);
    fake_tlv(&tlvs, SMPP_TLV_message_payload, "STOP", 4);
    msg.header.command_id = SMPP_data_sm;
    msg.tlvs = fake_tlv_octets(&tlvs);
    cr_assert_eq(fake_send(f, &msg), FLT_PASS);

    cr_assert_eq(f->questions, 0);
    cr_assert_eq(fake_counted(f, "optout", "optout"), 0);
    for (unsigned i = 0; i < f->health_count; i++)
        cr_assert_neq(f->health[i].kind, HEALTH_REPLY);
    fake_free(f);
}

Test(optout, a_reply_that_looks_like_a_receipt_from_afar_is_a_reply)
{
    static const uint8_t classes[] = {0x00, 0x08, 0x10, 0x80, 0x03};
    struct fake *f = us();

    fake_add(f, "receipt", NULL);
    fake_add(f, "optout", NULL);
    for (unsigned i = 0; i < sizeof classes; i++) {
        struct smpp_msg msg = {.header = {.command_id = SMPP_deliver_sm},
                               .src = {.digits = str(HANDSET)},
                               .dst = {.digits = str(SHOP)},
                               .esm_class = classes[i],
                               .short_message = str("STOP")};

        fake_send(f, &msg);
        cr_assert_eq(f->recorded_count, i + 1, "esm_class 0x%02x", classes[i]);
    }
    fake_free(f);
}
