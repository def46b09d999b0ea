/* optout: STOP in every alphabet, under every label, wherever carriers put it. */
#include "tests/filters/fake_run.h"

#define HANDSET "14155550100"
#define NUMBER  UINT64_C(14155550100)

static struct fake *usual(enum smpp_alphabet zero)
{
    struct fake *f = fake_new("US", NULL, 0);

    fake_add(f, "optout", NULL);
    f->origin.alphabet = zero;
    return f;
}

static struct smpp_msg reply(uint8_t data_coding, struct smpp_str text)
{
    return (struct smpp_msg){.header = {.command_id = SMPP_deliver_sm},
                             .src = {.digits = str(HANDSET)},
                             .dst = {.digits = str("55512")},
                             .data_coding = data_coding,
                             .short_message = text};
}

/* Sends a reply; the text that went on record, or NULL where it meant nothing. */
static const char *recorded(struct fake *f, const struct smpp_msg *msg)
{
    unsigned before = f->recorded_count;

    cr_assert_eq(fake_send(f, msg), FLT_PASS);
    fake_unlist(f, "optout", NUMBER);
    return f->recorded_count == before ? NULL : f->recorded[before].text;
}

struct labelled {
    uint8_t data_coding;
    struct smpp_str octets;
    const char *text;
};

#define CASE(dc, octets, text)                                                                     \
    {                                                                                              \
        dc, OCTETS(octets), text                                                                   \
    }

static void each(enum smpp_alphabet zero, const struct labelled *cases, size_t n)
{
    struct fake *f = usual(zero);

    for (size_t i = 0; i < n; i++) {
        struct smpp_msg msg = reply(cases[i].data_coding, cases[i].octets);
        const char *text = recorded(f, &msg);

        cr_assert_not_null(text, "case %zu (%s) is no opt-out", i, cases[i].text);
        cr_assert_str_eq(text, cases[i].text, "case %zu: %s", i, text);
    }
    fake_free(f);
}

#define EACH(zero, cases) each(zero, cases, sizeof(cases) / sizeof(cases)[0])

Test(optout_text, as_labelled_where_0_is_gsm)
{
    static const struct labelled cases[] = {
        CASE(0, "STOP", "STOP"),
        CASE(0, "d\x05sabonner", "désabonner"),
        CASE(0, "K\x7Endigen", "Kündigen"),
        CASE(0, "STOP\x00", "STOP@"),
        CASE(1, "Stop", "Stop"),
        CASE(3, "ARR\xCAT", "ARRÊT"),
        CASE(4, "STOP", "STOP"),
        CASE(2, "STOP", "STOP"),
        CASE(6, "\xC1\xC2\xBE\xBF", "СТОП"),
        CASE(7, "\xE4\xF1\xF8", "הסר"),
        CASE(8, "\0S\0T\0O\0P", "STOP"),
        CASE(8, "\x04\x21\x04\x22\x04\x1E\x04\x1F", "СТОП"),
        CASE(8, "\x50\x5C\x6B\x62", "停止"),
        CASE(8, "\xFE\xFF\0S\0T\0O\0P", "STOP"),
        CASE(8, "\xFF\xFES\0T\0O\0P\0", "STOP"),
        CASE(0x10, "STOP", "STOP"),
        CASE(0x11, "STOP", "STOP"),
        CASE(0x18, "\0S\0T\0O\0P", "STOP"),
        CASE(0xF0, "STOP", "STOP"),
        CASE(0xF1, "d\x05sabonner", "désabonner"),
        CASE(0xF5, "STOP", "STOP"),
        CASE(0xC8, "STOP", "STOP"),
        CASE(0x5A, "STOP", "STOP"), /* reserved */
    };

    EACH(SMPP_ALPHABET_GSM, cases);
}

Test(optout_text, as_the_carrier_has_agreed_for_0)
{
    static const struct labelled latin1[] = {CASE(0, "arr\xEAter", "arrêter"),
                                             CASE(0xF0, "arr\xEAter", "arrêter")};
    static const struct labelled utf8[] = {CASE(0, "стоп", "стоп"), CASE(0, "退订", "退订"),
                                           CASE(0, "\xEF\xBB\xBFstop", "stop")};
    static const struct labelled ascii[] = {CASE(0, "OPT-OUT", "OPT-OUT")};
    static const struct labelled ucs2[] = {CASE(0, "\0S\0T\0O\0P", "STOP")};

    EACH(SMPP_ALPHABET_LATIN1, latin1);
    EACH(SMPP_ALPHABET_UTF8, utf8);
    EACH(SMPP_ALPHABET_ASCII, ascii);
    EACH(SMPP_ALPHABET_UCS2, ucs2);
}

