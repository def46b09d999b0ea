/* Octets in any alphabet into any room, and the same octets as a message with a UDH or sar TLVs. */
#include "smpp/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(struct smpp_str octets, enum smpp_alphabet alphabet, size_t cap)
{
    char *out = malloc(cap);
    size_t len = smpp_text_decode(octets, alphabet, out, cap);
    if (cap > 0) {
        must(len < cap && strlen(out) == len);
        /* What is UTF-8 already decodes to itself, but for a byte order mark in front. */
        char *again = malloc(cap);
        bool mark = len >= 3 && memcmp(out, "\xEF\xBB\xBF", 3) == 0;
        size_t same = smpp_text_decode((struct smpp_str){(uint8_t *)out, len}, SMPP_ALPHABET_UTF8,
                                       again, cap);
        must(mark || (same == len && memcmp(out, again, len) == 0));
        free(again);
    }
    free(out);
}

static void check_part(const struct smpp_msg *msg)
{
    struct smpp_part part;
    smpp_part_of(msg, &part);
    must(part.text.len <= smpp_msg_octets(msg, NULL).len);
    if (part.concatenated)
        must(part.total > 1 && part.number >= 1 && part.number <= part.total);
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < part.text.len; i++)
        sum = (uint8_t)(sum + part.text.p[i]);
}

/* Alphabet or esm_class, room, octets of text, then text and TLVs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct smpp_str rest = {data + 3, size - 3};
    check_text(rest, (enum smpp_alphabet)(data[0] % (SMPP_ALPHABET_HEBREW + 1)), data[1]);
    check_text(rest, smpp_alphabet_of(data[0], SMPP_ALPHABET_GSM), 4 * size);

    size_t len = data[2] < rest.len ? data[2] : rest.len;
    struct smpp_msg msg = {.esm_class = data[0],
                           .short_message = {rest.p, len},
                           .tlvs = {rest.p + len, rest.len - len}};
    check_part(&msg);
    return 0;
}
