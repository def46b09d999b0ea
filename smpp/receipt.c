#include "smpp/receipt.h"

#include "smpp/receipt_scan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ESM_TYPE         0x3C
#define ESM_RECEIPT      0x04
#define ESM_INTERMEDIATE 0x20

/* The front of a text that is long enough for every key that comes before text:. */
#define FRONT 1024

/* The first word of a state is the one that we write. */
static const struct stat_word {
    const char *word;
    enum smpp_state state;
    const char *stat;
} stat_words[] = {
    {"SCHEDULED", SMPP_STATE_SCHEDULED, "SCHEDULED"},
    {"ENROUTE", SMPP_STATE_ENROUTE, "ENROUTE"},
    {"EN_ROUTE", SMPP_STATE_ENROUTE, "ENROUTE"},
    {"BUFFRED", SMPP_STATE_ENROUTE, "BUFFRED"},
    {"BUFFERED", SMPP_STATE_ENROUTE, "BUFFRED"},
    {"BUFFERD", SMPP_STATE_ENROUTE, "BUFFRED"},
    {"DELIVRD", SMPP_STATE_DELIVERED, "DELIVRD"},
    {"DELIVERED", SMPP_STATE_DELIVERED, "DELIVRD"},
    {"DELIVERD", SMPP_STATE_DELIVERED, "DELIVRD"},
    {"DELIVERE", SMPP_STATE_DELIVERED, "DELIVRD"},
    {"DELIVER", SMPP_STATE_DELIVERED, "DELIVRD"},
    {"EXPIRED", SMPP_STATE_EXPIRED, "EXPIRED"},
    {"DELETED", SMPP_STATE_DELETED, "DELETED"},
    {"UNDELIV", SMPP_STATE_UNDELIVERABLE, "UNDELIV"},
    {"UNDELIVERABLE", SMPP_STATE_UNDELIVERABLE, "UNDELIV"},
    {"UNDELIVERED", SMPP_STATE_UNDELIVERABLE, "UNDELIV"},
    {"UNDELIVRD", SMPP_STATE_UNDELIVERABLE, "UNDELIV"},
    {"UNDLVRD", SMPP_STATE_UNDELIVERABLE, "UNDELIV"},
    {"FAILED", SMPP_STATE_UNDELIVERABLE, "FAILED"},
    {"ACCEPTD", SMPP_STATE_ACCEPTED, "ACCEPTD"},
    {"ACCEPTED", SMPP_STATE_ACCEPTED, "ACCEPTD"},
    {"ACCEPTE", SMPP_STATE_ACCEPTED, "ACCEPTD"},
    {"UNKNOWN", SMPP_STATE_UNKNOWN, "UNKNOWN"},
    {"REJECTD", SMPP_STATE_REJECTED, "REJECTD"},
    {"REJECTED", SMPP_STATE_REJECTED, "REJECTD"},
    {"REJECTE", SMPP_STATE_REJECTED, "REJECTD"},
    {"NOCRED", SMPP_STATE_REJECTED, "NOCRED"},
    {"SYSERR", SMPP_STATE_REJECTED, "SYSERR"},
    {"SKIPPED", SMPP_STATE_SKIPPED, "SKIPPED"},
};
#define STAT_WORDS (sizeof(stat_words) / sizeof(*stat_words))

static const struct stat_word *find_word(const char *stat, size_t len)
{
    for (size_t i = 0; i < STAT_WORDS; i++) {
        if (strlen(stat_words[i].word) == len && strncasecmp(stat_words[i].word, stat, len) == 0)
            return &stat_words[i];
    }
    return NULL;
}

const char *smpp_state_stat(enum smpp_state state)
{
    for (size_t i = 0; i < STAT_WORDS; i++) {
        if (stat_words[i].state == state)
            return stat_words[i].stat;
    }
    return NULL;
}

enum smpp_state smpp_state_of(const char *stat, size_t len)
{
    const struct stat_word *word = len > 0 ? find_word(stat, len) : NULL;
    return word != NULL ? word->state : SMPP_STATE_NONE;
}

static bool is_blank(uint8_t c)
{
    return c <= ' ';
}

/* Copies what fits. In receipts that are read octet by octet, 0x11 is the underscore of the GSM
 * alphabet; nothing else writes a control character there. */
