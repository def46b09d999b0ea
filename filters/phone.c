#include "filters/phone.h"

#include "filters/phone_plan.h"
#include "filters/phone_shim.h"
#include "filters/phone_spell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_SLOTS     (1u << 15)
#define DESCRIBE_SLOTS (1u << 14)
#define KEY_DIGITS     32 /* longer spellings never reach the library and are not cached */

/* What libphonenumber said, by region and digits. One slot for each hash: a collision costs a
 * second question, never a wrong answer. */
struct read_slot {
    uint64_t key[3]; /* digits, four bits each; region, '+' and count */
    struct phone_readings readings;
};

struct describe_slot {
    uint64_t number; /* 0: empty */
    struct phone_info info;
};

struct phone {
    struct phone_plan plan;
    struct read_slot *read_slots;
    struct describe_slot *describe_slots;
};

struct phone *phone_new(void)
{
    struct phone *phone = calloc(1, sizeof(*phone));

    if (!phone)
        return NULL;
    phone->read_slots = calloc(READ_SLOTS, sizeof(*phone->read_slots));
    phone->describe_slots = calloc(DESCRIBE_SLOTS, sizeof(*phone->describe_slots));
    if (!phone->read_slots || !phone->describe_slots) {
        phone_free(phone);
        return NULL;
    }
    phone_plan_init(&phone->plan);
    return phone;
}

void phone_free(struct phone *phone)
{
    if (!phone)
        return;
    free(phone->read_slots);
    free(phone->describe_slots);
    free(phone);
}

bool phone_region_ok(struct phone *phone, const char *region)
{
    return region && (region[0] == '\0' || phone_plan_region(&phone->plan, region) != NULL);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0x9E3779B97F4A7C15);
    x ^= x >> 29;
    return x;
}

/* False where the digits do not fit a key. */
static bool key_of(const struct phone_region *region, const struct phone_digits *digits,
                   uint64_t key[3])
{
    if (digits->n > KEY_DIGITS)
        return false;
    memset(key, 0, 3 * sizeof(key[0]));
    for (unsigned i = 0; i < digits->n; i++)
        key[i / 16] = key[i / 16] << 4 | (uint64_t)(digits->d[i] - '0');
    key[2] = digits->n | (uint64_t)digits->plus << 8;
    if (region)
        key[2] |= (uint64_t)(uint8_t)region->name[0] << 16 | (uint64_t)(uint8_t)region->name[1]
                                                                 << 24;
    return true;
}

static void read_digits(struct phone *phone, const struct phone_region *region,
                        const struct phone_digits *digits, struct phone_readings *readings)
{
    uint64_t key[3];
    struct read_slot *slot;

    if (phone_rules_quick(&phone->plan, region, digits, readings))
        return;
    if (!key_of(region, digits, key)) {
        phone_rules_all(&phone->plan, region, digits, readings);
        return;
    }
    slot = &phone->read_slots[mix(key[0] ^ mix(key[1] ^ mix(key[2]))) % READ_SLOTS];
    if (memcmp(slot->key, key, sizeof(key)) != 0) {
        phone_rules_all(&phone->plan, region, digits, &slot->readings);
        memcpy(slot->key, key, sizeof(key));
    }
    *readings = slot->readings;
}

/* The likeliest readings of every spelling come first, so that no spelling crowds out another. */
static void merge(const struct phone_readings *from, unsigned n, struct phone_readings *readings)
{
    readings->n = 0;
    for (unsigned rank = 0; rank < PHONE_READINGS_MAX; rank++) {
        for (unsigned i = 0; i < n; i++) {
            if (rank < from[i].n)
                phone_readings_add(readings, from[i].number[rank]);
        }
    }
}

static void read_spellings(struct phone *phone, const struct phone_region *home,
                           const struct phone_digits *spellings, unsigned n,
                           struct phone_readings *readings)
{
    struct phone_readings each[PHONE_SPELLINGS_MAX];

    for (unsigned i = 0; i < n; i++)
        read_digits(phone, home, &spellings[i], &each[i]);
    merge(each, n, readings);
}

void phone_read(struct phone *phone, struct smpp_str address, const char *region,
                struct phone_readings *readings)
{
    const struct phone_region *home = phone_plan_region(&phone->plan, region);
    struct phone_spellings spellings;
    struct phone_digits digits;

    if (phone_spell_plain(address, &digits)) {
        read_digits(phone, home, &digits, readings);
        readings->foreign = false;
        return;
    }
    phone_spell(address, &spellings);
    read_spellings(phone, home, spellings.as, spellings.n, readings);
    readings->foreign = spellings.foreign;
}

void phone_read_sender(struct phone *phone, struct smpp_str address, const char *region,
                       struct phone_readings *readings)
{
    const struct phone_region *home = phone_plan_region(&phone->plan, region);
    struct phone_spellings spellings;
    struct phone_digits digits;
    struct phone_info info;

    if (phone_spell_plain(address, &digits)) {
        read_digits(phone, home, &digits, readings);
        readings->foreign = false;
        return;
    }
    phone_spell(address, &spellings);
    read_spellings(phone, home, spellings.as, spellings.leading, readings);
    readings->foreign = spellings.foreign;
    if (readings->foreign && readings->n > 0) {
        phone_describe(phone, readings->number[0], &info);
        if (!info.valid)
            readings->n = 0;
    }
}

static void describe(const struct phone_plan *plan, uint64_t number, struct phone_info *info)
{
    char text[24];
    struct phone_shim_kind kind;
    unsigned len, code;

    phone_format(number, text);
    code = phone_plan_country(plan, text, (unsigned)strlen(text), &len);
    if (code == 0 || text[len] == '\0' || !phone_shim_describe(code, text + len, &kind))
        return;
    info->valid = kind.valid;
    if (kind.type >= PHONE_FIXED_LINE && kind.type < PHONE_UNKNOWN)
        info->type = (enum phone_type)kind.type;
    memcpy(info->country, kind.region, sizeof(info->country));
}

void phone_describe(struct phone *phone, uint64_t number, struct phone_info *info)
{
    struct describe_slot *slot;

    memset(info, 0, sizeof(*info));
    info->type = PHONE_UNKNOWN;
    if (number >= 100 && number <= 999999) {
        info->valid = true; /* which short codes exist is known to carriers only */
        info->type = PHONE_SHORT_CODE;
        return;
    }
    if (number < 1000000 || number > UINT64_C(999999999999999))
        return;
    slot = &phone->describe_slots[mix(number) % DESCRIBE_SLOTS];
    if (slot->number != number) {
        describe(&phone->plan, number, info);
        slot->info = *info;
        slot->number = number;
    }
    *info = slot->info;
}

const char *phone_type_name(enum phone_type type)
{
    static const char *const names[] = {
        "fixed_line",  "mobile",  "fixed_or_mobile", "toll_free", "premium",
        "shared_cost", "voip",    "personal",        "pager",     "uan",
        "voicemail",   "unknown", "short_code",
    };

    return (unsigned)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

const char *phone_format(uint64_t number, char out[24])
{
    snprintf(out, 24, "%" PRIu64, number);
    return out;
}
