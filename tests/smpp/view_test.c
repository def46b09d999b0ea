#include "smpp/view.h"
#include "tests/smpp/hex.h"

/* --- fields as text, for the expectations of the vector files --- */

static void format_octets(char *out, size_t cap, struct smpp_str s)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < s.len && used + 5 < cap; i++) {
        bool plain = s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '\\';
        used += (size_t)snprintf(out + used, cap - used, plain ? "%c" : "\\x%02x", s.p[i]);
    }
}

static void format_addr(char *out, size_t cap, const struct smpp_addr *addr)
{
    size_t used = (size_t)snprintf(out, cap, "%u/%u%s", addr->ton, addr->npi,
                                   addr->digits.len > 0 ? " " : "");
    format_octets(out + used, cap - used, addr->digits);
}

static void format_tlvs(char *out, size_t cap, struct smpp_str rest)
{
    struct smpp_tlv tlv;
    size_t used = 0;
    out[0] = '\0';
    while (smpp_tlv_next(&rest, &tlv) && used < cap)
        used += (size_t)snprintf(out + used, cap - used, "%s%04x:%u", used > 0 ? " " : "", tlv.tag,
                                 tlv.len);
    cr_assert_eq(rest.len, 0);
}

static void format_dests(char *out, size_t cap, struct smpp_str rest)
{
    struct smpp_dest dest;
    size_t used = 0;
    out[0] = '\0';
    while (smpp_dest_next(&rest, &dest) && used < cap) {
        char one[300];
        format_addr(one, sizeof(one), &dest.addr);
        if (dest.flag == 2) {
            strcpy(one, "list ");
            format_octets(one + 5, sizeof(one) - 5, dest.list);
        }
        used += (size_t)snprintf(out + used, cap - used, "%s%s", used > 0 ? ", " : "", one);
    }
    cr_assert_eq(rest.len, 0);
}

/* One field of a message. False where the key is none of these. */
static bool format_string_field(char *out, size_t cap, const struct smpp_msg *m, const char *key)
{
    struct smpp_str more;
    const struct smpp_str text = smpp_msg_octets(m, &more);
    const struct {
        const char *key;
        struct smpp_str value;
    } fields[] = {
        {"service_type", m->service_type},
        {"message_id", m->message_id},
        {"schedule", m->schedule_delivery_time},
        {"validity", m->validity_period},
        {"short", m->short_message},
        {"text", text},
        {"more", more},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].key, key) == 0) {
            format_octets(out, cap, fields[i].value);
            return true;
        }
    }
    return false;
}

static void format_field(char *out, size_t cap, const struct smpp_msg *m, const char *key)
{
    if (format_string_field(out, cap, m, key))
        return;
    if (strcmp(key, "command") == 0)
        snprintf(out, cap, "%s", smpp_command_name(m->header.command_id));
    else if (strcmp(key, "src") == 0)
        format_addr(out, cap, &m->src);
    else if (strcmp(key, "dst") == 0)
        format_addr(out, cap, &m->dst);
    else if (strcmp(key, "dests") == 0)
        format_dests(out, cap, m->dests);
    else if (strcmp(key, "dest_count") == 0)
        snprintf(out, cap, "%u", m->dest_count);
    else if (strcmp(key, "short_len") == 0)
        snprintf(out, cap, "%zu", m->short_message.len);
    else if (strcmp(key, "octets") == 0) /* the one-octet fields, in the order of submit_sm */
        snprintf(out, cap, "%02x %02x %02x %02x %02x %02x %02x", m->esm_class, m->protocol_id,
                 m->priority_flag, m->registered_delivery, m->replace_if_present, m->data_coding,
                 m->sm_default_msg_id);
    else if (strcmp(key, "tlvs") == 0)
        format_tlvs(out, cap, m->tlvs);
    else
        cr_assert_fail("no such field: %s", key);
}

/* --- the vectors --- */

static void check_status(const struct hex_block *v, uint32_t status)
{
    const char *expected = hex_expected(v, "status");
    cr_assert_not_null(expected, "%s: no status", v->title);
    cr_assert_str_eq(smpp_status_name(status), expected, "%s: %s", v->title,
                     smpp_status_name(status));
}

static void check_msg(const struct hex_block *v)
{
    struct smpp_msg msg;
    uint8_t *exact = exact_copy(v->octets, v->len);
    check_status(v, smpp_view_msg(exact, v->len, &msg));
    for (size_t i = 0; i < v->n_expects; i++) {
        char found[400];
        const struct hex_expect *e = &v->expects[i];
        if (strcmp(e->key, "status") == 0)
            continue;
        format_field(found, sizeof(found), &msg, e->key);
        cr_assert_str_eq(found, e->value, "%s: %s is '%s', not '%s'", v->title, e->key, found,
                         e->value);
    }
    free(exact);
}

