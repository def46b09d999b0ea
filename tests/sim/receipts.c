#include "tests/sim/receipts.h"

#include "smpp/build.h"
#include "tests/sim/words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEPT_MAX 10000

/* A receipt that waits, as it lies in the queue; its PDU follows. */
struct waiting {
    unsigned session;
    char system_id[64];
};

struct kept {
    TAILQ_ENTRY(kept) link;
    char system_id[64];
    size_t len;
    uint8_t pdu[];
};

struct receipts {
    struct smsc *smsc;
    struct delayed *queue;
    TAILQ_HEAD(, kept) kept;
    unsigned kept_count;
};

static void keep(struct receipts *receipts, const char *system_id, const uint8_t *pdu, size_t len)
{
    if (receipts->kept_count == KEPT_MAX)
        return;
    struct kept *kept = malloc(sizeof(*kept) + len);
    if (kept == NULL)
        abort();
    memcpy(kept->system_id, system_id, sizeof(kept->system_id));
    kept->len = len;
    memcpy(kept->pdu, pdu, len);
    TAILQ_INSERT_TAIL(&receipts->kept, kept, link);
    receipts->kept_count++;
}

/* The session that sent the message if it can receive, else another of the account. */
static struct session *receiver(struct smsc *smsc, const struct waiting *to)
{
    struct session *session, *other = NULL;

    TAILQ_FOREACH(session, &smsc->sessions, link)
    {
        if (!session_can_receive(session) || strcmp(session->system_id, to->system_id) != 0)
            continue;
        if (session->number == to->session)
            return session;
        other = session;
    }
    return other;
}

static void on_due(void *ctx, const uint8_t *octets, size_t len)
{
    struct receipts *receipts = ctx;
    struct waiting to;
    uint8_t pdu[1024];

    memcpy(&to, octets, sizeof(to));
    len -= sizeof(to);
    memcpy(pdu, octets + sizeof(to), len);
    struct session *session = receiver(receipts->smsc, &to);
    if (session == NULL)
        keep(receipts, to.system_id, pdu, len);
    else
        session_request(session, pdu, len, NULL, NULL);
}

struct receipts *receipts_new(struct smsc *smsc)
{
    struct receipts *receipts = calloc(1, sizeof(*receipts));

    if (receipts == NULL)
        return NULL;
    receipts->smsc = smsc;
    TAILQ_INIT(&receipts->kept);
    receipts->queue = delayed_new(smsc->base, on_due, receipts);
    if (receipts->queue == NULL) {
        free(receipts);
        return NULL;
    }
    return receipts;
}

static void forget(struct receipts *receipts, struct kept *kept)
{
    TAILQ_REMOVE(&receipts->kept, kept, link);
    receipts->kept_count--;
    free(kept);
}

void receipts_free(struct receipts *receipts)
{
    struct kept *kept, *next;

    if (receipts == NULL)
        return;
    for (kept = TAILQ_FIRST(&receipts->kept); kept != NULL; kept = next) {
        next = TAILQ_NEXT(kept, link);
        free(kept);
    }
    delayed_free(receipts->queue);
    free(receipts);
}

void receipts_bound(struct session *session)
{
    struct receipts *receipts = session->smsc->receipts;
    struct kept *kept = TAILQ_FIRST(&receipts->kept);

    while (kept != NULL) {
        struct kept *next = TAILQ_NEXT(kept, link);
        if (strcmp(kept->system_id, session->system_id) == 0) {
            session_request(session, kept->pdu, kept->len, NULL, NULL);
            forget(receipts, kept);
        }
        kept = next;
    }
}

struct outcome {
    const char *stat, *err;
    enum smpp_state state;
};

static size_t put_tlv(uint8_t *out, uint16_t tag, const void *value, size_t len)
{
    smpp_put16(out, tag);
    smpp_put16(out + 2, (uint16_t)len);
    memcpy(out + 4, value, len);
    return len + 4;
}

static size_t put_tlvs(uint8_t *out, const struct message *message, const struct outcome *outcome)
{
    uint32_t code = 0;
    const uint8_t state = (uint8_t)(outcome->state < 0 ? SMPP_STATE_UNKNOWN : outcome->state);
    size_t len = put_tlv(out, SMPP_TLV_receipted_message_id, message->receipt_id,
                         strlen(message->receipt_id) + 1);

    len += put_tlv(out + len, SMPP_TLV_message_state, &state, 1);
    if (words_number(outcome->err, 0xFFFF, &code) == 0 && code > 0) {
        const uint8_t error[3] = {3, (uint8_t)(code >> 8), (uint8_t)code}; /* 3: GSM */
        len += put_tlv(out + len, SMPP_TLV_network_error_code, error, sizeof(error));
    }
    return len;
}

