/*
 * Names and numbers of the protocol, from one table each: command ids, command statuses, TLV tags.
 * Sources: SMPP 3.4 issue 1.2 (sections 5.1.2.1, 5.1.3, 5.3.2) and SMPP 5.0 (4.7.5, 4.7.6, 4.8.1).
 * Knows nothing of bytes or sockets.
 */
#ifndef SMPP_IDS_H
#define SMPP_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define SMPP_HEADER_LEN 16u
#define SMPP_RESP       0x80000000u /* set in the command id of every response */

/* X(symbol, number). The symbol's name is the standard's. */
#define SMPP_COMMANDS(X)                                                                           \
    X(generic_nack, 0x80000000u)                                                                   \
    X(bind_receiver, 0x00000001u)                                                                  \
    X(bind_receiver_resp, 0x80000001u)                                                             \
    X(bind_transmitter, 0x00000002u)                                                               \
    X(bind_transmitter_resp, 0x80000002u)                                                          \
    X(query_sm, 0x00000003u)                                                                       \
    X(query_sm_resp, 0x80000003u)                                                                  \
    X(submit_sm, 0x00000004u)                                                                      \
    X(submit_sm_resp, 0x80000004u)                                                                 \
    X(deliver_sm, 0x00000005u)                                                                     \
    X(deliver_sm_resp, 0x80000005u)                                                                \
    X(unbind, 0x00000006u)                                                                         \
    X(unbind_resp, 0x80000006u)                                                                    \
    X(replace_sm, 0x00000007u)                                                                     \
    X(replace_sm_resp, 0x80000007u)                                                                \
    X(cancel_sm, 0x00000008u)                                                                      \
    X(cancel_sm_resp, 0x80000008u)                                                                 \
    X(bind_transceiver, 0x00000009u)                                                               \
    X(bind_transceiver_resp, 0x80000009u)                                                          \
    X(outbind, 0x0000000Bu)                                                                        \
    X(enquire_link, 0x00000015u)                                                                   \
    X(enquire_link_resp, 0x80000015u)                                                              \
    X(submit_multi, 0x00000021u)                                                                   \
    X(submit_multi_resp, 0x80000021u)                                                              \
    X(alert_notification, 0x00000102u)                                                             \
    X(data_sm, 0x00000103u)                                                                        \
    X(data_sm_resp, 0x80000103u)                                                                   \
    X(broadcast_sm, 0x00000111u)                                                                   \
    X(broadcast_sm_resp, 0x80000111u)                                                              \
    X(query_broadcast_sm, 0x00000112u)                                                             \
    X(query_broadcast_sm_resp, 0x80000112u)                                                        \
    X(cancel_broadcast_sm, 0x00000113u)                                                            \
    X(cancel_broadcast_sm_resp, 0x80000113u)

enum smpp_command {
#define X(symbol, number) SMPP_##symbol = (number),
    SMPP_COMMANDS(X)
#undef X
};