static void copy(char *out, size_t cap, struct smpp_str s)
{
    size_t len = s.len < cap ? s.len : cap - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = s.p[i] == 0x11 ? '_' : (char)s.p[i];
    out[len] = '\0';
}

static void set(char *out, size_t cap, const char *string)
{
    copy(out, cap, (struct smpp_str){(const uint8_t *)string, strlen(string)});
}

static void clear(struct smpp_receipt *receipt)
{
    memset(receipt, 0, sizeof(*receipt));
    receipt->state = SMPP_STATE_NONE;
    receipt->network_type = -1;
}

static void take_scan(struct smpp_receipt *receipt, const struct smpp_receipt_scan *scan)
{
    copy(receipt->id, sizeof(receipt->id), scan->id);
    copy(receipt->err, sizeof(receipt->err), scan->err);
    copy(receipt->stat, sizeof(receipt->stat), scan->stat);
    if (scan->stat.len == 0)
        return;

    const struct stat_word *word = find_word(receipt->stat, strlen(receipt->stat));
    receipt->state = word != NULL ? word->state : SMPP_STATE_UNKNOWN;
    if (word != NULL)
        set(receipt->stat, sizeof(receipt->stat), word->stat);
    for (char *c = receipt->stat; *c != '\0'; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
}

/* An intermediate notification speaks of one attempt, after which the carrier may try again. A word
 * that no table knows promises nothing. */
static bool is_final(enum smpp_state state, bool intermediate, bool understood)
{
    switch (state) {
    case SMPP_STATE_NONE:
    case SMPP_STATE_SCHEDULED:
    case SMPP_STATE_ENROUTE:
    case SMPP_STATE_ACCEPTED: return false;
    case SMPP_STATE_DELIVERED: return true;
    default: return understood && !intermediate;
    }
}

static bool is_understood(const char *stat)
{
    return find_word(stat, strlen(stat)) != NULL;
}

/* What the TLVs of a receipt say (SMPP 3.4, 5.3.2.12, .31, .35). */
struct told {
    enum smpp_state state;
    struct smpp_str id;
    int network_type;
    char error[SMPP_RECEIPT_ERR_MAX + 1];
};

static struct smpp_str trimmed(const struct smpp_tlv *tlv)
{
    struct smpp_str s = {tlv->value, strnlen((const char *)tlv->value, tlv->len)};
    while (s.len > 0 && is_blank(s.p[s.len - 1]))
        s.len--;
    while (s.len > 0 && is_blank(s.p[0]))
        s = (struct smpp_str){s.p + 1, s.len - 1};
    return s;
}

static bool is_printable(struct smpp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7F)
            return false;
    }
    return s.len > 0;
}

/* Type and code in three octets; some carriers write the code as a string, or without its type. */
static void read_network_error(const struct smpp_tlv *tlv, struct told *told)
{
    struct smpp_str text = trimmed(tlv);
    unsigned code = 0;
    if (is_printable(text) && tlv->len - text.len <= 1) {
        copy(told->error, sizeof(told->error), text);
        return;
    }
    if (tlv->len >= 3) {
        told->network_type = tlv->value[0];
        code = smpp_get16(tlv->value + 1);
    } else if (tlv->len == 2) {
        code = smpp_get16(tlv->value);
    } else {
        return;
    }
    snprintf(told->error, sizeof(told->error), "%03u", code);
}

static void read_tlvs(struct smpp_str tlvs, struct told *told)
{
    *told = (struct told){.state = SMPP_STATE_NONE, .network_type = -1};
    struct smpp_tlv tlv;
    if (smpp_tlv_find(tlvs, SMPP_TLV_message_state, &tlv) && tlv.len > 0) {
        uint8_t state = tlv.value[tlv.len - 1];
        if (state <= SMPP_STATE_SKIPPED)
            told->state = (enum smpp_state)state;
    }
    if (smpp_tlv_find(tlvs, SMPP_TLV_receipted_message_id, &tlv))
        told->id = trimmed(&tlv);
    if (smpp_tlv_find(tlvs, SMPP_TLV_network_error_code, &tlv))
        read_network_error(&tlv, told);
}

static bool only_zeros(const char *digits)
{
    return digits[strspn(digits, "0")] == '\0';
}

