#include "smpp/receipt.h"

#include "tests/smpp/text_vectors.h"

#include <criterion/criterion.h>

static const char *const state_names[] = {
    [SMPP_STATE_SCHEDULED] = "SCHEDULED", [SMPP_STATE_ENROUTE] = "ENROUTE",
    [SMPP_STATE_DELIVERED] = "DELIVERED", [SMPP_STATE_EXPIRED] = "EXPIRED",
    [SMPP_STATE_DELETED] = "DELETED",     [SMPP_STATE_UNDELIVERABLE] = "UNDELIVERABLE",
    [SMPP_STATE_ACCEPTED] = "ACCEPTED",   [SMPP_STATE_UNKNOWN] = "UNKNOWN",
    [SMPP_STATE_REJECTED] = "REJECTED",   [SMPP_STATE_SKIPPED] = "SKIPPED",
};

/* What is known of the message that the next "=" line judges. */
struct draft {
    uint8_t esm_class, data_coding;
    uint8_t text[VECTOR_LINE_MAX], tlvs[VECTOR_LINE_MAX];
    size_t text_len, tlvs_len;
};

static void draft_clear(struct draft *d)
{
    memset(d, 0, sizeof(*d));
    d->esm_class = 0x04;
}

static void draft_tlv(struct draft *d, uint16_t tag, const char *value, size_t len)
{
    cr_assert_leq(d->tlvs_len + 4 + len, sizeof(d->tlvs));
    smpp_put16(d->tlvs + d->tlvs_len, tag);
    smpp_put16(d->tlvs + d->tlvs_len + 2, (uint16_t)len);
    memcpy(d->tlvs + d->tlvs_len + 4, value, len);
    d->tlvs_len += 4 + len;
}

static void draft_text(struct draft *d, const char *text, size_t len, bool wide)
{
    cr_assert_leq(2 * len, sizeof(d->text));
    d->text_len = 0;
    for (size_t i = 0; i < len; i++) {
        if (wide)
            d->text[d->text_len++] = 0;
        d->text[d->text_len++] = (uint8_t)text[i];
    }
}

static void draft_line(struct draft *d, const char *word, char *rest)
{
    if (strcmp(word, "esm") == 0) {
        d->esm_class = (uint8_t)strtoul(rest, NULL, 16);
    } else if (strcmp(word, "dcs") == 0) {
        d->data_coding = (uint8_t)strtoul(rest, NULL, 16);
    } else if (strcmp(word, "tlv") == 0) {
        uint16_t tag = (uint16_t)strtoul(vector_word(&rest), NULL, 16);
        draft_tlv(d, tag, rest, vector_octets(rest));
    } else if (strcmp(word, "mp") == 0) {
        draft_tlv(d, SMPP_TLV_message_payload, rest, vector_octets(rest));
    } else {
        bool wide = strcmp(word, "wide") == 0;
        cr_assert(wide || strcmp(word, "sm") == 0, "what is \"%s\"?", word);
        draft_text(d, rest, vector_octets(rest), wide);
    }
}

/* The result in the words of a vector file. */
static void describe(char *out, size_t cap, enum smpp_receipt_result result,
                     const struct smpp_receipt *r)
{
    if (result == SMPP_RECEIPT_NO) {
        snprintf(out, cap, "NO");
        return;
    }
    const char *own = smpp_state_stat(r->state);
    int n = result == SMPP_RECEIPT_UNREADABLE
                ? snprintf(out, cap, "UNREADABLE")
                : snprintf(out, cap, "%s %s", state_names[r->state], r->final ? "final" : "more");
    if (r->id[0] != '\0')
        n += snprintf(out + n, cap - (size_t)n, " id=%s", r->id);
    if (strcmp(r->stat, own != NULL ? own : "") != 0)
        n += snprintf(out + n, cap - (size_t)n, " stat=%s", r->stat);
    if (r->err[0] != '\0')
        n += snprintf(out + n, cap - (size_t)n, " err=%s", r->err);
    if (r->network_type >= 0)
        snprintf(out + n, cap - (size_t)n, " net=%d", r->network_type);
}

