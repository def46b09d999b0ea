/*
 * libphonenumber behind C functions; phone_shim.cc is the only file that includes it. Whatever it
 * throws ends here and reads as "not known". Keeps nothing of its own. May allocate and takes
 * microseconds a call, so the hot path stays away from it.
 */
#ifndef FILTERS_PHONE_SHIM_H
#define FILTERS_PHONE_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PHONE_SHIM_DIGITS 24

/* How numbers of a region or a country calling code look. Bit n of a length mask: a national number
 * (without trunk prefix) may have n digits. */
struct phone_shim_plan {
    unsigned country; /* calling code */
    char region[4];   /* of a calling code: the main one; "001" for none */
    uint32_t lengths; /* of any number */
    uint32_t mobile;  /* of mobile numbers */
    char trunk[4];    /* prefix of national calls, "0"; "" for none */
    char idd[8];      /* prefix of international calls, "011"; "" where there are several */
};

/* False where there is no such region ("US"), or no such calling code. */
bool phone_shim_region(const char *region, struct phone_shim_plan *plan);
bool phone_shim_country(unsigned country, struct phone_shim_plan *plan);

enum phone_shim_demand {
    PHONE_SHIM_POSSIBLE, /* of a length that exists */
    PHONE_SHIM_VALID     /* and in a range that is in use; takes twice the time */
};

/* Reads digits (a leading '+' is fine) as someone in `region` would dial them; region "ZZ" is none.
 * True where that gives such a number; out is then E.164 without '+', NUL-terminated. */
bool phone_shim_parse(const char *text, const char *region, enum phone_shim_demand demand,
                      char out[PHONE_SHIM_DIGITS]);

struct phone_shim_kind {
    bool valid;
    int type;       /* PhoneNumberUtil::PhoneNumberType */
    char region[3]; /* "" where unknown */
};

bool phone_shim_describe(unsigned country, const char *national, struct phone_shim_kind *kind);

#ifdef __cplusplus
}
#endif

#endif
