/* suppression on submit_sm and data_sm. submit_multi has tests of its own. */
#include "tests/filters/fake_run.h"

#define HANDSET UINT64_C(14155550100)
#define SENDER  "12025550100"

static const char *const shop_senders[] = {SENDER, "55512", "ACME"};
static const char *const club_senders[] = {"442079460000"};
static const struct flt_program programs[] = {
    {.name = "shop", .senders = {shop_senders, 3}, .region = ""},
    {.name = "club", .senders = {club_senders, 1}, .region = "GB"},
};

static struct fake *us(void)
{
    return fake_new("US", programs, 2);
}

/* suppression with its defaults, and a number that opted out. */
static struct fake *listed(void)
{
    struct fake *f = us();

    fake_add(f, "suppression", NULL);
    fake_list(f, "optout", HANDSET);
    return f;
}

static void rejected(struct fake *f, enum flt_verdict verdict, uint32_t status)
{
    cr_assert_eq(verdict, FLT_REJECT);
    cr_assert_eq(chain_call(f->run)->status, status, "status 0x%08x", chain_call(f->run)->status);
}

Test(suppression, other_numbers_pass)
{
    struct fake *f = listed();

    cr_assert_eq(fake_submit(f, SENDER, "14155550101"), FLT_PASS);
    cr_assert_eq(f->questions, 1);
    cr_assert_eq(f->noted_count, 0);
    fake_free(f);
}

Test(suppression, all_lists_are_asked_in_one_question)
{
    struct fake *f = us();

    fake_add(f, "suppression", "lists: [optout, bounced, dnc-us]", NULL);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    cr_assert_eq(f->questions, 1);
    cr_assert_eq(f->check_count, 4);
    cr_assert_str_eq(f->checks[0].list, "optout");
    cr_assert_str_eq(f->checks[1].list, "optout:shop");
    cr_assert_str_eq(f->checks[2].list, "bounced");
    cr_assert_str_eq(f->checks[3].list, "dnc-us");
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(f->checks[i].number, HANDSET);
    fake_free(f);
}

Test(suppression, any_list_blocks)
{
    static const char *const lists[] = {"optout", "optout:shop", "bounced", "dnc-us"};

    for (unsigned i = 0; i < 4; i++) {
        struct fake *f = us();

        fake_add(f, "suppression", "lists: [optout, bounced, dnc-us]", NULL);
        fake_list(f, lists[i], HANDSET);
        rejected(f, fake_submit(f, SENDER, "14155550100"), ESME_RINVDSTADR);
        cr_assert_eq(f->noted_count, 1);
        cr_assert_str_eq(f->noted[0].list, lists[i]);
        fake_free(f);
    }
}

Test(suppression, lists_that_are_not_configured_do_not_count)
{
    struct fake *f = us();

    fake_add(f, "suppression", "lists: bounced", NULL);
    fake_list(f, "optout", HANDSET);
    fake_list(f, "optout:shop", HANDSET);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    cr_assert_eq(f->check_count, 1);
    fake_free(f);
}

/* --- spellings --- */

Test(suppression, every_spelling_is_caught)
{
    static const char *const spellings[] = {
        "14155550100",      "+14155550100",        "4155550100",
        "0014155550100",    "01114155550100",      "011 1 415 555 0100",
        "+1 415 555 0100",  "+1-415-555-0100",     "(415) 555-0100",
        "1 (415) 555.0100", "415/555/0100",        "+1(0)4155550100",
        " 14155550100 ",    "tel:+1-415-555-0100", "１４１５５５５０１００",
        "14155550100x",     "14155550100;ext=5",
    };
    struct fake *f = listed();

    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        cr_assert_eq(fake_submit(f, SENDER, spellings[i]), FLT_REJECT, "%s", spellings[i]);
    cr_assert_eq(f->noted_count, sizeof spellings / sizeof spellings[0]);
    fake_free(f);
}

Test(suppression, ton_and_npi_never_hide_a_number)
{
    struct fake *f = listed();

    for (unsigned ton = 0; ton < 256; ton += ton < 8 ? 1 : 31) {
        for (unsigned npi = 0; npi < 256; npi += npi < 20 ? 3 : 59) {
            struct smpp_msg msg = {.header = {.command_id = SMPP_submit_sm},
                                   .src = {.digits = str(SENDER)},
                                   .dst = {(uint8_t)ton, (uint8_t)npi, str("4155550100")}};

            cr_assert_eq(fake_send(f, &msg), FLT_REJECT, "TON %u NPI %u", ton, npi);
        }
        f->noted_count = 0;
    }
    fake_free(f);
}