/* Of our text only what stands in octets that need no alphabet. */
static struct smpp_str quoted(const struct smpp_msg *msg)
{
    struct smpp_part part;

    smpp_part_of(msg, &part);
    return msg->data_coding == 0 || msg->data_coding == 1 ? part.text : (struct smpp_str){0};
}

static size_t write_text(char *out, size_t cap, const struct message *message,
                         const struct smpp_msg *msg, const struct outcome *outcome)
{
    const struct smpp_receipt_parts parts = {
        .id = message->receipt_id,
        .stat = outcome->stat,
        .err = outcome->err,
        .submitted = 1,
        .delivered = outcome->state == SMPP_STATE_DELIVERED,
        .submit_time = message->time,
        .done_time = time(NULL),
        .text = quoted(msg),
    };
    return smpp_receipt_write(out, cap, &parts);
}

static void order_one(struct smsc *smsc, const struct message *message, const struct smpp_msg *msg,
                      struct smpp_addr from, const struct outcome *outcome, uint32_t delay)
{
    const struct settings *set = &smsc->set;
    char text[255];
    uint8_t tlvs[512], pdu[sizeof(struct waiting) + 1000];
    struct waiting to = {.session = message->session};
    struct smpp_msg receipt = {
        .header.command_id = set->receipt_data_sm ? SMPP_data_sm : SMPP_deliver_sm,
        .src = from,
        .dst = msg->src,
        .esm_class = (uint8_t)set->receipt_esm,
    };
    size_t tlv_len = 0, text_len = 0;

    if (set->receipt != RECEIPT_TLV)
        text_len = write_text(text, sizeof(text), message, msg, outcome);
    if (set->receipt != RECEIPT_TEXT)
        tlv_len = put_tlvs(tlvs, message, outcome);
    if (set->receipt_data_sm && text_len > 0)
        tlv_len += put_tlv(tlvs + tlv_len, SMPP_TLV_message_payload, text, text_len);
    else
        receipt.short_message = (struct smpp_str){(const uint8_t *)text, text_len};
    receipt.tlvs = (struct smpp_str){tlvs, tlv_len};
    memcpy(to.system_id, message->system_id, sizeof(to.system_id));
    memcpy(pdu, &to, sizeof(to));
    size_t len = smpp_build_msg(pdu + sizeof(to), sizeof(pdu) - sizeof(to), &receipt);
    if (len > 0)
        delayed_add(smsc->receipts->queue, delay, pdu, sizeof(to) + len);
}

static unsigned order(struct smsc *smsc, const struct message *message, const struct smpp_msg *msg,
                      const struct outcome *outcome, uint32_t delay)
{
    struct smpp_str rest = msg->dests;
    struct smpp_dest dest;
    unsigned n = 0;

    if (smsc->set.receipt == RECEIPT_NONE)
        return 0;
    if (msg->header.command_id != SMPP_submit_multi) {
        order_one(smsc, message, msg, msg->dst, outcome, delay);
        return 1;
    }
    for (; smpp_dest_next(&rest, &dest); n++) {
        if (dest.flag == 1)
            order_one(smsc, message, msg, dest.addr, outcome, delay);
    }
    return n;
}

void receipts_order(struct session *session, const struct message *message,
                    const struct smpp_msg *msg)
{
    const struct settings *set = &session->smsc->set;
    const struct outcome outcome = {set->stat, set->err,
                                    smpp_state_of(set->stat, strlen(set->stat))};
    bool delivered = outcome.state == SMPP_STATE_DELIVERED;
    unsigned asked = msg->registered_delivery & 3u; /* SMPP 5.0, 4.7.21: 3 is success only */

    if (asked == 1 || (asked == 2 && !delivered) || (asked == 3 && delivered))
        order(session->smsc, message, msg, &outcome, set->receipt_delay);
}

unsigned receipts_send(struct smsc *smsc, struct message *message, const char *stat,
                       const char *err)
{
    struct smpp_msg msg;
    const struct outcome outcome = {stat, err, smpp_state_of(stat, strlen(stat))};

    if (message->status != ESME_ROK || smpp_view_msg(message->pdu, message->len, &msg) != ESME_ROK)
        return 0;
    message->state = outcome.state;
    return order(smsc, message, &msg, &outcome, 0);
}
