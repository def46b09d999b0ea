#include "smpp/build.h"
#include "tests/smpp/hex.h"
#include "tests/smpp/rng.h"

static struct smpp_str str(const char *text)
{
    return (struct smpp_str){(const uint8_t *)text, strlen(text)};
}

static void check_same(struct smpp_str a, struct smpp_str b, const char *what)
{
    cr_assert_eq(a.len, b.len, "%s: %zu octets, not %zu", what, a.len, b.len);
    cr_assert(a.len == 0 || memcmp(a.p, b.p, a.len) == 0, "%s differs", what);
}

static void check_same_addr(struct smpp_addr a, struct smpp_addr b, const char *what)
{
    cr_assert_eq(a.ton, b.ton, "%s: TON", what);
    cr_assert_eq(a.npi, b.npi, "%s: NPI", what);
    check_same(a.digits, b.digits, what);
}

static void check_header(const uint8_t *pdu, size_t len, uint32_t command_id, uint32_t status,
                         uint32_t sequence)
{
    struct smpp_header h;
    cr_assert_eq(smpp_frame_next(pdu, len, UINT32_MAX, &h), SMPP_FRAME_PDU);
    cr_assert_eq(h.length, len);
    cr_assert_eq(h.command_id, command_id);
    cr_assert_eq(h.status, status);
    cr_assert_eq(h.sequence, sequence);
}

Test(build, header_only)
{
    uint8_t pdu[16];
    cr_assert_eq(smpp_build_header(pdu, 16, SMPP_enquire_link, 0, 7), 16);
    check_header(pdu, 16, SMPP_enquire_link, 0, 7);
    cr_assert_eq(smpp_build_header(pdu, 15, SMPP_enquire_link, 0, 7), 0);
}

Test(build, resp_with_an_id)
{
    uint8_t pdu[64];
    struct smpp_resp resp;
    size_t len = smpp_build_resp(pdu, sizeof(pdu), SMPP_submit_sm_resp, 0, 9, "00B8BE19");
    cr_assert_eq(len, 16 + 9);
    check_header(pdu, len, SMPP_submit_sm_resp, 0, 9);
    smpp_view_resp(pdu, len, &resp);
    check_same(resp.id, str("00B8BE19"), "id");

    cr_assert_eq(smpp_build_resp(pdu, sizeof(pdu), SMPP_deliver_sm_resp, 0, 9, ""), 17);
    cr_assert_eq(smpp_build_resp(pdu, sizeof(pdu), SMPP_deliver_sm_resp, 0, 9, NULL), 17);
    cr_assert_eq(pdu[16], 0);
    cr_assert_eq(smpp_build_resp(pdu, 16 + 8, SMPP_submit_sm_resp, 0, 9, "00B8BE19"), 0);
}

Test(build, refusals)
{
    static const struct {
        uint32_t request, answer;
        size_t body_len;
        uint8_t body[4];
    } cases[] = {
        {SMPP_submit_sm, SMPP_submit_sm_resp, 1, {0}},
        {SMPP_deliver_sm, SMPP_deliver_sm_resp, 1, {0}},
        {SMPP_data_sm, SMPP_data_sm_resp, 1, {0}},
        {SMPP_submit_multi, SMPP_submit_multi_resp, 2, {0, 0}},
        {SMPP_query_sm, SMPP_query_sm_resp, 4, {0, 0, 7, 0}},
        {SMPP_replace_sm, SMPP_replace_sm_resp, 0, {0}},
        {SMPP_cancel_sm, SMPP_cancel_sm_resp, 0, {0}},
        {SMPP_bind_transceiver, SMPP_bind_transceiver_resp, 1, {0}},
        {SMPP_bind_receiver, SMPP_bind_receiver_resp, 1, {0}},
        {SMPP_bind_transmitter, SMPP_bind_transmitter_resp, 1, {0}},
        {SMPP_unbind, SMPP_unbind_resp, 0, {0}},
        {SMPP_enquire_link, SMPP_enquire_link_resp, 0, {0}},
        {SMPP_broadcast_sm, SMPP_broadcast_sm_resp, 1, {0}},
        {0x00010200, SMPP_generic_nack, 0, {0}},
        {0, SMPP_generic_nack, 0, {0}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct smpp_header request = {100, cases[i].request, 0, 0xabcdef01};
        size_t want = 16 + cases[i].body_len;
        uint8_t pdu[32];
        cr_assert_eq(smpp_build_refusal(pdu, want - 1, &request, ESME_RINVDSTADR), 0);
        size_t len = smpp_build_refusal(pdu, want, &request, ESME_RINVDSTADR);
        cr_assert_eq(len, want, "%08x", cases[i].request);
        check_header(pdu, len, cases[i].answer, ESME_RINVDSTADR, 0xabcdef01);
        cr_assert_eq(memcmp(pdu + 16, cases[i].body, cases[i].body_len), 0);
    }
}

Test(build, what_is_not_answered_is_not_refused)
{
    static const uint32_t commands[] = {SMPP_alert_notification, SMPP_outbind, SMPP_generic_nack,
                                        SMPP_submit_sm_resp, 0x80010200};
    uint8_t pdu[32];
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct smpp_header request = {16, commands[i], 0, 1};
        cr_assert_eq(smpp_build_refusal(pdu, sizeof(pdu), &request, ESME_RINVCMDID), 0);
    }
}

