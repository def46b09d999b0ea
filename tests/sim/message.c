#include "tests/sim/message.h"

#include "smpp/build.h"
#include "tests/sim/control.h"
#include "tests/sim/receipts.h"

#include <string.h>
#include <time.h>

#define RESP_MAX 512

size_t message_refusal(const struct smsc *smsc, uint8_t *out, size_t cap,
                       const struct smpp_header *request, uint32_t status)
{
    static const char info[] = "refused by the simulator";
    uint32_t resp = request->command_id | SMPP_RESP;

    if (smsc->set.error_body == BODY_EMPTY)
        return smpp_build_refusal(out, cap, request, status);
    size_t len = smpp_build_header(out, cap, resp, status, request->sequence);
    if (smsc->set.error_body == BODY_TLV && cap >= len + 4 + sizeof(info)) {
        smpp_put16(out + len, SMPP_TLV_additional_status_info_text);
        smpp_put16(out + len + 2, sizeof(info));
        memcpy(out + len + 4, info, sizeof(info));
        len += 4 + sizeof(info);
        smpp_put32(out, (uint32_t)len);
    }
    return len;
}

static void spell_id(char *out, size_t cap, uint32_t form, uint64_t id)
{
    switch (form) {
    case ID_HEX: snprintf(out, cap, "%llX", (unsigned long long)id); break;
    case ID_UUID:
        snprintf(out, cap, "%08llx-0000-4000-8000-%012llx", (unsigned long long)(id >> 32),
                 (unsigned long long)(id & 0xFFFFFFFFu));
        break;
    default: snprintf(out, cap, "%llu", (unsigned long long)id); break;
    }
}

/* The status that the settings have for this message; a limited one is used up. */
static uint32_t take_status(struct settings *set)
{
    uint32_t status = set->status;

    if (set->status_count > 0 && --set->status_count == 0)
        set->status = ESME_ROK;
    return status;
}

static uint32_t judge(const struct session *session, const struct smpp_msg *msg)
{
    struct archive *archive = session->smsc->archive;

    switch (msg->header.command_id) {
    case SMPP_query_sm:
    case SMPP_replace_sm:
        return archive_find(archive, msg->message_id) != NULL ? ESME_ROK : ESME_RINVMSGID;
    case SMPP_cancel_sm:
        return msg->message_id.len == 0 || archive_find(archive, msg->message_id) != NULL
                   ? ESME_ROK
                   : ESME_RCANCELFAIL;
    default: return ESME_ROK;
    }
}

/* message_id, final_date, message_state, error_code (SMPP 3.4, 4.8.2). */
static size_t build_query_resp(uint8_t *out, size_t cap, const struct smpp_msg *msg,
                               const struct message *about)
{
    static const char date[] = "240101000000000+";
    /* Kept when it was judged, but the query itself may have taken its place. */
    if (about == NULL)
        return smpp_build_refusal(out, cap, &msg->header, ESME_RINVMSGID);
    bool final = about->state != SMPP_STATE_ENROUTE;
    size_t len = smpp_build_resp(out, cap - sizeof(date) - 2, SMPP_query_sm_resp, ESME_ROK,
                                 msg->header.sequence, about->id);

    if (final) {
        memcpy(out + len, date, sizeof(date));
        len += sizeof(date);
    } else {
        out[len++] = 0;
    }
    out[len++] = (uint8_t)about->state;
    out[len++] = 0;
    smpp_put32(out, (uint32_t)len);
    return len;
}

static size_t build_multi_resp(const struct settings *set, uint8_t *out, size_t cap,
                               const struct smpp_msg *msg, const char *id)
{
    struct smpp_str rest = msg->dests;
    struct smpp_dest dest;
    struct smpp_unsuccess failed[255];
    unsigned n = 0;

    while (smpp_dest_next(&rest, &dest)) {
        if (dest.flag == 1 && n < 255 && dest.addr.digits.len == strlen(set->unsuccess) &&
            memcmp(dest.addr.digits.p, set->unsuccess, dest.addr.digits.len) == 0)
            failed[n++] = (struct smpp_unsuccess){dest.addr, ESME_RINVDSTADR};
    }
    return smpp_build_multi_resp(out, cap, ESME_ROK, msg->header.sequence,
                                 (struct smpp_str){(const uint8_t *)id, strlen(id)}, failed, n);
}

