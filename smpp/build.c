#include "smpp/build.h"

#include "smpp/writer.h"

#define SHORT_MESSAGE_MAX 254u /* SMPP 3.4, 4.4.1 */

size_t smpp_build_header(uint8_t *out, size_t cap, uint32_t command_id, uint32_t status,
                         uint32_t sequence)
{
    struct writer w;
    writer_open(&w, out, cap, command_id, status, sequence);
    return writer_close(&w);
}

size_t smpp_build_resp(uint8_t *out, size_t cap, uint32_t command_id, uint32_t status,
                       uint32_t sequence, const char *id)
{
    struct writer w;
    writer_open(&w, out, cap, command_id, status, sequence);
    if (id == NULL)
        id = "";
    put_bytes(&w, id, strlen(id) + 1);
    return writer_close(&w);
}

size_t smpp_build_refusal(uint8_t *out, size_t cap, const struct smpp_header *request,
                          uint32_t status)
{
    static const uint8_t empty_string[] = {0};
    static const uint8_t no_unsuccess[] = {0, 0};
    /* message_id, final_date, message_state 7 (UNKNOWN), error_code */
    static const uint8_t state_unknown[] = {0, 0, 7, 0};

    if (!smpp_wants_resp(request->command_id))
        return 0;
    uint32_t command_id = request->command_id | SMPP_RESP;
    const uint8_t *body = empty_string;
    size_t body_len = 0;
    switch (request->command_id) {
    case SMPP_bind_receiver:
    case SMPP_bind_transmitter:
    case SMPP_bind_transceiver:
    case SMPP_submit_sm:
    case SMPP_deliver_sm:
    case SMPP_data_sm:
    case SMPP_broadcast_sm:
    case SMPP_query_broadcast_sm: body_len = sizeof(empty_string); break;
    case SMPP_submit_multi:
        body = no_unsuccess;
        body_len = sizeof(no_unsuccess);
        break;
    case SMPP_query_sm:
        body = state_unknown;
        body_len = sizeof(state_unknown);
        break;
    case SMPP_unbind:
    case SMPP_enquire_link:
    case SMPP_replace_sm:
    case SMPP_cancel_sm:
    case SMPP_cancel_broadcast_sm: break;
    default: command_id = SMPP_generic_nack; break;
    }

    struct writer w;
    writer_open(&w, out, cap, command_id, status, request->sequence);
    put_bytes(&w, body, body_len);
    return writer_close(&w);
}

size_t smpp_build_bind(uint8_t *out, size_t cap, uint32_t command_id, uint32_t sequence,
                       const struct smpp_bind *bind)
{
    if (!smpp_is_bind(command_id))
        return 0;
    struct writer w;
    writer_open(&w, out, cap, command_id, ESME_ROK, sequence);
    put_string(&w, bind->system_id);
    put_string(&w, bind->password);
    put_string(&w, bind->system_type);
    put_octet(&w, bind->interface_version);
    put_addr(&w, &bind->range);
    put_bytes(&w, bind->tlvs.p, bind->tlvs.len);
    return writer_close(&w);
}

static void put_submit(struct writer *w, const struct smpp_msg *msg)
{
    put_string(w, msg->service_type);
    put_addr(w, &msg->src);
    put_addr(w, &msg->dst);
    put_octet(w, msg->esm_class);
    put_octet(w, msg->protocol_id);
    put_octet(w, msg->priority_flag);
    put_string(w, msg->schedule_delivery_time);
    put_string(w, msg->validity_period);
    put_octet(w, msg->registered_delivery);
    put_octet(w, msg->replace_if_present);
    put_octet(w, msg->data_coding);
    put_octet(w, msg->sm_default_msg_id);
    put_octet(w, (uint8_t)msg->short_message.len);
    put_bytes(w, msg->short_message.p, msg->short_message.len);
}

static void put_data(struct writer *w, const struct smpp_msg *msg)
{
    put_string(w, msg->service_type);
    put_addr(w, &msg->src);
    put_addr(w, &msg->dst);
    put_octet(w, msg->esm_class);
    put_octet(w, msg->registered_delivery);
    put_octet(w, msg->data_coding);
}

size_t smpp_build_msg(uint8_t *out, size_t cap, const struct smpp_msg *msg)
{
    uint32_t command_id = msg->header.command_id;
    struct writer w;
    writer_open(&w, out, cap, command_id, msg->header.status, msg->header.sequence);
    if (command_id == SMPP_submit_sm || command_id == SMPP_deliver_sm) {
        if (msg->short_message.len > SHORT_MESSAGE_MAX)
            return 0;
        put_submit(&w, msg);
    } else if (command_id == SMPP_data_sm) {
        put_data(&w, msg);
    } else {
        return 0;
    }
    put_bytes(&w, msg->tlvs.p, msg->tlvs.len);
    return writer_close(&w);
}