/* Ten digits that are Singapore's with its code, and Florida's without. */
Test(suppression, each_reading_blocks)
{
    static const uint64_t readings[] = {6561234567, 16561234567};

    for (unsigned i = 0; i < 2; i++) {
        struct fake *f = us();
        char digits[24];

        fake_add(f, "suppression", NULL);
        fake_list(f, "optout", readings[i]);
        rejected(f, fake_submit(f, SENDER, "6561234567"), ESME_RINVDSTADR);
        cr_assert_str_eq(f->noted[0].number, phone_format(readings[i], digits));
        cr_assert_eq(f->questions, 1);
        fake_free(f);
    }
}

Test(suppression, the_event_names_the_reading_that_is_not_the_usual_one)
{
    struct fake *f = us();
    struct phone_readings readings;
    char digits[24];

    fake_add(f, "suppression", NULL);
    phone_read(f->phone, str("6561234567"), "US", &readings);
    cr_assert_geq(readings.n, 2);
    fake_list(f, "optout", readings.number[readings.n - 1]);
    fake_submit(f, SENDER, "6561234567");
    cr_assert_str_eq(f->noted[0].reading, phone_format(readings.number[readings.n - 1], digits));
    fake_list(f, "optout", readings.number[0]);
    fake_submit(f, SENDER, "6561234567");
    cr_assert_null(f->noted[1].reading);
    fake_free(f);
}

Test(suppression, numbers_are_read_in_the_region_of_the_program)
{
    struct fake *f = us();

    fake_add(f, "suppression", NULL);
    fake_list(f, "optout", UINT64_C(442079460958));
    cr_assert_eq(fake_submit(f, "442079460000", "020 7946 0958"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, "442079460000", "02079460958"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, "442079460000", "+44 (0)20 7946 0958"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, SENDER, "+44 (0)20 7946 0958"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, SENDER, "011442079460958"), FLT_REJECT);
    fake_free(f);
}

Test(suppression, short_codes_stay_as_they_are)
{
    struct fake *f = us();

    fake_add(f, "suppression", NULL);
    fake_list(f, "optout", 72345);
    cr_assert_eq(fake_submit(f, SENDER, "72345"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, SENDER, "72346"), FLT_PASS);
    fake_free(f);
}

Test(suppression, what_cannot_be_read_is_refused_and_not_asked_for)
{
    static const char *const nothing[] = {
        "",   "+",   "ACME",         "()",
        "12", "- -", "\x80\xFF\x01", "123456789012345678901234567890123456789012345"};
    struct fake *f = listed();

    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        struct phone_readings readings;

        phone_read(f->phone, str(nothing[i]), "US", &readings);
        if (readings.n > 0)
            continue; /* phone has found something to ask for */
        rejected(f, fake_submit(f, SENDER, nothing[i]), ESME_RINVDSTADR);
    }
    cr_assert_eq(f->questions, 0);
    cr_assert_geq(fake_counted(f, "suppression", "unreadable"), 4);
    fake_free(f);
}

/* A carrier may skip what is no part of a number, read letters as on a telephone's keys, or take a
 * service prefix for one. None of them is a way around the lists. */
static const char *const foreign[] = {"#31#14155550100",
                                      "*67 4155550100",
                                      "*14155550100#",
                                      "1 415 KLJ 0100",
                                      "1415555O100",
                                      "1415555\xb2\xb3\xb9",
                                      "141555\351550100",
                                      "14155550100@x.org",
                                      "x4155550100",
                                      "4155550100,4155550101",
                                      "tel:5550100;phone-context=+1415",
                                      "14155550101@x",
                                      "1415555010114155550102"};

Test(suppression, foreign_characters_are_refused_and_not_asked_for)
{
    static const uint32_t commands[] = {SMPP_submit_sm, SMPP_data_sm};
    struct fake *f = listed();

    for (size_t i = 0; i < 2 * sizeof foreign / sizeof foreign[0]; i++) {
        struct smpp_msg msg = {.header = {.command_id = commands[i % 2]},
                               .src = {.digits = str(SENDER)},
                               .dst = {.digits = str(foreign[i / 2])}};

        rejected(f, fake_send(f, &msg), ESME_RINVDSTADR);
    }
    cr_assert_eq(f->questions, 0);
    cr_assert_eq(fake_counted(f, "suppression", "unreadable"),
                 2 * sizeof foreign / sizeof foreign[0]);
    fake_free(f);
}

