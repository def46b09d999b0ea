#include "tests/bench/template.h"

#include "smpp/build.h"

#include <assert.h>
#include <string.h>

#define ESM_RECEIPT 0x04
#define HANDSET     "00000000000"
#define BRAND       "12025550100"
#define MARK        "ffffffffffffffff"

static struct smpp_str str(const char *text)
{
    return (struct smpp_str){(const uint8_t *)text, strlen(text)};
}

static struct smpp_addr addr(const char *digits)
{
    return (struct smpp_addr){.ton = 1, .npi = 1, .digits = str(digits)};
}

static size_t find(const struct template *template, const char *what)
{
    const uint8_t *at = memmem(template->bytes, template->len, what, strlen(what));
    assert(at);
    return (size_t)(at - template->bytes);
}

static void build(struct template *template, const struct smpp_msg *msg)
{
    template->len = smpp_build_msg(template->bytes, sizeof template->bytes, msg);
    assert(template->len > 0);
    template->digits_at = find(template, HANDSET);
    template->mark_at = find(template, MARK);
    assert(template->digits_at < template->mark_at);
}

void template_submit(struct template *template)
{
    struct smpp_msg msg = {
        .header = {.command_id = SMPP_submit_sm},
        .src = addr(BRAND),
        .dst = addr(HANDSET),
        .registered_delivery = 1,
        .short_message = str(MARK " Your order is on its way and will arrive tomorrow between 9 "
                                  "and 12. Reply STOP to opt out."),
    };
    build(template, &msg);
}

void template_receipt(struct template *template)
{
    struct smpp_msg msg = {
        .header = {.command_id = SMPP_deliver_sm},
        .src = addr(HANDSET),
        .dst = addr(BRAND),
        .esm_class = ESM_RECEIPT,
        .short_message = str("id:" MARK " sub:001 dlvrd:001 submit date:2601011200 done "
                             "date:2601011200 stat:DELIVRD err:000 text:Your order is on its"),
    };
    build(template, &msg);
}

void template_write(const struct template *template, uint8_t *out, uint32_t sequence,
                    const char digits[NUMBER_DIGITS], const char mark[MARK_DIGITS])
{
    memcpy(out, template->bytes, template->len);
    smpp_set_sequence(out, sequence);
    memcpy(out + template->digits_at, digits, NUMBER_DIGITS);
    memcpy(out + template->mark_at, mark, MARK_DIGITS);
}

bool template_fits(const struct template *template, const uint8_t *pdu, size_t len)
{
    const uint8_t *bytes = template->bytes;
    size_t behind_digits = template->digits_at + NUMBER_DIGITS;
    size_t behind_mark = template->mark_at + MARK_DIGITS;
    return len == template->len && memcmp(pdu, bytes, 12) == 0 &&
           memcmp(pdu + 16, bytes + 16, template->digits_at - 16) == 0 &&
           memcmp(pdu + behind_digits, bytes + behind_digits, template->mark_at - behind_digits) ==
               0 &&
           memcmp(pdu + behind_mark, bytes + behind_mark, len - behind_mark) == 0;
}

void mark_write(char mark[MARK_DIGITS], unsigned session, uint64_t n)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t value = (uint64_t)session << 48 | n;
    for (unsigned i = MARK_DIGITS; i-- > 0; value >>= 4)
        mark[i] = hex[value & 15];
}

bool mark_read(const uint8_t *mark, unsigned *session, uint64_t *n)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < MARK_DIGITS; i++) {
        uint8_t c = mark[i];
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *session = (unsigned)(value >> 48);
    *n = value & ((UINT64_C(1) << 48) - 1);
    return true;
}