Test(optout_text, under_the_wrong_label)
{
    static const struct labelled cases[] = {
        /* UCS-2 as something else, its octets in either order */
        CASE(0, "\0S\0T\0O\0P", "STOP"),
        CASE(3, "\0S\0t\0o\0p\0!", "Stop!"),
        CASE(4, "\0S\0T\0O\0P", "STOP"),
        CASE(0, "S\0T\0O\0P\0", "STOP"),
        CASE(8, "S\0T\0O\0P\0", "STOP"),
        CASE(0, "\xFE\xFF\0S\0T\0O\0P", "STOP"),
        CASE(0, "\x04\x21\x04\x22\x04\x1E\x04\x1F", "СТОП"),
        CASE(3, "\x90\x00\x8B\xA2", "退订"),
        CASE(8, "\x21\x04\x22\x04\x1E\x04\x1F\x04", "СТОП"),
        /* something else as UCS-2 */
        CASE(8, "STOP", "STOP"),
        CASE(8, "Stop!", "Stop!"),
        CASE(8, "стоп", "стоп"),
        CASE(8, "arr\xEAt", "arrêt"),
        /* UTF-8 and Latin-1 as one octet a letter */
        CASE(0, "arr\xC3\xAAt", "arrêt"),
        CASE(0, "стоп", "стоп"),
        CASE(1, "стоп", "стоп"),
        CASE(3, "停止", "停止"),
        CASE(0, "arr\xEAt", "arrêt"),
        CASE(1, "arr\xEAt", "arrêt"),
        /* GSM as something else */
        CASE(1, "d\x05sabonner", "désabonner"),
        CASE(3, "k\x7Endigen", "kündigen"),
    };

    EACH(SMPP_ALPHABET_GSM, cases);
}

Test(optout_text, gsm_where_0_means_something_else)
{
    static const struct labelled cases[] = {CASE(0, "d\x05sabonner", "désabonner")};

    EACH(SMPP_ALPHABET_LATIN1, cases);
    EACH(SMPP_ALPHABET_UTF8, cases);
    EACH(SMPP_ALPHABET_ASCII, cases);
}

Test(optout_text, case_and_what_stands_around_do_not_matter)
{
    static const char *const texts[] = {
        "stop",     "Stop",        "sToP",        "STOP.",    "STOP!!!",   " STOP ",  "\tSTOP\r\n",
        "\"STOP\"", "(stop)",      "*STOP*",      "- stop -", "¡STOP!",    "'Stop'.", "STOP\n\n\n",
        "OPT OUT",  "OPT-OUT",     "optout",      "opt  out", "Opt_Out",   "STOPALL", "stop all",
        "STOP-ALL", "UNSUBSCRIBE", "cancel",      "END",      "quit",      "revoke",  "remove",
        "STOP2END", "ＳＴＯＰ",    "dar de baja", "no más",   "Abmelden!", "取消"};
    struct fake *f = usual(SMPP_ALPHABET_UTF8);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct smpp_msg msg = reply(0, str(texts[i]));

        cr_assert_not_null(recorded(f, &msg), "%s", texts[i]);
    }
    fake_free(f);
}

Test(optout_text, other_texts_mean_nothing)
{
    static const struct labelled cases[] = {
        CASE(0, "", NULL),
        CASE(0, "S", NULL),
        CASE(0, "ok", NULL),
        CASE(0, "Yes", NULL),
        CASE(0, "I will stop by tomorrow", NULL),
        CASE(0, "please don't stop", NULL),
        CASE(0, "cancel my order", NULL),
        CASE(0, "stopping", NULL),
        CASE(0, "nonstop", NULL),
        CASE(8, "\0O\0k", NULL),
        CASE(8, "\0", NULL),
        CASE(8, "\x4F\x60\x59\x7D", NULL),
        CASE(4, "\x00\x01\x02\xFF", NULL),
        CASE(0, "\x1B", NULL),
    };
    struct fake *f = usual(SMPP_ALPHABET_GSM);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct smpp_msg msg = reply(cases[i].data_coding, cases[i].octets);

        cr_assert_null(recorded(f, &msg), "case %zu", i);
    }
    cr_assert_eq(f->questions, 0);
    fake_free(f);
}