Test(build, bind_reads_as_it_was_meant)
{
    static const uint8_t tlv[] = {0x14, 0, 0, 2, 'a', 'b'};
    const struct smpp_bind bind = {str("a-system-id-of-forty-octets-is-no-rarity"),
                                   str("secret"),
                                   str(""),
                                   0x50,
                                   {1, 1, str("^1415")},
                                   {tlv, sizeof(tlv)}};
    struct smpp_bind read;
    uint8_t pdu[128];
    size_t len = smpp_build_bind(pdu, sizeof(pdu), SMPP_bind_transceiver, 3, &bind);
    check_header(pdu, len, SMPP_bind_transceiver, 0, 3);
    cr_assert_eq(smpp_view_bind(pdu, len, &read), ESME_ROK);
    check_same(read.system_id, bind.system_id, "system_id");
    check_same(read.password, bind.password, "password");
    check_same(read.system_type, bind.system_type, "system_type");
    cr_assert_eq(read.interface_version, 0x50);
    check_same_addr(read.range, bind.range, "address_range");
    check_same(read.tlvs, bind.tlvs, "TLVs");

    for (size_t cap = 0; cap < len; cap++) {
        uint8_t *exact = exact_room(cap);
        cr_assert_eq(smpp_build_bind(exact, cap, SMPP_bind_transceiver, 3, &bind), 0);
        free(exact);
    }
    cr_assert_eq(smpp_build_bind(pdu, sizeof(pdu), SMPP_unbind, 3, &bind), 0);
}

/* --- messages --- */

struct random_msg {
    struct smpp_msg msg;
    uint8_t service[10], src[40], dst[40], schedule[20], validity[20], text[254], tlvs[600];
};

static struct smpp_str random_tlvs(struct rng *r, uint8_t *space)
{
    size_t used = 0;
    for (uint32_t n = rng_below(r, 5); n > 0; n--) {
        struct smpp_str value = rng_str(r, space + used + 4, 100, true);
        smpp_put16(space + used, (uint16_t)rng_next(r));
        smpp_put16(space + used + 2, (uint16_t)value.len);
        used += 4 + value.len;
    }
    return (struct smpp_str){space, used};
}

static void random_fill(struct random_msg *m, struct rng *r, uint32_t command_id)
{
    m->msg = (struct smpp_msg){
        .header = {0, command_id, 0, rng_next(r)},
        .service_type = rng_str(r, m->service, sizeof(m->service), false),
        .src = {(uint8_t)rng_next(r), (uint8_t)rng_next(r),
                rng_str(r, m->src, sizeof(m->src), false)},
        .dst = {(uint8_t)rng_next(r), (uint8_t)rng_next(r),
                rng_str(r, m->dst, sizeof(m->dst), false)},
        .esm_class = (uint8_t)rng_next(r),
        .registered_delivery = (uint8_t)rng_next(r),
        .data_coding = (uint8_t)rng_next(r),
        .tlvs = random_tlvs(r, m->tlvs),
    };
    if (command_id == SMPP_data_sm)
        return;
    m->msg.protocol_id = (uint8_t)rng_next(r);
    m->msg.priority_flag = (uint8_t)rng_next(r);
    m->msg.replace_if_present = (uint8_t)rng_next(r);
    m->msg.sm_default_msg_id = (uint8_t)rng_next(r);
    m->msg.schedule_delivery_time = rng_str(r, m->schedule, sizeof(m->schedule), false);
    m->msg.validity_period = rng_str(r, m->validity, sizeof(m->validity), false);
    m->msg.short_message = rng_str(r, m->text, sizeof(m->text), true);
}

