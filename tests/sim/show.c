#include "tests/sim/show.h"

#include "tests/sim/words.h"

#include <string.h>

const char *show_status(uint32_t status, char *buffer)
{
    const char *name = smpp_status_name(status);

    if (name != NULL)
        return name;
    snprintf(buffer, SHOW_NAME_LEN, "0x%08X", status);
    return buffer;
}

const char *show_command(uint32_t command_id, char *buffer)
{
    const char *name = smpp_command_name(command_id);

    if (name != NULL)
        return name;
    snprintf(buffer, SHOW_NAME_LEN, "0x%08X", command_id);
    return buffer;
}

size_t show_text(const struct smpp_msg *msg, enum smpp_alphabet zero, char *out, size_t cap)
{
    struct smpp_part part;

    smpp_part_of(msg, &part);
    return smpp_text_decode(part.text, smpp_alphabet_of(msg->data_coding, zero), out, cap);
}

static void show_string(FILE *to, const char *key, struct smpp_str s)
{
    char text[1024];
    size_t len = smpp_text_decode(s, SMPP_ALPHABET_UTF8, text, sizeof(text));

    fprintf(to, " %s=", key);
    words_quote(to, text, len);
}

static void show_dests(FILE *to, const struct smpp_msg *msg)
{
    struct smpp_str rest = msg->dests;
    struct smpp_dest dest;
    char text[8192];
    size_t len = 0;

    while (smpp_dest_next(&rest, &dest)) {
        struct smpp_str name = dest.flag == 1 ? dest.addr.digits : dest.list;
        if (len + 1 + name.len >= sizeof(text))
            break;
        if (len > 0)
            text[len++] = ',';
        memcpy(text + len, name.p, name.len);
        len += name.len;
    }
    fprintf(to, " dests=%u to=", msg->dest_count);
    words_quote(to, text, len);
}

static void show_msg(FILE *to, const struct smpp_msg *msg, enum smpp_alphabet zero, bool brief)
{
    char text[16384];

    if (msg->message_id.len > 0)
        show_string(to, "id", msg->message_id);
    show_string(to, "from", msg->src.digits);
    fprintf(to, " from_type=%u/%u", msg->src.ton, msg->src.npi);
    if (msg->header.command_id == SMPP_submit_multi) {
        show_dests(to, msg);
    } else {
        show_string(to, "to", msg->dst.digits);
        fprintf(to, " to_type=%u/%u", msg->dst.ton, msg->dst.npi);
    }
    fprintf(to, " dcs=%u esm=0x%02x registered=%u text=", msg->data_coding, msg->esm_class,
            msg->registered_delivery);
    words_quote(to, text, show_text(msg, zero, text, sizeof(text)));
    if (!brief) {
        struct smpp_str octets = smpp_msg_octets(msg, NULL);
        fputs(" hex=", to);
        words_hex(to, octets.p, octets.len);
    }
}

static void show(FILE *to, const uint8_t *pdu, size_t len, enum smpp_alphabet zero, bool brief)
{
    char command[SHOW_NAME_LEN], status[SHOW_NAME_LEN];
    struct smpp_header h;
    struct smpp_msg msg;
    struct smpp_bind bind;

    if (smpp_frame_next(pdu, len, UINT32_MAX, &h) != SMPP_FRAME_PDU) {
        fprintf(to, "octets=%zu", len);
        return;
    }
    fprintf(to, "command=%s seq=%u status=%s", show_command(h.command_id, command), h.sequence,
            show_status(h.status, status));
    if (smpp_is_resp(h.command_id)) {
        struct smpp_resp resp;
        smpp_view_resp(pdu, len, &resp);
        if (h.length > SMPP_HEADER_LEN)
            show_string(to, "id", resp.id);
    } else if (smpp_is_bind(h.command_id) && smpp_view_bind(pdu, len, &bind) == ESME_ROK) {
        show_string(to, "system_id", bind.system_id);
        fprintf(to, " version=0x%02x", bind.interface_version);
    } else if (smpp_view_msg(pdu, len, &msg) == ESME_ROK) {
        show_msg(to, &msg, zero, brief);
    } else {
        fprintf(to, " octets=%zu", len);
    }
}

void show_pdu(FILE *to, const uint8_t *pdu, size_t len, enum smpp_alphabet zero)
{
    show(to, pdu, len, zero, false);
}

void show_brief(FILE *to, const uint8_t *pdu, size_t len, enum smpp_alphabet zero)
{
    show(to, pdu, len, zero, true);
}
