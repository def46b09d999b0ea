/* A deliver_sm of any text and TLVs, read as a receipt; and what we write, read again. */
#include "smpp/receipt.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_strings(const struct smpp_receipt *receipt)
{
    must(memchr(receipt->id, '\0', sizeof(receipt->id)) != NULL);
    must(memchr(receipt->stat, '\0', sizeof(receipt->stat)) != NULL);
    must(memchr(receipt->err, '\0', sizeof(receipt->err)) != NULL);
    must(receipt->state >= SMPP_STATE_NONE && receipt->state <= SMPP_STATE_SKIPPED);
    must((receipt->state == SMPP_STATE_NONE) == (receipt->stat[0] == '\0'));
    must(receipt->network_type >= -1 && receipt->network_type <= UINT8_MAX);
}

static void check_written(const struct smpp_receipt *receipt, struct smpp_str text)
{
    struct smpp_receipt_parts parts = {
        .id = "4711", .stat = receipt->stat, .err = receipt->err, .text = text};
    struct smpp_receipt again;
    char out[254];
    size_t len = smpp_receipt_write(out, sizeof(out), &parts);
    must(len > 0);
    must(smpp_receipt_text((struct smpp_str){(uint8_t *)out, len}, &again));
    must(again.state == receipt->state || receipt->state == SMPP_STATE_UNKNOWN);
}

/* esm_class, data_coding, alphabet of 0, octets of text, then text and TLVs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    size_t len = data[3] < size - 4 ? data[3] : size - 4;
    struct smpp_msg msg = {.esm_class = data[0],
                           .data_coding = data[1],
                           .short_message = {data + 4, len},
                           .tlvs = {data + 4 + len, size - 4 - len}};
    enum smpp_alphabet zero = (enum smpp_alphabet)(data[2] % (SMPP_ALPHABET_HEBREW + 1));
    struct smpp_receipt receipt;

    enum smpp_receipt_result result = smpp_receipt_read(&msg, zero, &receipt);
    check_strings(&receipt);
    must((result == SMPP_RECEIPT_READ) == (receipt.state != SMPP_STATE_NONE));
    uint8_t type = data[0] & 0x3C;
    must(result != SMPP_RECEIPT_NO || (type != 0x04 && type != 0x20));
    if (result == SMPP_RECEIPT_READ)
        check_written(&receipt, msg.short_message);
    if (smpp_receipt_text(msg.short_message, &receipt))
        check_strings(&receipt);
    return 0;
}