static void check_same_msg(const struct smpp_msg *a, const struct smpp_msg *b)
{
    check_same(a->service_type, b->service_type, "service_type");
    check_same_addr(a->src, b->src, "source");
    check_same_addr(a->dst, b->dst, "destination");
    check_same(a->schedule_delivery_time, b->schedule_delivery_time, "schedule_delivery_time");
    check_same(a->validity_period, b->validity_period, "validity_period");
    check_same(a->short_message, b->short_message, "short_message");
    check_same(a->tlvs, b->tlvs, "TLVs");
    cr_assert_eq(a->esm_class, b->esm_class);
    cr_assert_eq(a->protocol_id, b->protocol_id);
    cr_assert_eq(a->priority_flag, b->priority_flag);
    cr_assert_eq(a->registered_delivery, b->registered_delivery);
    cr_assert_eq(a->replace_if_present, b->replace_if_present);
    cr_assert_eq(a->data_coding, b->data_coding);
    cr_assert_eq(a->sm_default_msg_id, b->sm_default_msg_id);
}

Test(build, random_messages_read_as_they_were_meant)
{
    static const uint32_t commands[] = {SMPP_submit_sm, SMPP_deliver_sm, SMPP_data_sm};
    struct rng r = {0x5743};
    struct random_msg m;
    for (unsigned i = 0; i < 3000; i++) {
        struct smpp_msg read;
        uint8_t pdu[2048];
        random_fill(&m, &r, commands[i % 3]);
        size_t len = smpp_build_msg(pdu, sizeof(pdu), &m.msg);
        check_header(pdu, len, commands[i % 3], 0, m.msg.header.sequence);
        uint8_t *exact = exact_copy(pdu, len);
        cr_assert_eq(smpp_view_msg(exact, len, &read), ESME_ROK);
        check_same_msg(&read, &m.msg);
        free(exact);
    }
}

Test(build, message_needs_its_room)
{
    struct rng r = {0x5744};
    struct random_msg m;
    uint8_t pdu[2048];
    random_fill(&m, &r, SMPP_submit_sm);
    size_t len = smpp_build_msg(pdu, sizeof(pdu), &m.msg);
    cr_assert_gt(len, 0);
    for (size_t cap = 0; cap <= len; cap++) {
        uint8_t *exact = exact_room(cap);
        cr_assert_eq(smpp_build_msg(exact, cap, &m.msg), cap < len ? 0 : len);
        free(exact);
    }
}

Test(build, fields_that_make_no_pdu)
{
    static const uint8_t with_nul[] = {'1', 0, '2'};
    uint8_t pdu[1024], text[255] = {0};
    struct smpp_msg msg = {.header.command_id = SMPP_submit_sm};
    cr_assert_eq(smpp_build_msg(pdu, sizeof(pdu), &msg), 33);
    msg.dst.digits = (struct smpp_str){with_nul, sizeof(with_nul)};
    cr_assert_eq(smpp_build_msg(pdu, sizeof(pdu), &msg), 0);

    msg = (struct smpp_msg){.header.command_id = SMPP_submit_sm, .short_message = {text, 255}};
    cr_assert_eq(smpp_build_msg(pdu, sizeof(pdu), &msg), 0);
    msg.short_message.len = 254;
    cr_assert_eq(smpp_build_msg(pdu, sizeof(pdu), &msg), 33 + 254);

    msg.header.command_id = SMPP_submit_multi;
    cr_assert_eq(smpp_build_msg(pdu, sizeof(pdu), &msg), 0);
}

/* What a view read, built again, is the PDU it read; but for what the standard does not know. */
static void check_rebuilt(const struct hex_block *b)
{
    struct smpp_msg msg;
    uint8_t pdu[HEX_OCTETS];
    if (strcmp(hex_expected(b, "status"), "ESME_ROK") != 0 || strstr(b->title, "NUL") != NULL)
        return;
    cr_assert_eq(smpp_view_msg(b->octets, b->len, &msg), ESME_ROK);
    if (msg.short_message.len > 254)
        return;
    cr_assert_eq(smpp_build_msg(pdu, sizeof(pdu), &msg), b->len, "%s", b->title);
    cr_assert_eq(memcmp(pdu, b->octets, b->len), 0, "%s", b->title);
}

Test(build, vectors_built_again)
{
    hex_each("view_submit", check_rebuilt);
}
