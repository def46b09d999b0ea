#include "filters/phone_plan.h"

#include "filters/phone_shim.h"

#include <stdio.h>
#include <string.h>

/*
 * National prefixes that are no plain trunk prefix and begin with something else than 0: carrier
 * selection (BR, CL, CN, CR, FO, LI, LU), calls abroad (AU, CL, CN, FI, IS, KP, PE, PG, SI, TD),
 * hidden caller (AU), mobile marks (AR, MX), local numbers without area code (CC, CX, MG, NF, SM).
 * libphonenumber holds them as expressions that its interface does not show;
 * tests/filters/phone_test.c compares the tables with its readings in every region, so that one
 * that is missing here is noticed.
 */
static const struct {
    char region[3];
    uint8_t min;        /* digits of the shortest spelling with such a prefix */
    const char *begins; /* one or two digits each */
} exotics[] = {
    {"AR", 10, "1 2 3"},    {"AU", 9, "1"},   {"AX", 9, "99"},  {"BR", 10, "90"},
    {"CC", 8, "1 5 9"},     {"CL", 11, "1"},  {"CN", 12, "1"},  {"CR", 12, "19"},
    {"CX", 8, "1 5 9"},     {"FI", 9, "99"},  {"FO", 10, "10"}, {"KP", 9, "99"},
    {"LI", 11, "10"},       {"LU", 8, "15"},  {"MX", 11, "1"},  {"MG", 7, "2 4 5 6 7 8 9"},
    {"NF", 5, "0 1 2 5 8"}, {"SM", 6, "8 9"}, {"TD", 9, "16"},  {"IS", 11, "10 11"},
    {"PE", 13, "19"},       {"PG", 11, "14"}, {"SI", 11, "10"},
};

static void set_exotic(struct phone_country *numbers, const char *begins)
{
    for (const char *p = begins; *p; p++) {
        unsigned first = (unsigned)(*p - '0');

        if (*p == ' ')
            continue;
        if (p[1] >= '0' && p[1] <= '9') {
            numbers->exotic[first] |= (uint16_t)(1 << (p[1] - '0'));
            p++;
        } else {
            numbers->exotic[first] = 0x3FF;
        }
    }
}

static void set_numbers(struct phone_country *numbers, const struct phone_shim_plan *from)
{
    numbers->lengths = from->lengths;
    snprintf(numbers->trunk, sizeof(numbers->trunk), "%s", from->trunk);
    for (size_t i = 0; i < sizeof(exotics) / sizeof(exotics[0]); i++) {
        if (strcmp(exotics[i].region, from->region) == 0) {
            set_exotic(numbers, exotics[i].begins);
            numbers->exotic_min = exotics[i].min;
        }
    }
}

/*
 * Behind its own calling code, a rest with the length of a mobile number is that number, unless
 * code and rest together are as long as a mobile number too. Nobody writes national numbers of 12
 * digits and more without their trunk prefix that begin with the calling code by chance.
 */
static void set_own(struct phone_region *region)
{
    for (unsigned n = 1; n + region->code_len <= PHONE_DIGITS_MAX; n++) {
        unsigned all = n + region->code_len;
        if (((region->mobile >> n) & 1) && (all >= 12 || !((region->mobile >> all) & 1)))
            region->own |= UINT32_C(1) << n;
    }
}

void phone_plan_init(struct phone_plan *plan)
{
    struct phone_shim_plan from;

    memset(plan, 0, sizeof(*plan));
    for (unsigned code = 1; code < 1000; code++) {
        if (phone_shim_country(code, &from))
            set_numbers(&plan->countries[code], &from);
    }
}

static void load(struct phone_region *region, const char *name)
{
    struct phone_shim_plan from;

    region->asked = true;
    snprintf(region->name, sizeof(region->name), "%s", name);
    region->known = phone_shim_region(region->name, &from);
    if (!region->known)
        return;
    snprintf(region->code, sizeof(region->code), "%u", from.country % 1000);
    region->code_len = (unsigned)strlen(region->code);
    region->mobile = from.mobile ? from.mobile : from.lengths;
    snprintf(region->idd, sizeof(region->idd), "%s", from.idd);
    set_numbers(&region->numbers, &from);
    set_own(region);
}

const struct phone_region *phone_plan_region(struct phone_plan *plan, const char *name)
{
    struct phone_region *region;

    if (name[0] < 'A' || name[0] > 'Z' || name[1] < 'A' || name[1] > 'Z' || name[2] != '\0')
        return NULL;
    region = &plan->regions[(name[0] - 'A') * 26 + (name[1] - 'A')];
    if (!region->asked)
        load(region, name);
    return region->known ? region : NULL;
}

unsigned phone_plan_country(const struct phone_plan *plan, const char *d, unsigned n, unsigned *len)
{
    unsigned code = 0;

    for (unsigned i = 0; i < 3 && i < n; i++) {
        code = code * 10 + (unsigned)(d[i] - '0');
        if (code == 0) /* no calling code begins with 0 */
            break;
        if (plan->countries[code].lengths != 0) {
            *len = i + 1;
            return code;
        }
    }
    *len = 0;
    return 0;
}

void phone_readings_add(struct phone_readings *readings, uint64_t number)
{
    for (unsigned i = 0; i < readings->n; i++) {
        if (readings->number[i] == number)
            return;
    }
    if (readings->n < PHONE_READINGS_MAX)
        readings->number[readings->n++] = number;
}