static void check_bind(const struct hex_block *v)
{
    struct smpp_bind bind;
    uint8_t *exact = exact_copy(v->octets, v->len);
    check_status(v, smpp_view_bind(exact, v->len, &bind));
    for (size_t i = 0; i < v->n_expects; i++) {
        char found[400];
        const struct hex_expect *e = &v->expects[i];
        if (strcmp(e->key, "status") == 0)
            continue;
        else if (strcmp(e->key, "system_id") == 0)
            format_octets(found, sizeof(found), bind.system_id);
        else if (strcmp(e->key, "password") == 0)
            format_octets(found, sizeof(found), bind.password);
        else if (strcmp(e->key, "system_type") == 0)
            format_octets(found, sizeof(found), bind.system_type);
        else if (strcmp(e->key, "version") == 0)
            snprintf(found, sizeof(found), "%02x", bind.interface_version);
        else if (strcmp(e->key, "range") == 0)
            format_addr(found, sizeof(found), &bind.range);
        else if (strcmp(e->key, "tlvs") == 0)
            format_tlvs(found, sizeof(found), bind.tlvs);
        else
            cr_assert_fail("no such field: %s", e->key);
        cr_assert_str_eq(found, e->value, "%s: %s is '%s', not '%s'", v->title, e->key, found,
                         e->value);
    }
    free(exact);
}

static void check_resp(const struct hex_block *v)
{
    struct smpp_resp resp;
    char id[100];
    uint8_t *exact = exact_copy(v->octets, v->len);
    smpp_view_resp(exact, v->len, &resp);
    format_octets(id, sizeof(id), resp.id);
    cr_assert_str_eq(id, hex_expected(v, "id"), "%s: %s", v->title, id);
    const char *command = hex_expected(v, "command");
    if (command != NULL)
        cr_assert_str_eq(smpp_command_name(resp.header.command_id), command);
    free(exact);
}

Test(view, submit_vectors)
{
    hex_each("view_submit", check_msg);
}

Test(view, other_vectors)
{
    hex_each("view_other", check_msg);
}

Test(view, broken_vectors)
{
    hex_each("view_broken", check_msg);
}

Test(view, bind_vectors)
{
    hex_each("view_bind", check_bind);
}

Test(view, resp_vectors)
{
    hex_each("view_resp", check_resp);
}

/* --- bounds --- */

/* Reads all that a view points at. A run outside the block is the sanitizer's to find. */
static unsigned touch(struct smpp_str s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum += s.p[i];
    return sum;
}

static unsigned touch_msg(const struct smpp_msg *m)
{
    struct smpp_str more, rest = m->dests;
    unsigned sum = touch(smpp_msg_octets(m, &more)) + touch(more) + touch(m->service_type) +
                   touch(m->message_id) + touch(m->src.digits) + touch(m->dst.digits) +
                   touch(m->schedule_delivery_time) + touch(m->validity_period) +
                   touch(m->short_message) + touch(m->tlvs);
    struct smpp_dest dest;
    while (smpp_dest_next(&rest, &dest))
        sum += touch(dest.raw) + touch(dest.addr.digits) + touch(dest.list);
    return sum;
}

static unsigned read_as_everything(const uint8_t *octets, size_t len)
{
    struct smpp_msg msg;
    struct smpp_bind bind;
    struct smpp_resp resp;
    uint8_t *exact = exact_copy(octets, len);
    unsigned sum = 0;
    if (smpp_view_msg(exact, len, &msg) == ESME_ROK)
        sum += touch_msg(&msg);
    if (smpp_view_bind(exact, len, &bind) == ESME_ROK)
        sum += touch(bind.system_id) + touch(bind.password) + touch(bind.system_type) +
               touch(bind.range.digits) + touch(bind.tlvs);
    smpp_view_resp(exact, len, &resp);
    sum += touch(resp.id);
    free(exact);
    return sum;
}

static volatile unsigned sink;

/* The PDU cut at every octet: once as it lies in the stream, once with a command_length to match.
 */
static void check_truncated(const struct hex_block *v)
{
    uint8_t cut[HEX_OCTETS];
    for (size_t len = 0; len < v->len; len++) {
        sink += read_as_everything(v->octets, len);
        if (len < SMPP_HEADER_LEN)
            continue;
        memcpy(cut, v->octets, len);
        smpp_put32(cut, (uint32_t)len);
        sink += read_as_everything(cut, len);
    }
}

