/*
 * From the octets of an address to digits. Knows the ways in which people and programs write
 * numbers (separators, brackets, full-width and other decimal digits in UTF-8, "tel:", ";ext="),
 * and nothing of numbering plans. Takes time in proportion to the octets and no memory.
 */
#ifndef FILTERS_PHONE_SPELL_H
#define FILTERS_PHONE_SPELL_H

#include "filters/phone_plan.h"

/* All digits, and those in front of the first octet that is no part of a spelling; each with and
 * without a "(0)" that follows other digits. */
#define PHONE_SPELLINGS_MAX 4

struct phone_spellings {
    unsigned n;
    unsigned leading; /* the first so many are of the number that the address begins with */
    bool foreign;     /* as in struct phone_readings */
    struct phone_digits as[PHONE_SPELLINGS_MAX]; /* most likely first */
};

/* The usual spelling: nothing but ASCII digits, '+' in front at most. False for all others. */
bool phone_spell_plain(struct smpp_str address, struct phone_digits *digits);

void phone_spell(struct smpp_str address, struct phone_spellings *spellings);

#endif