/* X(symbol, number): ESME_<symbol>. */
#define SMPP_STATUSES(X)                                                                           \
    X(ROK, 0x00u)                                                                                  \
    X(RINVMSGLEN, 0x01u)                                                                           \
    X(RINVCMDLEN, 0x02u)                                                                           \
    X(RINVCMDID, 0x03u)                                                                            \
    X(RINVBNDSTS, 0x04u)                                                                           \
    X(RALYBND, 0x05u)                                                                              \
    X(RINVPRTFLG, 0x06u)                                                                           \
    X(RINVREGDLVFLG, 0x07u)                                                                        \
    X(RSYSERR, 0x08u)                                                                              \
    X(RINVSRCADR, 0x0Au)                                                                           \
    X(RINVDSTADR, 0x0Bu)                                                                           \
    X(RINVMSGID, 0x0Cu)                                                                            \
    X(RBINDFAIL, 0x0Du)                                                                            \
    X(RINVPASWD, 0x0Eu)                                                                            \
    X(RINVSYSID, 0x0Fu)                                                                            \
    X(RCANCELFAIL, 0x11u)                                                                          \
    X(RREPLACEFAIL, 0x13u)                                                                         \
    X(RMSGQFUL, 0x14u)                                                                             \
    X(RINVSERTYP, 0x15u)                                                                           \
    X(RINVNUMDESTS, 0x33u)                                                                         \
    X(RINVDLNAME, 0x34u)                                                                           \
    X(RINVDESTFLAG, 0x40u)                                                                         \
    X(RINVSUBREP, 0x42u)                                                                           \
    X(RINVESMCLASS, 0x43u)                                                                         \
    X(RCNTSUBDL, 0x44u)                                                                            \
    X(RSUBMITFAIL, 0x45u)                                                                          \
    X(RINVSRCTON, 0x48u)                                                                           \
    X(RINVSRCNPI, 0x49u)                                                                           \
    X(RINVDSTTON, 0x50u)                                                                           \
    X(RINVDSTNPI, 0x51u)                                                                           \
    X(RINVSYSTYP, 0x53u)                                                                           \
    X(RINVREPFLAG, 0x54u)                                                                          \
    X(RINVNUMMSGS, 0x55u)                                                                          \
    X(RTHROTTLED, 0x58u)                                                                           \
    X(RINVSCHED, 0x61u)                                                                            \
    X(RINVEXPIRY, 0x62u)                                                                           \
    X(RINVDFTMSGID, 0x63u)                                                                         \
    X(RX_T_APPN, 0x64u)                                                                            \
    X(RX_P_APPN, 0x65u)                                                                            \
    X(RX_R_APPN, 0x66u)                                                                            \
    X(RQUERYFAIL, 0x67u)                                                                           \
    X(RINVTLVSTREAM, 0xC0u)                                                                        \
    X(RTLVNOTALLWD, 0xC1u)                                                                         \
    X(RINVTLVLEN, 0xC2u)                                                                           \
    X(RMISSINGTLV, 0xC3u)                                                                          \
    X(RINVTLVVAL, 0xC4u)                                                                           \
    X(RDELIVERYFAILURE, 0xFEu)                                                                     \
    X(RUNKNOWNERR, 0xFFu)                                                                          \
    X(RSERTYPUNAUTH, 0x100u)                                                                       \
    X(RPROHIBITED, 0x101u)                                                                         \
    X(RSERTYPUNAVAIL, 0x102u)                                                                      \
    X(RSERTYPDENIED, 0x103u)                                                                       \
    X(RINVDCS, 0x104u)                                                                             \
    X(RINVSRCADDRSUBUNIT, 0x105u)                                                                  \
    X(RINVDSTADDRSUBUNIT, 0x106u)                                                                  \
    X(RINVBCASTFREQINT, 0x107u)                                                                    \
    X(RINVBCASTALIAS_NAME, 0x108u)                                                                 \
    X(RINVBCASTAREAFMT, 0x109u)                                                                    \
    X(RINVNUMBCAST_AREAS, 0x10Au)                                                                  \
    X(RINVBCASTCNTTYPE, 0x10Bu)                                                                    \
    X(RINVBCASTMSGCLASS, 0x10Cu)                                                                   \
    X(RBCASTFAIL, 0x10Du)                                                                          \
    X(RBCASTQUERYFAIL, 0x10Eu)                                                                     \
    X(RBCASTCANCELFAIL, 0x10Fu)                                                                    \
    X(RINVBCAST_REP, 0x110u)                                                                       \
    X(RINVBCASTSRVGRP, 0x111u)                                                                     \
    X(RINVBCASTCHANIND, 0x112u)

enum smpp_status {
#define X(symbol, number) ESME_##symbol = (number),
    SMPP_STATUSES(X)
#undef X
};

