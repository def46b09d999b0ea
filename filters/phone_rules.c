#include "filters/phone_plan.h"

#include "filters/phone_shim.h"

#include <stdlib.h>
#include <string.h>

/* Digits from which libphonenumber is asked no more: trunk or international prefixes and E.164. */
#define LIBRARY_MAX 20
#define SHORT_MIN   3
#define SHORT_MAX   6
#define SHORT_LEAST 100 /* the least number with SHORT_MIN digits */

struct run {
    const char *d;
    unsigned n;
};

static bool has_length(uint32_t lengths, unsigned n)
{
    return n < 32 && ((lengths >> n) & 1);
}

static bool begins(struct run run, const char *prefix)
{
    size_t len = strlen(prefix);

    return len > 0 && len < run.n && memcmp(run.d, prefix, len) == 0;
}

static struct run behind(struct run run, size_t len)
{
    return (struct run){run.d + len, run.n - (unsigned)len};
}

static struct run behind_zeros(struct run run)
{
    while (run.n > 0 && run.d[0] == '0')
        run = behind(run, 1);
    return run;
}

static uint64_t value_of(const char *code, unsigned code_len, struct run rest)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < code_len; i++)
        value = value * 10 + (unsigned)(code[i] - '0');
    for (unsigned i = 0; i < rest.n; i++)
        value = value * 10 + (unsigned)(rest.d[i] - '0');
    return value;
}

/* Argentina writes 9 in front of mobile numbers for calls from abroad, Mexico wrote 1 until 2020;
 * both spellings reach the same handset, so both are read. */
static void add_marked(struct phone_readings *readings, uint64_t code, char mark, bool mark_first,
                       struct run national)
{
    const uint64_t ten = UINT64_C(10000000000);
    bool marked = national.n == 11 && national.d[0] == mark;
    uint64_t bare, full;

    if (marked)
        national = behind(national, 1);
    if (national.n != 10)
        return;
    bare = code * ten + value_of("", 0, national);
    full = (code * 10 + (unsigned)(mark - '0')) * ten + value_of("", 0, national);
    phone_readings_add(readings, marked && mark_first ? full : bare);
    phone_readings_add(readings, marked && mark_first ? bare : full);
}

/* E.164: a calling code and a national number of a possible length. */
static void add_e164(struct phone_readings *readings, const char *code, unsigned code_len,
                     struct run national)
{
    if (code_len + national.n > PHONE_DIGITS_MAX)
        return;
    if (code_len == 2 && memcmp(code, "52", 2) == 0)
        add_marked(readings, 52, '1', false, national);
    if (code_len == 2 && memcmp(code, "54", 2) == 0)
        add_marked(readings, 54, '9', true, national);
    phone_readings_add(readings, value_of(code, code_len, national));
}

static void add_parsed(const struct phone_plan *plan, struct run run, bool plus, const char *region,
                       struct phone_readings *readings)
{
    char text[LIBRARY_MAX + 2];
    char number[PHONE_SHIM_DIGITS];
    unsigned len, n;

    if (run.n == 0 || run.n > LIBRARY_MAX)
        return;
    text[0] = '+';
    memcpy(text + plus, run.d, run.n);
    text[plus + run.n] = '\0';
    if (!phone_shim_parse(text, region, PHONE_SHIM_POSSIBLE, number))
        return;
    n = (unsigned)strlen(number);
    if (phone_plan_country(plan, number, n, &len) != 0)
        add_e164(readings, number, len, (struct run){number + len, n - len});
}

static bool maybe_exotic(const struct phone_country *numbers, struct run national)
{
    return national.n > 1 && national.n >= numbers->exotic_min &&
           ((numbers->exotic[national.d[0] - '0'] >> (national.d[1] - '0')) & 1);
}

/* What can be said of digits that begin with a calling code. True where the tables suffice. */
static bool world_quick(const struct phone_plan *plan, struct run run,
                        struct phone_readings *readings)
{
    unsigned len, code = phone_plan_country(plan, run.d, run.n, &len);
    const struct phone_country *country = &plan->countries[code];
    struct run rest = behind(run, len);

