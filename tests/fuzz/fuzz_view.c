/* One PDU through every view, and through the builders that work on what others sent. */
#include "smpp/build.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 70000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The run lies inside the PDU. */
static void check_run(const uint8_t *pdu, size_t len, struct smpp_str s)
{
    if (s.len == 0)
        return;
    require(s.p >= pdu && s.len <= len && (size_t)(s.p - pdu) <= len - s.len);
}

static void check_string(const uint8_t *pdu, size_t len, struct smpp_str s)
{
    check_run(pdu, len, s);
    require(s.len == 0 || memchr(s.p, 0, s.len) == NULL);
}

static void check_msg_runs(const uint8_t *pdu, size_t len, const struct smpp_msg *m)
{
    struct smpp_str more;
    check_run(pdu, len, smpp_msg_octets(m, &more));
    check_run(pdu, len, more);
    check_run(pdu, len, m->short_message);
    check_string(pdu, len, m->service_type);
    check_string(pdu, len, m->message_id);
    check_string(pdu, len, m->src.digits);
    check_string(pdu, len, m->dst.digits);
    check_string(pdu, len, m->schedule_delivery_time);
    check_string(pdu, len, m->validity_period);

    struct smpp_str rest = m->tlvs;
    struct smpp_tlv tlv;
    while (smpp_tlv_next(&rest, &tlv))
        check_run(pdu, len, (struct smpp_str){tlv.value, tlv.len});
    require(rest.len == 0);
}

static bool every_second(void *ctx, unsigned i)
{
    unsigned *kept = ctx;
    if (i % 2 != 0)
        return false;
    ++*kept;
    return true;
}

static void check_multi(const uint8_t *pdu, size_t len, const struct smpp_msg *m, uint8_t *out)
{
    struct smpp_str rest = m->dests;
    struct smpp_dest dest;
    unsigned count = 0, kept = 0;
    for (; smpp_dest_next(&rest, &dest); count++) {
        check_run(pdu, len, dest.raw);
        check_string(pdu, len, dest.addr.digits);
        check_string(pdu, len, dest.list);
    }
    require(rest.len == 0 && count == m->dest_count && count > 0);

    struct smpp_msg cut;
    size_t n = smpp_build_multi_subset(out, ROOM, pdu, m, every_second, &kept);
    require(n > 0 && n <= m->header.length);
    require(smpp_view_msg(out, n, &cut) == ESME_ROK);
    require(cut.dest_count == kept && cut.short_message.len == m->short_message.len);
    require(cut.tlvs.len == m->tlvs.len);
}

/* What was read, written and read again, says the same. */
static void check_built(const struct smpp_msg *m, uint8_t *out)
{
    struct smpp_msg again;
    size_t n = smpp_build_msg(out, ROOM, m);
    if (n == 0) {
        require(m->short_message.len > 254);
        return;
    }
    require(n <= m->header.length && smpp_view_msg(out, n, &again) == ESME_ROK);
    require(again.short_message.len == m->short_message.len && again.tlvs.len == m->tlvs.len);
    require(again.dst.digits.len == m->dst.digits.len);
}

static void check_resp(const uint8_t *pdu, size_t len, uint8_t *out)
{
    const struct smpp_unsuccess ours = {{1, 1, {(const uint8_t *)"1", 1}}, ESME_RINVDSTADR};
    struct smpp_resp resp, added;
    smpp_view_resp(pdu, len, &resp);
    check_string(pdu, len, resp.id);

    size_t n = smpp_build_multi_resp_added(out, ROOM, pdu, len, &ours, 1);
    require(n >= SMPP_HEADER_LEN + 2);
    smpp_view_resp(out, n, &added);
    require(added.header.length == n && added.id.len == resp.id.len);
    require(out[SMPP_HEADER_LEN + added.id.len + 1] > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > ROOM - 100)
        return 0;
    struct smpp_msg msg;
    struct smpp_bind bind;
    uint8_t *out = malloc(ROOM);
    require(out != NULL);

    if (smpp_view_msg(data, size, &msg) == ESME_ROK) {
        check_msg_runs(data, size, &msg);
        if (msg.header.command_id == SMPP_submit_multi)
            check_multi(data, size, &msg, out);
        else if (msg.header.command_id == SMPP_submit_sm ||
                 msg.header.command_id == SMPP_deliver_sm || msg.header.command_id == SMPP_data_sm)
            check_built(&msg, out);
    }
    if (smpp_view_bind(data, size, &bind) == ESME_ROK) {
        check_string(data, size, bind.system_id);
        check_string(data, size, bind.password);
        check_string(data, size, bind.system_type);
        check_string(data, size, bind.range.digits);
        check_run(data, size, bind.tlvs);
    }
    check_resp(data, size, out);
    free(out);
    return 0;
}