/* Reads a copy that ends where the octets end, so that a sanitizer sees a read beyond them. */
static enum smpp_receipt_result read_exact(const struct draft *d, size_t text_len,
                                           enum smpp_alphabet zero, struct smpp_receipt *receipt)
{
    uint8_t *text = malloc(text_len > 0 ? text_len : 1);
    uint8_t *tlvs = malloc(d->tlvs_len > 0 ? d->tlvs_len : 1);
    if (text_len > 0)
        memcpy(text, d->text, text_len);
    if (d->tlvs_len > 0)
        memcpy(tlvs, d->tlvs, d->tlvs_len);
    struct smpp_msg msg = {.header.command_id = SMPP_deliver_sm,
                           .esm_class = d->esm_class,
                           .data_coding = d->data_coding,
                           .short_message = {text, text_len},
                           .tlvs = {tlvs, d->tlvs_len}};
    enum smpp_receipt_result result = smpp_receipt_read(&msg, zero, receipt);
    free(text);
    free(tlvs);
    return result;
}

static void check(const struct draft *d, const char *want, const struct vector_file *v)
{
    static const enum smpp_alphabet zeros[] = {SMPP_ALPHABET_GSM, SMPP_ALPHABET_LATIN1,
                                               SMPP_ALPHABET_ASCII, SMPP_ALPHABET_UTF8};
    struct smpp_receipt receipt;
    char got[512];
    for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++) {
        enum smpp_receipt_result result = read_exact(d, d->text_len, zeros[i], &receipt);
        describe(got, sizeof(got), result, &receipt);
        cr_expect_str_eq(got, want, "line %d (%s): %s", v->number, v->comment, got);
    }
    /* A text that is cut anywhere is read without harm, and what is marked stays a receipt. */
    for (size_t len = 0; len < d->text_len; len++) {
        enum smpp_receipt_result result = read_exact(d, len, SMPP_ALPHABET_GSM, &receipt);
        uint8_t type = d->esm_class & 0x3C;
        cr_expect(result != SMPP_RECEIPT_NO || (type != 0x04 && type != 0x20));
        cr_expect((result == SMPP_RECEIPT_READ) == (receipt.state != SMPP_STATE_NONE));
    }
}

Test(receipt, vectors)
{
    struct vector_file v = {.file = fopen(VECTORS "/receipt.txt", "r")};
    cr_assert_not_null(v.file);
    struct draft draft;
    int seen = 0;
    draft_clear(&draft);
    for (char *line; (line = vector_line(&v)) != NULL;) {
        char *word = vector_word(&line);
        if (strcmp(word, "=") != 0) {
            draft_line(&draft, word, line);
            continue;
        }
        check(&draft, line, &v);
        draft_clear(&draft);
        seen++;
    }
    fclose(v.file);
    cr_assert_gt(seen, 150);
}

static struct smpp_str str(const char *s)
{
    return (struct smpp_str){(const uint8_t *)s, strlen(s)};
}

Test(receipt, text_alone)
{
    struct smpp_receipt r;
    cr_expect(smpp_receipt_text(str("id:7 sub:001 dlvrd:001 stat:EXPIRED err:6 text:STOP"), &r));
    cr_expect_eq(r.state, SMPP_STATE_EXPIRED);
    cr_expect(r.final);
    cr_expect_str_eq(r.id, "7");
    cr_expect_str_eq(r.stat, "EXPIRED");
    cr_expect_str_eq(r.err, "6");
    cr_expect_eq(r.network_type, -1);

    cr_expect(smpp_receipt_text(str("id:7 stat:BUFFRED"), &r));
    cr_expect_not(r.final);
    cr_expect(smpp_receipt_text(str("id:7 stat:DELIVRD"), NULL));
    cr_expect_not(smpp_receipt_text(str("STOP"), NULL));
    cr_expect_not(smpp_receipt_text(str("id:7 text:stat:DELIVRD"), &r));
    cr_expect_not(smpp_receipt_text((struct smpp_str){NULL, 0}, &r));
}