/* X(symbol, number): SMPP_TLV_<symbol>. */
#define SMPP_TLVS(X)                                                                               \
    X(dest_addr_subunit, 0x0005u)                                                                  \
    X(dest_network_type, 0x0006u)                                                                  \
    X(dest_bearer_type, 0x0007u)                                                                   \
    X(dest_telematics_id, 0x0008u)                                                                 \
    X(source_addr_subunit, 0x000Du)                                                                \
    X(source_network_type, 0x000Eu)                                                                \
    X(source_bearer_type, 0x000Fu)                                                                 \
    X(source_telematics_id, 0x0010u)                                                               \
    X(qos_time_to_live, 0x0017u)                                                                   \
    X(payload_type, 0x0019u)                                                                       \
    X(additional_status_info_text, 0x001Du)                                                        \
    X(receipted_message_id, 0x001Eu)                                                               \
    X(ms_msg_wait_facilities, 0x0030u)                                                             \
    X(privacy_indicator, 0x0201u)                                                                  \
    X(source_subaddress, 0x0202u)                                                                  \
    X(dest_subaddress, 0x0203u)                                                                    \
    X(user_message_reference, 0x0204u)                                                             \
    X(user_response_code, 0x0205u)                                                                 \
    X(source_port, 0x020Au)                                                                        \
    X(destination_port, 0x020Bu)                                                                   \
    X(sar_msg_ref_num, 0x020Cu)                                                                    \
    X(language_indicator, 0x020Du)                                                                 \
    X(sar_total_segments, 0x020Eu)                                                                 \
    X(sar_segment_seqnum, 0x020Fu)                                                                 \
    X(sc_interface_version, 0x0210u)                                                               \
    X(callback_num_pres_ind, 0x0302u)                                                              \
    X(callback_num_atag, 0x0303u)                                                                  \
    X(number_of_messages, 0x0304u)                                                                 \
    X(callback_num, 0x0381u)                                                                       \
    X(dpf_result, 0x0420u)                                                                         \
    X(set_dpf, 0x0421u)                                                                            \
    X(ms_availability_status, 0x0422u)                                                             \
    X(network_error_code, 0x0423u)                                                                 \
    X(message_payload, 0x0424u)                                                                    \
    X(delivery_failure_reason, 0x0425u)                                                            \
    X(more_messages_to_send, 0x0426u)                                                              \
    X(message_state, 0x0427u)                                                                      \
    X(congestion_state, 0x0428u)                                                                   \
    X(ussd_service_op, 0x0501u)                                                                    \
    X(broadcast_channel_indicator, 0x0600u)                                                        \
    X(broadcast_content_type, 0x0601u)                                                             \
    X(broadcast_content_type_info, 0x0602u)                                                        \
    X(broadcast_message_class, 0x0603u)                                                            \
    X(broadcast_rep_num, 0x0604u)                                                                  \
    X(broadcast_frequency_interval, 0x0605u)                                                       \
    X(broadcast_area_identifier, 0x0606u)                                                          \
    X(broadcast_error_status, 0x0607u)                                                             \
    X(broadcast_area_success, 0x0608u)                                                             \
    X(broadcast_end_time, 0x0609u)                                                                 \
    X(broadcast_service_group, 0x060Au)                                                            \
    X(billing_identification, 0x060Bu)                                                             \
    X(source_network_id, 0x060Du)                                                                  \
    X(dest_network_id, 0x060Eu)                                                                    \
    X(source_node_id, 0x060Fu)                                                                     \
    X(dest_node_id, 0x0610u)                                                                       \
    X(dest_addr_np_resolution, 0x0611u)                                                            \
    X(dest_addr_np_information, 0x0612u)                                                           \
    X(dest_addr_np_country, 0x0613u)                                                               \
    X(display_time, 0x1201u)                                                                       \
    X(sms_signal, 0x1203u)                                                                         \
    X(ms_validity, 0x1204u)                                                                        \
    X(alert_on_message_delivery, 0x130Cu)                                                          \
    X(its_reply_type, 0x1380u)                                                                     \
    X(its_session_info, 0x1383u)

enum smpp_tlv_tag {
#define X(symbol, number) SMPP_TLV_##symbol = (number),
    SMPP_TLVS(X)
#undef X
};

/* "submit_sm", or NULL where no table lists the id. */
const char *smpp_command_name(uint32_t command_id);

/* "ESME_RINVDSTADR", or NULL where no table lists the number (vendor statuses). */
const char *smpp_status_name(uint32_t status);

/* "message_payload", or NULL. */
const char *smpp_tlv_name(uint16_t tag);

/* Reads "ESME_RINVDSTADR", "0x0B" or "11". Returns 0, or -EINVAL with *status untouched. */
__attribute__((nonnull)) int smpp_status_parse(const char *text, uint32_t *status);

static inline bool smpp_is_resp(uint32_t command_id)
{
    return (command_id & SMPP_RESP) != 0;
}

static inline bool smpp_is_bind(uint32_t command_id)
{
    return command_id == SMPP_bind_receiver || command_id == SMPP_bind_transmitter ||
           command_id == SMPP_bind_transceiver;
}

/* Whether the standard gives this request a response: vendor commands count as answered;
 * alert_notification, outbind and generic_nack are not. */
static inline bool smpp_wants_resp(uint32_t command_id)
{
    return !smpp_is_resp(command_id) && command_id != SMPP_alert_notification &&
           command_id != SMPP_outbind;
}

#endif
