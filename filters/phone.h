/*
 * Canonical numbers: every way in which a carrier might read the digits of an address (design
 * section 5). TON and NPI are hints and never a reason to leave a reading out, so they are not even
 * asked for. The usual spellings are read from tables derived from libphonenumber when the object
 * is made; the rest goes through libphonenumber (phone_shim.cc) and is cached. One object serves
 * one thread.
 */
#ifndef FILTERS_PHONE_H
#define FILTERS_PHONE_H

#include "smpp/view.h"

#define PHONE_READINGS_MAX 8
#define PHONE_DIGITS_MAX   15 /* E.164 */

struct phone;

/* The readings of one address, most likely first. Each is a canonical number: E.164 digits without
 * '+', or a short code of 3 to 6 digits, as an integer. */
struct phone_readings {
    unsigned n;
    /* The address is not only the spelling of one number: it holds a letter or another octet that
     * nobody writes into a number, or more digits than one can be spelled with. A carrier may read
     * such an address in ways that are not among the readings. */
    bool foreign;
    uint64_t number[PHONE_READINGS_MAX];
};

/* NULL if out of memory. */
struct phone *phone_new(void);
void phone_free(struct phone *phone);

/* Whether libphonenumber knows the region ("US"). "" (no default region) is fine too. */
bool phone_region_ok(struct phone *phone, const char *region);

/* All readings of `address` for a program of `region` (two letters, or "" for none). 0 readings:
 * nothing in it could be dialled (no digits, or too few or too many), so nothing can be checked.
 * Letters and other octets that are no part of a spelling never hide digits: both the digits in
 * front of them and all digits are read. */
__attribute__((nonnull)) void phone_read(struct phone *phone, struct smpp_str address,
                                         const char *region, struct phone_readings *readings);

/* The readings of an address that something is to be held of, rather than held against: only what
 * stands in front of the first foreign octet or extension counts, and of a foreign address only if
 * that is a valid number. Of an address that begins with letters or is far too long, none. */
__attribute__((nonnull)) void phone_read_sender(struct phone *phone, struct smpp_str address,
                                                const char *region,
                                                struct phone_readings *readings);

/* libphonenumber's number types, in its order */
enum phone_type {
    PHONE_FIXED_LINE,
    PHONE_MOBILE,
    PHONE_FIXED_OR_MOBILE,
    PHONE_TOLL_FREE,
    PHONE_PREMIUM,
    PHONE_SHARED_COST,
    PHONE_VOIP,
    PHONE_PERSONAL,
    PHONE_PAGER,
    PHONE_UAN,
    PHONE_VOICEMAIL,
    PHONE_UNKNOWN,
    PHONE_SHORT_CODE
};

struct phone_info {
    bool valid;
    enum phone_type type;
    char country[3]; /* "US"; "" where unknown */
};

/* What is known of a canonical number. */
__attribute__((nonnull)) void phone_describe(struct phone *phone, uint64_t number,
                                             struct phone_info *info);
const char *phone_type_name(enum phone_type type); /* "mobile", "fixed_or_mobile", ... */

/* Decimal digits of a canonical number, NUL-terminated. */
__attribute__((nonnull)) const char *phone_format(uint64_t number, char out[24]);

#endif
