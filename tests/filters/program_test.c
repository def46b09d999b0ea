#include "filters/filter.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const shop_senders[] = {"12025550100", "55512", "ACME"};
static const char *const bank_senders[] = {"+44 20 7123-4567", "Big Bank", "7-Eleven"};
static const struct flt_program programs[] = {
    {.name = "shop", .senders = {shop_senders, 3}, .region = ""},
    {.name = "bank", .senders = {bank_senders, 3}, .region = "GB"},
    {.name = "empty", .senders = {NULL, 0}, .region = "DE"},
};
static const struct flt_world world = {.region = "US", .programs = programs, .program_count = 3};

static const char *program_of(const char *sender)
{
    const struct smpp_str octets = {(const uint8_t *)sender, strlen(sender)};
    const struct flt_program *program = flt_program_of(&world, octets);

    return program ? program->name : "none";
}

Test(program, numbers_in_any_spelling)
{
    cr_expect_str_eq(program_of("12025550100"), "shop");
    cr_expect_str_eq(program_of("+12025550100"), "shop");
    cr_expect_str_eq(program_of("+1 202-555-0100"), "shop");
    cr_expect_str_eq(program_of("1 (202) 555.0100"), "shop");
    cr_expect_str_eq(program_of("55512"), "shop");
    cr_expect_str_eq(program_of("555-12"), "shop");
    cr_expect_str_eq(program_of("442071234567"), "bank");
    cr_expect_str_eq(program_of("+442071234567"), "bank");
}

Test(program, numbers_that_are_others)
{
    cr_expect_str_eq(program_of("1202555010"), "none");
    cr_expect_str_eq(program_of("120255501001"), "none");
    cr_expect_str_eq(program_of("5551"), "none");
    cr_expect_str_eq(program_of("055512"), "none");
    cr_expect_str_eq(program_of(""), "none");
    cr_expect_str_eq(program_of("+"), "none");
    cr_expect_str_eq(program_of("- -"), "none");
    cr_expect_str_eq(program_of("a55512"), "none");
}

Test(program, names_in_any_case)
{
    cr_expect_str_eq(program_of("ACME"), "shop");
    cr_expect_str_eq(program_of("acme"), "shop");
    cr_expect_str_eq(program_of(" Acme "), "shop");
    cr_expect_str_eq(program_of("BIG BANK"), "bank");
    cr_expect_str_eq(program_of("7-eleven"), "bank");
    cr_expect_str_eq(program_of("ACME2"), "none");
    cr_expect_str_eq(program_of("ACM"), "none");
    cr_expect_str_eq(program_of("BigBank"), "none");
    /* a name is no number, though its digits are one's */
    cr_expect_str_eq(program_of("7"), "none");
}

Test(program, octets_end_where_they_end)
{
    const struct smpp_str cut = {(const uint8_t *)"555123", 5};

    cr_expect_eq(flt_program_of(&world, cut), &programs[0]);
    cr_expect_null(flt_program_of(&world, (struct smpp_str){NULL, 0}));
    cr_expect_null(flt_program_of(&(struct flt_world){.region = ""}, cut));
}

Test(program, by_name)
{
    cr_expect_eq(flt_program_named(&world, "bank"), &programs[1]);
    cr_expect_eq(flt_program_named(&world, "empty"), &programs[2]);
    cr_expect_null(flt_program_named(&world, "Bank"));
    cr_expect_null(flt_program_named(&world, ""));
    cr_expect_null(flt_program_named(&world, NULL));
}

Test(program, region)
{
    cr_expect_str_eq(flt_region_of(&world, &programs[0]), "US");
    cr_expect_str_eq(flt_region_of(&world, &programs[1]), "GB");
    cr_expect_str_eq(flt_region_of(&world, NULL), "US");
    cr_expect_str_eq(flt_region_of(&(struct flt_world){.region = NULL}, NULL), "");
}

Test(program, commands)
{
    cr_expect_eq(flt_pdu_bit(SMPP_submit_sm), FLT_SUBMIT_SM);
    cr_expect_eq(flt_pdu_bit(SMPP_submit_multi), FLT_SUBMIT_MULTI);
    cr_expect_eq(flt_pdu_bit(SMPP_data_sm), FLT_DATA_SM);
    cr_expect_eq(flt_pdu_bit(SMPP_deliver_sm), FLT_DELIVER_SM);
    cr_expect_eq(flt_pdu_bit(SMPP_replace_sm), FLT_REPLACE_SM);
    cr_expect_eq(flt_pdu_bit(SMPP_submit_sm_resp), 0);
    cr_expect_eq(flt_pdu_bit(SMPP_enquire_link), 0);
    cr_expect_eq(flt_pdu_bit(0), 0);
    cr_expect_eq(flt_pdu_bit(UINT32_MAX), 0);
}