/* --- programs --- */

Test(suppression, an_opt_out_of_a_program_blocks_that_program)
{
    struct fake *f = us();

    fake_add(f, "suppression", NULL);
    fake_list(f, "optout:shop", HANDSET);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, "+1 202-555-0100", "14155550100"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, "55512", "14155550100"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, "acme", "14155550100"), FLT_REJECT);
    cr_assert_str_eq(f->noted[0].list, "optout:shop");
    cr_assert_str_eq(f->noted[0].program, "shop");
    cr_assert_eq(fake_submit(f, "442079460000", "+14155550100"), FLT_PASS);
    cr_assert_eq(fake_submit(f, "13125550100", "14155550100"), FLT_PASS);
    cr_assert_eq(f->check_count, 2, "a sender without a program asks for the plain lists");
    fake_free(f);
}

Test(suppression, an_opt_out_of_everything_blocks_every_program)
{
    static const char *const senders[] = {SENDER, "442079460000", "13125550100", "", "SOMEONE"};
    struct fake *f = listed();

    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(fake_submit(f, senders[i], "+14155550100"), FLT_REJECT, "%s", senders[i]);
    fake_free(f);
}

Test(suppression, there_may_be_no_programs)
{
    struct fake *f = fake_new("", NULL, 0);

    fake_add(f, "suppression", NULL);
    fake_list(f, "optout", HANDSET);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, SENDER, "+14155550100"), FLT_REJECT);
    cr_assert_eq(fake_submit(f, SENDER, "14155550199"), FLT_PASS);
    fake_free(f);
}

/* --- commands --- */

Test(suppression, data_sm_is_checked)
{
    struct fake *f = listed();
    struct smpp_msg msg = {.header = {.command_id = SMPP_data_sm},
                           .src = {.digits = str(SENDER)},
                           .dst = {.digits = str("4155550100")}};

    rejected(f, fake_send(f, &msg), ESME_RINVDSTADR);
    msg.dst.digits = str("4155550101");
    cr_assert_eq(fake_send(f, &msg), FLT_PASS);
    fake_free(f);
}

/* --- what is recorded --- */

Test(suppression, the_event_tells_what_was_blocked)
{
    struct fake *f = listed();
    const struct event *e = &f->noted[0];

    fake_submit(f, SENDER, "415-555-0100");
    cr_assert_eq(f->noted_count, 1);
    cr_assert_eq(e->type, EVENT_blocked);
    cr_assert_eq(e->time_ms, FAKE_NOW);
    cr_assert_str_eq(e->number, "14155550100");
    cr_assert_str_eq(e->address, "415-555-0100");
    cr_assert_null(e->reading);
    cr_assert_str_eq(e->sender, SENDER);
    cr_assert_str_eq(e->program, "shop");
    cr_assert_str_eq(e->list, "optout");
    cr_assert_str_eq(e->filter, "suppression");
    cr_assert_null(e->mode);
    cr_assert_str_eq(e->status, "ESME_RINVDSTADR");
    cr_assert_str_eq(e->carrier, "main");
    cr_assert_str_eq(e->account, "shop1");
    cr_assert_null(e->text, "the message's text is nobody's business");
    fake_submit(f, "13125550100", "14155550100");
    cr_assert_null(f->noted[1].address);
    cr_assert_null(f->noted[1].program);
    fake_free(f);
}

Test(suppression, long_addresses_are_cut_in_the_event)
{
    static const char spaced[] = "1 4 1 5 5 5 5 0 1 0 0                                        ";
    struct fake *f = listed();

    cr_assert_eq(fake_submit(f, spaced, spaced), FLT_REJECT);
    cr_assert_eq(strlen(f->noted[0].address), 47);
    cr_assert_eq(strlen(f->noted[0].sender), 47);
    fake_free(f);
}

/* --- settings --- */

Test(suppression, the_status_is_configured_by_name_or_number)
{
    static const struct {
        const char *line, *name;
        uint32_t status;
    } cases[] = {{"status: ESME_RTHROTTLED", "ESME_RTHROTTLED", ESME_RTHROTTLED},
                 {"status: 11", "ESME_RINVDSTADR", ESME_RINVDSTADR},
                 {"status: 0x401", "0x00000401", 0x401}};

    for (unsigned i = 0; i < 3; i++) {
        struct fake *f = us();

        fake_add(f, "suppression", cases[i].line, NULL);
        fake_list(f, "optout", HANDSET);
        rejected(f, fake_submit(f, SENDER, "14155550100"), cases[i].status);
        cr_assert_str_eq(f->noted[0].status, cases[i].name);
        fake_free(f);
    }
}