/* The TLV wins where the text says something else. An err of zeros says nothing. */
static void take_told(struct smpp_receipt *receipt, const struct told *told)
{
    if (told->state != SMPP_STATE_NONE && told->state != receipt->state) {
        receipt->state = told->state;
        set(receipt->stat, sizeof(receipt->stat), smpp_state_stat(told->state));
    }
    if (told->id.len > 0)
        copy(receipt->id, sizeof(receipt->id), told->id);
    receipt->network_type = told->network_type;
    if (receipt->err[0] == '\0' || (only_zeros(receipt->err) && !only_zeros(told->error)))
        set(receipt->err, sizeof(receipt->err), told->error);
}

static bool scan_as(struct smpp_str octets, bool wide, char front[FRONT],
                    struct smpp_receipt_scan *scan)
{
    struct smpp_str text = {octets.p, octets.len < FRONT ? octets.len : FRONT};
    if (wide) {
        size_t len = smpp_text_decode(text, SMPP_ALPHABET_UCS2, front, FRONT);
        text = (struct smpp_str){(const uint8_t *)front, len};
    }
    smpp_receipt_scan(text, scan);
    return smpp_receipt_scan_customary(scan);
}

/* Looks for the customary form wherever carriers put it: behind the UDH or in front of everything,
 * in short_message or message_payload, in octets that are not what data_coding says. Without it
 * `scan` is what the first place held. `front` holds decoded text that `scan` may point to. */
static bool find_form(const struct smpp_msg *msg, enum smpp_alphabet zero, char front[FRONT],
                      struct smpp_receipt_scan *scan)
{
    struct smpp_part part;
    struct smpp_str more;
    smpp_part_of(msg, &part);
    struct smpp_str whole = smpp_msg_octets(msg, &more);
    const struct smpp_str places[] = {part.text, whole, more};
    bool wide = smpp_alphabet_of(msg->data_coding, zero) == SMPP_ALPHABET_UCS2;

    for (size_t i = 0; i < 3; i++) {
        struct smpp_str at = places[i];
        if (at.len == 0 || (i == 1 && at.len == part.text.len))
            continue;
        bool looks_wide = at.len >= 2 && (at.p[0] == 0 || at.p[0] >= 0xFE);
        if (scan_as(at, wide, front, scan))
            return true;
        if ((wide || looks_wide) && scan_as(at, !wide, front, scan))
            return true;
    }
    scan_as(part.text, wide, front, scan);
    return false;
}

enum smpp_receipt_result smpp_receipt_read(const struct smpp_msg *msg, enum smpp_alphabet zero,
                                           struct smpp_receipt *receipt)
{
    uint8_t type = msg->esm_class & ESM_TYPE;
    bool marked = type == ESM_RECEIPT || type == ESM_INTERMEDIATE;
    struct told told;
    struct smpp_receipt_scan scan;
    char front[FRONT];

    clear(receipt);
    read_tlvs(msg->tlvs, &told);
    bool form = find_form(msg, zero, front, &scan);
    bool told_all =
        told.state != SMPP_STATE_NONE && (told.id.len > 0 || smpp_msg_octets(msg, NULL).len == 0);
    if (!marked && !told_all && !form)
        return SMPP_RECEIPT_NO;

    /* A text of another form may be a quotation: it is read only where nothing else speaks. */
    if (form || (marked && (scan.leads || told.state == SMPP_STATE_NONE)))
        take_scan(receipt, &scan);
    take_told(receipt, &told);
    receipt->final = is_final(receipt->state, type == ESM_INTERMEDIATE,
                              told.state != SMPP_STATE_NONE || is_understood(receipt->stat));
    return receipt->state != SMPP_STATE_NONE ? SMPP_RECEIPT_READ : SMPP_RECEIPT_UNREADABLE;
}

bool smpp_receipt_text(struct smpp_str text, struct smpp_receipt *receipt)
{
    struct smpp_receipt_scan scan;
    smpp_receipt_scan(text, &scan);
    if (!smpp_receipt_scan_customary(&scan))
        return false;
    if (receipt != NULL) {
        clear(receipt);
        take_scan(receipt, &scan);
        receipt->final = is_final(receipt->state, false, is_understood(receipt->stat));
    }
    return true;
}