/* Every octet of the body set to values that mean something to a parser. */
static void check_bent(const struct hex_block *v)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    uint8_t bent[HEX_OCTETS];
    memcpy(bent, v->octets, v->len);
    for (size_t i = SMPP_HEADER_LEN; i < v->len; i++) {
        for (size_t k = 0; k < sizeof(values); k++) {
            bent[i] = values[k];
            sink += read_as_everything(bent, v->len);
        }
        bent[i] = v->octets[i];
    }
}

static const char *const files[] = {"view_submit", "view_other", "view_broken", "view_bind",
                                    "view_resp"};

Test(view, truncated_at_every_octet)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        hex_each(files[i], check_truncated);
}

Test(view, bent_at_every_octet)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        hex_each(files[i], check_bent);
}

/* A good PDU cut anywhere is an error, or at the end of a TLV another good PDU. */
static void check_cut_is_error(const struct hex_block *v)
{
    if (strcmp(hex_expected(v, "status"), "ESME_ROK") != 0)
        return;
    uint8_t cut[HEX_OCTETS];
    struct smpp_msg whole, msg;
    cr_assert_eq(smpp_view_msg(v->octets, v->len, &whole), ESME_ROK, "%s", v->title);
    size_t mandatory = v->len - whole.tlvs.len;
    memcpy(cut, v->octets, v->len);
    for (size_t len = SMPP_HEADER_LEN; len < v->len; len++) {
        smpp_put32(cut, (uint32_t)len);
        uint32_t status = smpp_view_msg(cut, len, &msg);
        /* one less is the NUL that is tolerated, or needed */
        if (len + 1 < mandatory)
            cr_assert_neq(status, ESME_ROK, "%s, cut at %zu", v->title, len);
    }
}

Test(view, cut_mandatory_part_is_an_error)
{
    hex_each("view_submit", check_cut_is_error);
    hex_each("view_other", check_cut_is_error);
}

Test(view, octets_behind_the_pdu_are_not_read)
{
    static const uint8_t stream[] = "\0\0\0\x14\x80\0\0\4\0\0\0\0\0\0\0\1abc\0garbage";
    struct smpp_resp resp;
    smpp_view_resp(stream, sizeof(stream) - 1, &resp);
    cr_assert_eq(resp.id.len, 3);
}

/* --- walks --- */

Test(view, tlv_walk_stops_where_it_does_not_parse)
{
    static const uint8_t octets[] = {0x02, 0x04, 0, 2, 0, 1, 0x04, 0x24, 0, 9, 'x'};
    struct smpp_str rest = {octets, sizeof(octets)};
    struct smpp_tlv tlv;
    cr_assert(smpp_tlv_next(&rest, &tlv));
    cr_assert_eq(tlv.tag, SMPP_TLV_user_message_reference);
    cr_assert_eq(tlv.len, 2);
    cr_assert_eq(smpp_get16(tlv.value), 1);
    cr_assert_not(smpp_tlv_next(&rest, &tlv));
    cr_assert_eq(rest.len, 5);
}

Test(view, tlv_find_takes_the_first)
{
    static const uint8_t octets[] = {0x04, 0x27, 0, 1, 2, 0x04, 0x27, 0, 1, 5};
    const struct smpp_str tlvs = {octets, sizeof(octets)};
    struct smpp_tlv tlv;
    cr_assert(smpp_tlv_find(tlvs, SMPP_TLV_message_state, &tlv));
    cr_assert_eq(tlv.value[0], 2);
    cr_assert_not(smpp_tlv_find(tlvs, SMPP_TLV_message_payload, &tlv));
    cr_assert_not(smpp_tlv_find((struct smpp_str){0}, SMPP_TLV_message_state, &tlv));
}

Test(view, dest_walk_stops_where_it_does_not_parse)
{
    static const uint8_t octets[] = {2, 'a', 0, 1, 0, 0, '1', 0, 9, 9};
    struct smpp_str rest = {octets, sizeof(octets)};
    struct smpp_dest dest;
    cr_assert(smpp_dest_next(&rest, &dest));
    cr_assert_eq(dest.flag, 2);
    cr_assert_eq(dest.list.len, 1);
    cr_assert_eq(dest.raw.len, 3);
    cr_assert(smpp_dest_next(&rest, &dest));
    cr_assert_eq(dest.flag, 1);
    cr_assert_eq(dest.addr.digits.len, 1);
    cr_assert_eq(dest.list.len, 0);
    cr_assert_not(smpp_dest_next(&rest, &dest));
    cr_assert_eq(rest.len, 2);

    rest = (struct smpp_str){0};
    cr_assert_not(smpp_dest_next(&rest, &dest));
}

Test(view, msg_octets_needs_no_second_text)
{
    struct smpp_msg msg = {.short_message = {(const uint8_t *)"Hi", 2}};
    cr_assert_eq(smpp_msg_octets(&msg, NULL).len, 2);
}