    if (code == 0 || rest.n == 0)
        return true; /* no reading */
    if (rest.d[0] == '0' || begins(rest, country->trunk) || maybe_exotic(country, rest))
        return false;
    if (has_length(country->lengths, rest.n))
        add_e164(readings, run.d, len, rest);
    return true;
}

/* The same with a trunk prefix left standing behind the calling code: 44 (0)20 7123 4567. */
static void world_all(const struct phone_plan *plan, struct run run,
                      struct phone_readings *readings)
{
    unsigned len, code = phone_plan_country(plan, run.d, run.n, &len);
    const struct phone_country *country = &plan->countries[code];
    struct run rest = behind(run, len), bare = rest;
    bool zero_is_trunk, possible;

    if (code == 0 || rest.n == 0)
        return;
    zero_is_trunk = rest.d[0] == '0' && country->trunk[0] == '0';
    possible = has_length(country->lengths, rest.n) && !zero_is_trunk;
    if (possible)
        add_e164(readings, run.d, len, rest);
    if (begins(rest, country->trunk))
        bare = behind(rest, strlen(country->trunk));
    else if (rest.d[0] == '0')
        bare = behind(rest, 1);
    if (!possible && bare.n < rest.n && has_length(country->lengths, bare.n))
        add_e164(readings, run.d, len, bare);
    add_parsed(plan, run, true, "ZZ", readings);
}

static bool is_own(const struct phone_region *region, struct run run)
{
    return begins(run, region->code) && has_length(region->own, run.n - region->code_len);
}

/* Whether digits of a mobile number's length are read as one first. Not so where they may be one
 * behind its calling code as well. */
static bool is_national_first(const struct phone_region *region, struct run run)
{
    if (begins(run, region->code) && has_length(region->mobile, run.n - region->code_len))
        return false;
    return has_length(region->mobile, run.n);
}

/* The numbers of the region as they are written there, with or without trunk prefix. */
static void national_all(const struct phone_plan *plan, const struct phone_region *region,
                         struct run run, struct phone_readings *readings)
{
    const struct phone_country *numbers = &region->numbers;
    bool zero_is_trunk = run.d[0] == '0' && numbers->trunk[0] == '0';

    if (has_length(numbers->lengths, run.n) && !zero_is_trunk)
        add_e164(readings, region->code, region->code_len, run);
    if (begins(run, numbers->trunk)) {
        struct run rest = behind(run, strlen(numbers->trunk));

        if (has_length(numbers->lengths, rest.n) && !(zero_is_trunk && rest.d[0] == '0'))
            add_e164(readings, region->code, region->code_len, rest);
    }
    add_parsed(plan, run, false, region->name, readings);
}

/* Digits that begin with 0: trunk prefix, international prefix, or zeros that mean nothing. */
static void zeros_all(const struct phone_plan *plan, const struct phone_region *region,
                      struct run run, struct phone_readings *readings)
{
    struct run rest = behind_zeros(run);

    if (region && begins(run, region->idd))
        world_all(plan, behind_zeros(behind(run, strlen(region->idd))), readings);
    if (region)
        national_all(plan, region, run, readings);
    if (rest.n == 0)
        return;
    if (begins(run, "00"))
        world_all(plan, rest, readings);
    if (region && is_own(region, rest))
        world_all(plan, rest, readings);
    /* Where 00 is no international prefix, the zeros may as well be padding. */
    if (region && begins(run, "00") && region->idd[0] != '\0' && strncmp(region->idd, "00", 2) != 0)
        national_all(plan, region, rest, readings);
}

static void plain_all(const struct phone_plan *plan, const struct phone_region *region,
                      struct run run, struct phone_readings *readings)
{
    if (run.d[0] == '0') {
        zeros_all(plan, region, run, readings);
        return;
    }
    if (!region || is_own(region, run)) {
        world_all(plan, run, readings);
        return;
    }
    if (begins(run, region->idd))
        world_all(plan, behind_zeros(behind(run, strlen(region->idd))), readings);
    if (is_national_first(region, run)) {
        national_all(plan, region, run, readings);
        world_all(plan, run, readings);
    } else {
        world_all(plan, run, readings);
        national_all(plan, region, run, readings);
    }
}