Test(receipt, words_and_states)
{
    for (int s = SMPP_STATE_SCHEDULED; s <= SMPP_STATE_SKIPPED; s++) {
        const char *stat = smpp_state_stat((enum smpp_state)s);
        cr_assert_not_null(stat);
        cr_expect_eq((int)smpp_state_of(stat, strlen(stat)), s, "%s", stat);
    }
    cr_expect_str_eq(smpp_state_stat(SMPP_STATE_DELIVERED), "DELIVRD");
    cr_expect_str_eq(smpp_state_stat(SMPP_STATE_UNDELIVERABLE), "UNDELIV");
    cr_expect_str_eq(smpp_state_stat(SMPP_STATE_ACCEPTED), "ACCEPTD");
    cr_expect_str_eq(smpp_state_stat(SMPP_STATE_REJECTED), "REJECTD");
    cr_expect_str_eq(smpp_state_stat(SMPP_STATE_ENROUTE), "ENROUTE");
    cr_expect_null(smpp_state_stat(SMPP_STATE_NONE));
    cr_expect_eq(smpp_state_of("rejected and more", 8), SMPP_STATE_REJECTED);
    cr_expect_eq(smpp_state_of("DELIV", 5), SMPP_STATE_NONE);
    cr_expect_eq(smpp_state_of("", 0), SMPP_STATE_NONE);
    cr_expect_eq(smpp_state_of(NULL, 0), SMPP_STATE_NONE);
}

static const struct smpp_receipt_parts sample = {
    .id = "4711-a",
    .stat = "UNDELIV",
    .err = "034",
    .submitted = 1,
    .delivered = 0,
    .submit_time = 1704110400, /* 2024-01-01 12:00 UTC */
    .done_time = 1704110465,
    .text = {(const uint8_t *)"Reply STOP to opt out of this", 29},
};

Test(receipt, written)
{
    static const char want[] = "id:4711-a sub:001 dlvrd:000 submit date:2401011200 "
                               "done date:2401011201 stat:UNDELIV err:034 "
                               "text:Reply STOP to opt ou";
    char out[300];
    size_t len = smpp_receipt_write(out, sizeof(out), &sample);
    cr_assert_eq(len, sizeof(want) - 1);
    cr_expect_arr_eq(out, want, len);

    struct smpp_receipt r;
    cr_assert(smpp_receipt_text((struct smpp_str){(const uint8_t *)out, len}, &r));
    cr_expect_str_eq(r.id, "4711-a");
    cr_expect_str_eq(r.err, "034");
    cr_expect_eq(r.state, SMPP_STATE_UNDELIVERABLE);
}

Test(receipt, written_into_little_room)
{
    char whole[300];
    size_t len = smpp_receipt_write(whole, sizeof(whole), &sample);
    for (size_t cap = 0; cap <= len; cap++) {
        char *out = malloc(cap > 0 ? cap : 1);
        cr_expect_eq(smpp_receipt_write(out, cap, &sample), cap < len ? 0 : len, "cap %zu", cap);
        free(out);
    }
}

Test(receipt, written_with_a_long_id)
{
    char id[300], out[300];
    memset(id, 'x', sizeof(id));
    bool refused = false;
    for (size_t n = 0; n < sizeof(id); n++) {
        id[n] = '\0';
        struct smpp_receipt_parts parts = sample;
        parts.id = id;
        size_t len = smpp_receipt_write(out, sizeof(out), &parts);
        id[n] = 'x';
        cr_expect_leq(len, 254u);
        cr_expect(len == 0 || len >= n, "a short id of %zu", len);
        cr_expect(!refused || len == 0);
        refused = len == 0;
    }
    cr_expect(refused);
}

Test(receipt, written_at_odd_times)
{
    static const int64_t times[] = {0, -1, INT64_MAX, INT64_MIN, 4102444800};
    static const char *const want[] = {"7001010000", "6912312359", "0000000000", "0000000000",
                                       "0001010000"};
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        struct smpp_receipt_parts parts = sample;
        char out[300], *date;
        parts.done_time = times[i];
        parts.submitted = 4000000000u;
        parts.text = (struct smpp_str){NULL, 0};
        size_t len = smpp_receipt_write(out, sizeof(out) - 1, &parts);
        cr_assert_gt(len, 0u);
        out[len] = '\0';
        cr_assert_not_null(strstr(out, "sub:999 "));
        cr_assert_not_null(date = strstr(out, "done date:"));
        cr_expect(strncmp(date + 10, want[i], 10) == 0, "%s", date);
    }
}
