/* libsmpp34 as a second opinion on what smpp_build_*() writes. */
#include "smpp/build.h"
#include "smpp/codec34.h"
#include "tests/smpp/hex.h"
#include "tests/smpp/rng.h"

#include <errno.h>

static void check_agrees(const uint8_t *pdu, size_t len)
{
    uint8_t out[CODEC34_MAX];
    int n = codec34_round_trip(pdu, len, out, sizeof(out));
    cr_assert_eq(n, (int)len, "command %08x: %d", smpp_get32(pdu + 4), n);
    cr_assert_eq(memcmp(out, pdu, len), 0, "command %08x differs", smpp_get32(pdu + 4));
}

/* TON and NPI that the library knows. */
static struct smpp_addr random_addr(struct rng *r, uint8_t *space)
{
    static const uint8_t npis[] = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};
    return (struct smpp_addr){(uint8_t)rng_below(r, 7), npis[rng_below(r, sizeof(npis))],
                              rng_str(r, space, 20, false)};
}

Test(codec34, agrees_on_random_messages)
{
    static const uint32_t commands[] = {SMPP_submit_sm, SMPP_deliver_sm, SMPP_data_sm};
    struct rng r = {0x34};
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t service[5], src[20], dst[20], schedule[16], validity[16], text[253];
        uint8_t pdu[CODEC34_MAX];
        uint32_t command_id = commands[i % 3];
        struct smpp_msg msg = {
            .header = {0, command_id, 0, 1 + rng_below(&r, 0x7fffffff)},
            .service_type = rng_str(&r, service, sizeof(service), false),
            .src = random_addr(&r, src),
            .dst = random_addr(&r, dst),
            .esm_class = (uint8_t)rng_next(&r),
            .protocol_id = (uint8_t)rng_next(&r),
            .priority_flag = (uint8_t)rng_next(&r),
            .registered_delivery = (uint8_t)rng_next(&r),
            .replace_if_present = (uint8_t)rng_next(&r),
            .data_coding = (uint8_t)rng_next(&r),
            .sm_default_msg_id = (uint8_t)rng_next(&r),
            .short_message = rng_str(&r, text, sizeof(text), true),
        };
        /* The library holds deliver_sm to the standard, by which both times are empty. */
        if (command_id == SMPP_submit_sm) {
            msg.schedule_delivery_time = rng_str(&r, schedule, sizeof(schedule), false);
            msg.validity_period = rng_str(&r, validity, sizeof(validity), false);
        }
        check_agrees(pdu, smpp_build_msg(pdu, sizeof(pdu), &msg));
    }
}

Test(codec34, agrees_on_random_binds)
{
    static const uint32_t commands[] = {SMPP_bind_receiver, SMPP_bind_transmitter,
                                        SMPP_bind_transceiver};
    struct rng r = {0x35};
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t system_id[15], password[8], system_type[12], range[20], pdu[CODEC34_MAX];
        const struct smpp_bind bind = {
            .system_id = rng_str(&r, system_id, sizeof(system_id), false),
            .password = rng_str(&r, password, sizeof(password), false),
            .system_type = rng_str(&r, system_type, sizeof(system_type), false),
            .interface_version = 0x34,
            .range = random_addr(&r, range),
        };
        check_agrees(pdu, smpp_build_bind(pdu, sizeof(pdu), commands[i % 3],
                                          1 + rng_below(&r, 0x7fffffff), &bind));
    }
}

Test(codec34, agrees_on_our_other_pdus)
{
    static const uint32_t bare[] = {SMPP_enquire_link, SMPP_enquire_link_resp, SMPP_unbind,
                                    SMPP_unbind_resp,  SMPP_cancel_sm_resp,    SMPP_replace_sm_resp,
                                    SMPP_generic_nack};
    static const uint32_t with_id[] = {SMPP_submit_sm_resp, SMPP_data_sm_resp,
                                       SMPP_bind_receiver_resp, SMPP_bind_transmitter_resp,
                                       SMPP_bind_transceiver_resp};
    uint8_t pdu[CODEC34_MAX];
    for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++)
        check_agrees(pdu, smpp_build_header(pdu, sizeof(pdu), bare[i], 0, 1));
    for (size_t i = 0; i < sizeof(with_id) / sizeof(with_id[0]); i++)
        check_agrees(pdu, smpp_build_resp(pdu, sizeof(pdu), with_id[i], 0, 1, "00B8BE19"));
    check_agrees(pdu, smpp_build_resp(pdu, sizeof(pdu), SMPP_deliver_sm_resp, 0, 1, ""));

    /* A refusal has a status, which the door does not take: its shape is judged with status 0. */
    const struct smpp_header query = {16, SMPP_query_sm, 0, 1};
    check_agrees(pdu, smpp_build_refusal(pdu, sizeof(pdu), &query, 0));
}