static size_t build_ok(struct session *session, uint8_t *out, size_t cap,
                       const struct smpp_msg *msg, const char *id)
{
    struct smsc *smsc = session->smsc;
    uint32_t command = msg->header.command_id, sequence = msg->header.sequence;

    switch (command) {
    case SMPP_submit_sm:
    case SMPP_data_sm:
    case SMPP_broadcast_sm:
    case SMPP_query_broadcast_sm:
        return smpp_build_resp(out, cap, command | SMPP_RESP, ESME_ROK, sequence, id);
    case SMPP_submit_multi: return build_multi_resp(&smsc->set, out, cap, msg, id);
    case SMPP_query_sm:
        return build_query_resp(out, cap, msg, archive_find(smsc->archive, msg->message_id));
    case SMPP_replace_sm:
    case SMPP_cancel_sm:
    case SMPP_cancel_broadcast_sm:
        return smpp_build_header(out, cap, command | SMPP_RESP, ESME_ROK, sequence);
    default:
        if (!smpp_wants_resp(command))
            return 0;
        return smsc->set.echo_unknown
                   ? smpp_build_header(out, cap, command | SMPP_RESP, ESME_ROK, sequence)
                   : smpp_build_header(out, cap, SMPP_generic_nack, ESME_RINVCMDID, sequence);
    }
}

static bool is_message(uint32_t command_id)
{
    return command_id == SMPP_submit_sm || command_id == SMPP_data_sm ||
           command_id == SMPP_submit_multi;
}

static bool gets_id(uint32_t command_id)
{
    return is_message(command_id) || command_id == SMPP_broadcast_sm;
}

static bool is_readable(uint32_t command_id)
{
    return is_message(command_id) || command_id == SMPP_query_sm || command_id == SMPP_replace_sm ||
           command_id == SMPP_cancel_sm;
}

static void keep(struct session *session, struct message *message, const struct smpp_msg *msg)
{
    struct smsc *smsc = session->smsc;

    message->session = session->number;
    memcpy(message->system_id, session->system_id, sizeof(message->system_id));
    message->time = time(NULL);
    message->state = SMPP_STATE_ENROUTE;
    if (message->status == ESME_ROK && gets_id(msg->header.command_id)) {
        uint64_t id = smsc->next_id++;
        spell_id(message->id, sizeof(message->id), smsc->set.id_form, id);
        spell_id(message->receipt_id, sizeof(message->receipt_id), smsc->set.receipt_id_form, id);
    }
    if (message->status == ESME_ROK && is_message(msg->header.command_id))
        message->state = smpp_state_of(smsc->set.stat, strlen(smsc->set.stat));
    archive_add(smsc->archive, message);
}

void message_arrived(struct session *session, const struct smpp_header *header, const uint8_t *pdu)
{
    /* A submit_multi_resp may name each of 255 destinations. */
    uint8_t resp[RESP_MAX + 255 * 32];
    struct smpp_msg msg = {.header = *header};
    struct message message = {.pdu = pdu, .len = header->length};
    struct smsc *smsc = session->smsc;
    size_t len;

    if (!session_can_send(session) && smpp_wants_resp(header->command_id))
        message.status = ESME_RINVBNDSTS;
    else if (is_readable(header->command_id))
        message.status = smpp_view_msg(pdu, header->length, &msg);
    if (message.status == ESME_ROK)
        message.status = take_status(&smsc->set);
    if (message.status == ESME_ROK)
        message.status = judge(session, &msg);
    keep(session, &message, &msg);
    if (message.status == ESME_ROK)
        len = build_ok(session, resp, sizeof(resp), &msg, message.id);
    else
        len = message_refusal(smsc, resp, sizeof(resp), header, message.status);
    session_answer(session, resp, len);
    if (message.status == ESME_ROK && is_message(header->command_id))
        receipts_order(session, &message, &msg);
    control_message_arrived(smsc->control);
}
