#include "smpp/ids.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(ids, names_of_commands)
{
    cr_assert_str_eq(smpp_command_name(0x00000004), "submit_sm");
    cr_assert_str_eq(smpp_command_name(0x80000004), "submit_sm_resp");
    cr_assert_str_eq(smpp_command_name(0x80000000), "generic_nack");
    cr_assert_str_eq(smpp_command_name(0x00000103), "data_sm");
    cr_assert_null(smpp_command_name(0));
    cr_assert_null(smpp_command_name(0x00010200));
    cr_assert_null(smpp_command_name(0xffffffff));
}

Test(ids, names_of_statuses)
{
    cr_assert_str_eq(smpp_status_name(0), "ESME_ROK");
    cr_assert_str_eq(smpp_status_name(0x0b), "ESME_RINVDSTADR");
    cr_assert_str_eq(smpp_status_name(0x58), "ESME_RTHROTTLED");
    cr_assert_str_eq(smpp_status_name(0x112), "ESME_RINVBCASTCHANIND");
    cr_assert_null(smpp_status_name(0x400));
    cr_assert_null(smpp_status_name(0xffffffff));
}

Test(ids, names_of_tlvs)
{
    cr_assert_str_eq(smpp_tlv_name(0x0424), "message_payload");
    cr_assert_str_eq(smpp_tlv_name(0x001e), "receipted_message_id");
    cr_assert_null(smpp_tlv_name(0x1400));
    cr_assert_null(smpp_tlv_name(0));
}

Test(ids, every_status_reads_as_it_is_written)
{
    for (uint32_t status = 0; status < 0x1000; status++) {
        const char *name = smpp_status_name(status);
        uint32_t read = 0xdeadbeef;
        if (name == NULL)
            continue;
        cr_assert_eq(smpp_status_parse(name, &read), 0);
        cr_assert_eq(read, status, "%s", name);
    }
}

Test(ids, statuses_as_numbers)
{
    static const struct {
        const char *text;
        uint32_t status;
    } good[] = {
        {"0", 0},
        {"11", 11},
        {"011", 11},
        {"0x0B", 11},
        {"0X0b", 11},
        {"0x400", 0x400},
        {"4294967295", 0xffffffff},
        {"0xffffffff", 0xffffffff},
        {"0x00000000000000000058", 0x58},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint32_t status = 0xdeadbeef;
        cr_assert_eq(smpp_status_parse(good[i].text, &status), 0, "%s", good[i].text);
        cr_assert_eq(status, good[i].status, "%s", good[i].text);
    }
}

Test(ids, no_statuses)
{
    static const char *const bad[] = {
        "",           "0x",         "x",
        " 11",        "11 ",        "-1",
        "+1",         "1f",         "0x1g",
        "0b11",       "4294967296", "0x100000000",
        "RINVDSTADR", "ESME_",      "ESME_RX",
        "ESME_rok",   "esme_rok",   "99999999999999999999999999",
        "0x-1",       "ESME_ROK ",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t status = 0xdeadbeef;
        cr_assert_eq(smpp_status_parse(bad[i], &status), -EINVAL, "'%s'", bad[i]);
        cr_assert_eq(status, 0xdeadbeef, "'%s' left a number behind", bad[i]);
    }
}

Test(ids, kinds_of_commands)
{
    cr_assert(smpp_is_resp(SMPP_generic_nack));
    cr_assert(smpp_is_resp(SMPP_submit_sm_resp));
    cr_assert_not(smpp_is_resp(SMPP_submit_sm));

    cr_assert(smpp_is_bind(SMPP_bind_receiver));
    cr_assert(smpp_is_bind(SMPP_bind_transmitter));
    cr_assert(smpp_is_bind(SMPP_bind_transceiver));
    cr_assert_not(smpp_is_bind(SMPP_bind_transceiver_resp));
    cr_assert_not(smpp_is_bind(SMPP_outbind));

    cr_assert(smpp_wants_resp(SMPP_submit_sm));
    cr_assert(smpp_wants_resp(SMPP_enquire_link));
    cr_assert(smpp_wants_resp(0x00010200));
    cr_assert_not(smpp_wants_resp(SMPP_alert_notification));
    cr_assert_not(smpp_wants_resp(SMPP_outbind));
    cr_assert_not(smpp_wants_resp(SMPP_generic_nack));
    cr_assert_not(smpp_wants_resp(SMPP_enquire_link_resp));
}