/* --- the door --- */

static size_t plain_submit(uint8_t *pdu, size_t cap, struct smpp_str text, struct smpp_str tlvs)
{
    const struct smpp_msg msg = {
        .header = {0, SMPP_submit_sm, 0, 1},
        .src = {5, 0, {(const uint8_t *)"ACME", 4}},
        .dst = {1, 1, {(const uint8_t *)"14155550100", 11}},
        .short_message = text,
        .tlvs = tlvs,
    };
    return smpp_build_msg(pdu, cap, &msg);
}

static int through_door(const uint8_t *pdu, size_t len)
{
    uint8_t out[CODEC34_MAX];
    uint8_t *exact = exact_copy(pdu, len);
    int n = codec34_round_trip(exact, len, out, sizeof(out));
    free(exact);
    return n;
}

Test(codec34, door_refuses_tlvs_and_statuses)
{
    static const uint8_t tlv[] = {0x02, 0x04, 0, 2, 0, 1};
    const struct smpp_str none = {0};
    uint8_t pdu[CODEC34_MAX];
    size_t len = plain_submit(pdu, sizeof(pdu), none, none);
    cr_assert_eq(through_door(pdu, len), (int)len);

    len = plain_submit(pdu, sizeof(pdu), none, (struct smpp_str){tlv, sizeof(tlv)});
    cr_assert_eq(through_door(pdu, len), -EINVAL);
    len = smpp_build_resp(pdu, sizeof(pdu), SMPP_submit_sm_resp, ESME_RINVDSTADR, 1, "");
    cr_assert_eq(through_door(pdu, len), -EINVAL);
}

Test(codec34, door_refuses_other_lengths_and_commands)
{
    const struct smpp_str none = {0};
    uint8_t pdu[CODEC34_MAX + 1] = {0};
    cr_assert_eq(through_door(pdu, 0), -EINVAL);

    size_t len = plain_submit(pdu, sizeof(pdu), none, none);
    cr_assert_eq(through_door(pdu, len + 1), -EINVAL, "more octets than the PDU");
    smpp_put32(pdu, (uint32_t)len + 1);
    cr_assert_eq(through_door(pdu, len + 1), -EINVAL, "octets behind the message");
    cr_assert_eq(through_door(pdu, len), -EINVAL, "command_length beyond the octets");

    smpp_build_header(pdu, sizeof(pdu), SMPP_enquire_link, 0, 1);
    smpp_put32(pdu, CODEC34_MAX + 1);
    cr_assert_eq(through_door(pdu, CODEC34_MAX + 1), -EINVAL, "too long");

    static const uint32_t commands[] = {SMPP_submit_multi, SMPP_submit_multi_resp, 0x00010200};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        len = smpp_build_header(pdu, sizeof(pdu), commands[i], 0, 1);
        cr_assert_eq(through_door(pdu, len), -EINVAL);
    }
}

Test(codec34, door_refuses_what_is_cut)
{
    const struct smpp_str text = {(const uint8_t *)"Hello", 5}, none = {0};
    uint8_t pdu[CODEC34_MAX];
    size_t whole = plain_submit(pdu, sizeof(pdu), text, none);
    for (size_t len = 16; len < whole; len++) {
        smpp_put32(pdu, (uint32_t)len);
        cr_assert_eq(through_door(pdu, len), -EINVAL, "cut at %zu", len);
    }
}

Test(codec34, library_refuses_real_traffic)
{
    static const uint8_t long_address[] = "a sender longer than twenty";
    const struct smpp_str none = {0};
    uint8_t pdu[CODEC34_MAX], text[254] = {0};
    struct smpp_msg msg = {.header = {0, SMPP_submit_sm, 0, 1}, .src = {7, 0, none}};
    cr_assert_eq(through_door(pdu, smpp_build_msg(pdu, sizeof(pdu), &msg)), -EBADMSG, "TON 7");
    msg.src = (struct smpp_addr){5, 0, {long_address, sizeof(long_address) - 1}};
    cr_assert_eq(through_door(pdu, smpp_build_msg(pdu, sizeof(pdu), &msg)), -EBADMSG);
    cr_assert_eq(through_door(pdu, plain_submit(pdu, sizeof(pdu),
                                                (struct smpp_str){text, sizeof(text)}, none)),
                 -EBADMSG, "254 octets of text, which the standard allows");
}

Test(codec34, answer_needs_its_room)
{
    const struct smpp_str none = {0};
    uint8_t pdu[CODEC34_MAX], out[CODEC34_MAX];
    size_t len = plain_submit(pdu, sizeof(pdu), none, none);
    cr_assert_eq(codec34_round_trip(pdu, len, out, len - 1), -ENOSPC);
    cr_assert_eq(codec34_round_trip(pdu, len, out, len), (int)len);
}
