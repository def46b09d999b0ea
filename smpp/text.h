/*
 * What a person wrote: user data header, alphabets, parts of a concatenated message. Sources:
 * SMPP 3.4 section 5.2.19 (data_coding), 3GPP TS 23.038 (GSM 7-bit default alphabet, extension
 * table, message classes), 3GPP TS 23.040 section 9.2.3.24 (UDH), SMPP 3.4 5.3.2.22 to 24 (sar).
 * Pure functions on the caller's bytes.
 */
#ifndef SMPP_TEXT_H
#define SMPP_TEXT_H

#include "smpp/view.h"

enum smpp_alphabet {
    SMPP_ALPHABET_GSM, /* 7-bit default alphabet, one septet in each octet */
    SMPP_ALPHABET_LATIN1,
    SMPP_ALPHABET_ASCII,
    SMPP_ALPHABET_UTF8,
    SMPP_ALPHABET_UCS2, /* big endian; surrogate pairs are read as UTF-16 */
    SMPP_ALPHABET_BINARY,
    SMPP_ALPHABET_CYRILLIC, /* ISO 8859-5, data_coding 6 */
    SMPP_ALPHABET_HEBREW    /* ISO 8859-8, data_coding 7 */
};

/* "gsm", "latin1", "ascii", "utf8", "ucs2", "binary", "cyrillic", "hebrew". 0 or -EINVAL. */
__attribute__((nonnull)) int smpp_alphabet_parse(const char *name, enum smpp_alphabet *alphabet);

/* The alphabet that data_coding names; `zero` is what 0 means at this carrier. Handles the GSM
 * message-class group (0xF0 to 0xFF, bit 2: 8-bit data), 0x10 to 0x1F, 0x00 to 0x0F of the SMPP
 * table, message waiting groups (0xC0 to 0xEF). Where a group says "default alphabet" that is
 * `zero` too: carriers keep one. What no table knows is read as `zero`. */
enum smpp_alphabet smpp_alphabet_of(uint8_t data_coding, enum smpp_alphabet zero);

/* Decodes into UTF-8 (NUL-terminated, at most cap - 1 octets, cut between characters). Octets that
 * the alphabet does not have become U+FFFD. Text holds no NUL: U+0000 becomes U+FFFD. Invalid UTF-8
 * is read as Latin-1 octet by octet. Latin-1 includes the signs of Windows-1252 at 0x80 to 0x9F.
 * Binary data is read like ASCII, for text that is only labelled so. A byte order mark is cut off
 * and, in UCS-2, obeyed. Returns the length without the NUL; 0 and nothing written if cap is 0. */
__attribute__((nonnull(3))) size_t
smpp_text_decode(struct smpp_str octets, enum smpp_alphabet alphabet, char *out, size_t cap);

struct smpp_part {
    bool concatenated;  /* more than one part, and number and total make sense */
    uint16_t reference; /* valid where concatenated */
    uint8_t total, number;
    struct smpp_str text; /* the octets of this part, UDH skipped */
};

/* Finds the text of one PDU and whether it is a part of more. UDH counts where esm_class has 0x40
 * (also in message_payload) and its length fits; a UDH that does not fit is taken for text. sar
 * TLVs count where no UDH says otherwise. Total 0, number 0 or number beyond total: not a part. */
__attribute__((nonnull)) void smpp_part_of(const struct smpp_msg *msg, struct smpp_part *part);

#endif
