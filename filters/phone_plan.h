/*
 * Numbering plans as tables, and the rules by which digits are read with them. Derived from
 * libphonenumber: calling codes when the plan is made, a region when it is first asked for. Knows
 * digits only; how they were spelled is phone_spell's, and caching is phone.c's.
 */
#ifndef FILTERS_PHONE_PLAN_H
#define FILTERS_PHONE_PLAN_H

#include "filters/phone.h"

#define PHONE_SPELLED_MAX 40 /* digits of an address that are looked at */

struct phone_digits {
    unsigned n;
    bool plus; /* a '+' stood in front */
    char d[PHONE_SPELLED_MAX];
};

/* Bit n of a length mask: a national number may have n digits. */
struct phone_country {
    uint32_t lengths; /* 0: no such calling code */
    char trunk[4];    /* "0", "8", "06", "" */
    /* National prefixes beside the trunk prefix (carrier selection, mobile marks): by first digit,
     * the second digits with which they begin, in spellings of at least exotic_min digits. */
    uint8_t exotic_min;
    uint16_t exotic[10];
};

struct phone_region {
    bool asked, known;
    char name[3];
    char code[4]; /* the calling code's digits */
    unsigned code_len;
    uint32_t mobile; /* lengths of mobile numbers */
    uint32_t own;    /* lengths that behind the calling code leave no other reading in the region */
    char idd[8];     /* "011"; "" where there are several */
    struct phone_country numbers;
};

struct phone_plan {
    struct phone_country countries[1000]; /* by calling code */
    struct phone_region regions[26 * 26];
};

void phone_plan_init(struct phone_plan *plan);

/* NULL for "" and for what libphonenumber does not know. */
const struct phone_region *phone_plan_region(struct phone_plan *plan, const char *region);

/* The calling code that the digits begin with, 0 for none; *len is how many digits it has. */
unsigned phone_plan_country(const struct phone_plan *plan, const char *d, unsigned n,
                            unsigned *len);

/* Readings from the tables alone. False where only phone_rules_all can tell; what is in `readings`
 * is then of no use. True means that phone_rules_all would say the same. */
bool phone_rules_quick(const struct phone_plan *plan, const struct phone_region *region,
                       const struct phone_digits *digits, struct phone_readings *readings);
void phone_rules_all(const struct phone_plan *plan, const struct phone_region *region,
                     const struct phone_digits *digits, struct phone_readings *readings);

/* Adds a reading unless it is there already or there is no room. */
void phone_readings_add(struct phone_readings *readings, uint64_t number);

#endif