/* Operators put routing digits in front of a number, and some write things behind it: a full number
 * of the region at either end of what is too long counts. */
static void ends_all(const struct phone_plan *plan, const struct phone_region *region,
                     struct run run, struct phone_readings *readings)
{
    for (unsigned n = 1; n <= PHONE_DIGITS_MAX; n++) {
        unsigned all = n + region->code_len;

        if (!has_length(region->own, n) || all >= run.n)
            continue;
        if (begins(behind(run, run.n - all), region->code))
            world_quick(plan, behind(run, run.n - all), readings);
        if (run.n > PHONE_DIGITS_MAX && begins(run, region->code))
            world_quick(plan, (struct run){run.d, all}, readings);
    }
}

static bool short_with_national(const struct phone_region *region)
{
    return region && (region->mobile & ((UINT32_C(1) << (SHORT_MAX + 1)) - 1)) != 0;
}

/* A short code stays one. Only where mobile numbers are as short it may be one of them too. */
static void short_all(const struct phone_region *region, struct run run,
                      struct phone_readings *readings)
{
    char text[SHORT_MAX + 1], number[PHONE_SHIM_DIGITS];
    uint64_t value = value_of("", 0, run);

    if (run.n < SHORT_MIN || value < SHORT_LEAST)
        return;
    phone_readings_add(readings, value);
    if (!short_with_national(region))
        return;
    memcpy(text, run.d, run.n);
    text[run.n] = '\0';
    if (phone_shim_parse(text, region->name, PHONE_SHIM_VALID, number))
        phone_readings_add(readings, strtoull(number, NULL, 10));
}

bool phone_rules_quick(const struct phone_plan *plan, const struct phone_region *region,
                       const struct phone_digits *digits, struct phone_readings *readings)
{
    struct run run = {digits->d, digits->n};
    const struct phone_country *numbers;

    readings->n = 0;
    if (run.n <= SHORT_MAX) {
        if (short_with_national(region))
            return false;
        short_all(NULL, run, readings);
        return true;
    }
    if (run.n < 8 || run.n >= PHONE_DIGITS_MAX || run.d[0] == '0')
        return false;
    if (digits->plus || !region || is_own(region, run))
        return world_quick(plan, run, readings) && readings->n > 0;

    numbers = &region->numbers;
    if (begins(run, numbers->trunk) || begins(run, region->idd) || maybe_exotic(numbers, run))
        return false;
    if (begins(run, region->code) && maybe_exotic(numbers, behind(run, region->code_len)))
        return false;
    if (!has_length(numbers->lengths, run.n))
        return world_quick(plan, run, readings) && readings->n > 0;
    if (is_national_first(region, run)) {
        add_e164(readings, region->code, region->code_len, run);
        return world_quick(plan, run, readings) && readings->n > 0;
    }
    if (!world_quick(plan, run, readings))
        return false;
    add_e164(readings, region->code, region->code_len, run);
    return readings->n > 0;
}

void phone_rules_all(const struct phone_plan *plan, const struct phone_region *region,
                     const struct phone_digits *digits, struct phone_readings *readings)
{
    struct run run = {digits->d, digits->n}, rest;

    readings->n = 0;
    if (run.n <= SHORT_MAX) {
        short_all(region, run, readings);
        return;
    }
    rest = behind_zeros(run);
    if (rest.n == 0)
        return;
    if (digits->plus && run.d[0] != '0')
        world_all(plan, run, readings);
    if (readings->n == 0)
        plain_all(plan, region, run, readings);
    if (readings->n == 0 && rest.n < run.n)
        plain_all(plan, region, rest, readings);
    if (region && (readings->n == 0 || run.n >= PHONE_DIGITS_MAX))
        ends_all(plan, region, run, readings);
    /* Nobody's number. A list that holds it as it is written still catches it. */
    if (readings->n == 0 && rest.n <= PHONE_DIGITS_MAX && value_of("", 0, rest) >= SHORT_LEAST)
        phone_readings_add(readings, value_of("", 0, rest));
}