Test(optout_text, long_texts_are_read_within_bounds)
{
    struct fake *f = usual(SMPP_ALPHABET_GSM);
    struct fake_tlvs tlvs = {.n = 0};
    struct smpp_msg msg;
    char text[2000];

    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < 255; len++) {
        for (unsigned i = 0; i < 3; i++) {
            msg = reply((uint8_t)(i * 4), (struct smpp_str){(const uint8_t *)text, len});
            cr_assert_null(recorded(f, &msg));
        }
        f->health_count = 0;
    }
    fake_tlv(&tlvs, SMPP_TLV_message_payload, text, sizeof text);
    msg = reply(8, str(""));
    msg.tlvs = fake_tlv_octets(&tlvs);
    cr_assert_null(recorded(f, &msg));
    fake_free(f);
}

/* --- where the text stands --- */

Test(optout_text, behind_a_user_data_header)
{
    static const struct labelled cases[] = {
        CASE(0, "\x06\x05\x04\x0B\x84\x23\xF0STOP", "STOP"),     /* ports */
        CASE(8, "\x05\x00\x03\x07\x01\x01\0S\0T\0O\0P", "STOP"), /* the only part */
        CASE(0, "\x03\x24\x01\x01stop", "stop"),                 /* language */
        CASE(0, "\x00STOP", "STOP"),                             /* empty */
    };
    struct fake *f = usual(SMPP_ALPHABET_GSM);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct smpp_msg msg = reply(cases[i].data_coding, cases[i].octets);

        msg.esm_class = 0x40;
        cr_assert_str_eq(recorded(f, &msg), cases[i].text, "case %zu", i);
    }
    fake_free(f);
}

Test(optout_text, a_header_that_does_not_fit_is_text)
{
    struct fake *f = usual(SMPP_ALPHABET_GSM);
    struct smpp_msg msg = reply(0, str("STOP"));

    msg.esm_class = 0x40;
    cr_assert_str_eq(recorded(f, &msg), "STOP");
    fake_free(f);
}

Test(optout_text, in_the_message_payload)
{
    static const uint8_t classes[] = {0x00, 0x40};
    static const char *const octets[] = {"STOP", "\x06\x05\x04\x0B\x84\x23\xF0STOP"};
    struct fake *f = usual(SMPP_ALPHABET_GSM);

    for (unsigned i = 0; i < 2; i++) {
        struct fake_tlvs tlvs = {.n = 0};
        struct smpp_msg msg = reply(0, str(""));

        fake_tlv(&tlvs, 0x1400, "vendor", 6);
        fake_tlv(&tlvs, SMPP_TLV_message_payload, octets[i], strlen(octets[i]));
        msg.tlvs = fake_tlv_octets(&tlvs);
        msg.esm_class = classes[i];
        cr_assert_str_eq(recorded(f, &msg), "STOP");
    }
    fake_free(f);
}

Test(optout_text, in_either_of_two_payloads)
{
    static const struct {
        const char *brief, *payload, *text;
    } cases[] = {{"STOP", "see you", "STOP"}, {"see you", "STOP", "STOP"}, {"STOP", "end", "STOP"},
                 {"@", "stop", "stop"},       {"STOP", "START", "STOP"},   {"hi", "you", NULL}};
    struct fake *f = usual(SMPP_ALPHABET_UTF8);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_tlvs tlvs = {.n = 0};
        struct smpp_msg msg = reply(0, str(cases[i].brief));
        const char *text;

        fake_tlv(&tlvs, SMPP_TLV_message_payload, cases[i].payload, strlen(cases[i].payload));
        msg.tlvs = fake_tlv_octets(&tlvs);
        text = recorded(f, &msg);
        if (cases[i].text == NULL)
            cr_assert_null(text, "case %zu", i);
        else
            cr_assert_str_eq(text, cases[i].text, "case %zu", i);
    }
    fake_free(f);
}