Test(suppression, settings_that_make_no_sense_are_refused)
{
    struct fake *f = us();

    cr_assert(strstr(fake_wrong(f, "suppression", "lists: []", NULL), "lists"));
    cr_assert(
        strstr(fake_wrong(f, "suppression", "lists: [a, b, c, d, e, f, g, h, i]", NULL), "lists"));
    cr_assert(strstr(fake_wrong(f, "suppression", "status: ESME_ROK", NULL), "status"));
    fake_free(f);
}

Test(suppression, as_many_lists_as_allowed)
{
    struct fake *f = us();

    fake_add(f, "suppression", "lists: [optout, b, c, d, e, f, g, h]", NULL);
    fake_list(f, "h", HANDSET);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_REJECT);
    cr_assert_eq(f->check_count, 9);
    cr_assert_str_eq(f->noted[0].list, "h");
    fake_free(f);
}

/* --- the store is away --- */

Test(suppression, nothing_passes_unchecked_when_the_store_fails)
{
    struct fake *f = listed();

    f->store = STORE_FAILS;
    rejected(f, fake_submit(f, SENDER, "14155550101"), ESME_RTHROTTLED);
    cr_assert_eq(fake_counted(f, "suppression", "no_answer"), 1);
    cr_assert_eq(f->counts[registry_index(f->steps[0].ops)].port_failed, 1);
    cr_assert_eq(f->noted_count, 0);
    fake_free(f);
}

Test(suppression, messages_pass_unchecked_where_the_operator_says_so)
{
    struct fake *f = listed();

    f->store = STORE_PASSES_UNCHECKED;
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    cr_assert_eq(fake_counted(f, "suppression", "unchecked"), 1);
    fake_free(f);
}

Test(suppression, unreadable_addresses_do_not_pass_even_then)
{
    struct fake *f = listed();

    f->store = STORE_PASSES_UNCHECKED;
    rejected(f, fake_submit(f, SENDER, "nobody"), ESME_RINVDSTADR);
    fake_free(f);
}

Test(suppression, where_too_much_waits_the_sender_is_slowed_down)
{
    struct fake *f = listed();

    f->store = STORE_REFUSES;
    rejected(f, fake_submit(f, SENDER, "14155550101"), ESME_RTHROTTLED);
    cr_assert_eq(fake_counted(f, "suppression", "overload"), 1);
    fake_free(f);
}

Test(suppression, a_message_waits_for_a_late_answer)
{
    struct fake *f = listed();

    f->store = STORE_SILENT;
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PENDING);
    cr_assert_eq(f->noted_count, 0);
    f->now_ms += 4900;
    f->store = STORE_ANSWERS;
    rejected(f, fake_answer(f), ESME_RINVDSTADR);
    cr_assert_eq(f->noted[0].time_ms, FAKE_NOW + 4900);
    fake_free(f);
}

Test(suppression, a_session_may_end_before_the_answer)
{
    struct fake *f = listed();

    f->store = STORE_SILENT;
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PENDING);
    fake_end(f);
    cr_assert_eq(f->noted_count, 0);
    fake_free(f);
}

/* --- mode: monitor --- */

Test(suppression, a_monitor_records_and_lets_pass)
{
    struct fake *f = us();

    fake_add(f, "suppression", "mode: monitor", NULL);
    fake_list(f, "optout", HANDSET);
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    cr_assert_eq(f->noted_count, 1);
    cr_assert_eq(f->noted[0].type, EVENT_blocked);
    cr_assert_str_eq(f->noted[0].mode, "monitor");
    cr_assert_eq(f->counts[registry_index(f->steps[0].ops)].monitored, 1);
    cr_assert_eq(fake_submit(f, SENDER, "14155550101"), FLT_PASS);
    cr_assert_eq(f->noted_count, 1);
    cr_assert_eq(f->counts[registry_index(f->steps[0].ops)].monitored, 1);
    fake_free(f);
}

Test(suppression, a_monitor_never_stands_in_the_way)
{
    struct fake *f = us();

    fake_add(f, "suppression", "mode: monitor", NULL);
    cr_assert_eq(fake_submit(f, SENDER, "nobody"), FLT_PASS);
    f->store = STORE_FAILS;
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    f->store = STORE_REFUSES;
    cr_assert_eq(fake_submit(f, SENDER, "14155550100"), FLT_PASS);
    fake_free(f);
}
