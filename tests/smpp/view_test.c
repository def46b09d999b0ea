#include "smpp/view.h"
#include "tests/smpp/hex.h"

/* --- fields as text, for the expectations of the vector files --- */

static void format_addr(char *out, size_t cap, const struct smpp_addr *addr)
{
    size_t used = (size_t)snprintf(out, cap, "%u/%u%s", addr->ton, addr->npi,
                                   addr->digits.len > 0 ? " " : "");
    hex_format(out + used, cap - used, addr->digits.p, addr->digits.len);
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
            memcpy(one, "list ", 6);
            hex_format(one + 5, sizeof(one) - 5, dest.list.p, dest.list.len);
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
            hex_format(out, cap, fields[i].value.p, fields[i].value.len);
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
            hex_format(found, sizeof(found), bind.system_id.p, bind.system_id.len);
        else if (strcmp(e->key, "password") == 0)
            hex_format(found, sizeof(found), bind.password.p, bind.password.len);
        else if (strcmp(e->key, "system_type") == 0)
            hex_format(found, sizeof(found), bind.system_type.p, bind.system_type.len);
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
    hex_format(id, sizeof(id), resp.id.p, resp.id.len);
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

    for (size_t len = 0; len < 3; len++) {
        rest = (struct smpp_str){octets, len};
        cr_assert_not(smpp_dest_next(&rest, &dest), "an entry cut at %zu", len);
        cr_assert_eq(rest.len, len);
    }
    rest = (struct smpp_str){0};
    cr_assert_not(smpp_dest_next(&rest, &dest));
}

Test(view, msg_octets_needs_no_second_text)
{
    struct smpp_msg msg = {.short_message = {(const uint8_t *)"Hi", 2}};
    cr_assert_eq(smpp_msg_octets(&msg, NULL).len, 2);
}
