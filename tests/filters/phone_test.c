#include "filters/phone.h"

#include "filters/phone_plan.h"
#include "tests/smpp/text_vectors.h"

#include <criterion/criterion.h>
#include <inttypes.h>

static struct phone *phone;

static void set_up(void)
{
    phone = phone_new();
    cr_assert_not_null(phone);
}

static void tear_down(void)
{
    phone_free(phone);
}

TestSuite(phone, .init = set_up, .fini = tear_down);

/* From a copy that ends where the octets end, so that a sanitizer sees a read beyond them. */
static void read_octets(const void *octets, size_t len, const char *region,
                        struct phone_readings *readings)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    if (len > 0)
        memcpy(copy, octets, len);
    phone_read(phone, (struct smpp_str){copy, len}, region, readings);
    free(copy);
}

static void read_text(const char *text, const char *region, struct phone_readings *readings)
{
    read_octets(text, strlen(text), region, readings);
}

static void show(const struct phone_readings *readings, char *out, size_t cap)
{
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < readings->n && n < cap; i++)
        n +=
            (size_t)snprintf(out + n, cap - n, "%s%" PRIu64, i > 0 ? " " : "", readings->number[i]);
}

static char *split_at_arrow(char *line)
{
    char *arrow = strstr(line, " =>");

    cr_assert_not_null(arrow, "no arrow in \"%s\"", line);
    *arrow = '\0';
    return arrow + 3 + strspn(arrow + 3, " ");
}

/* tests/vectors/phone.txt; twice, as the second answer may come from a cache. */
Test(phone, vectors)
{
    struct vector_file v = {.file = fopen(VECTORS "/phone.txt", "r")};
    int seen = 0;

    cr_assert_not_null(v.file);
    for (char *line; (line = vector_line(&v)) != NULL; seen++) {
        char *want = split_at_arrow(line);
        char *region = vector_word(&line);
        char got[256];
        size_t len = vector_octets(line);

        for (int round = 0; round < 2; round++) {
            struct phone_readings readings;

            read_octets(line, len, strcmp(region, "-") == 0 ? "" : region, &readings);
            show(&readings, got, sizeof(got));
            if (readings.foreign)
                strcat(got, readings.n > 0 ? " !" : "!");
            cr_expect_str_eq(got, want, "line %d (%s): \"%s\", not \"%s\"", v.number, v.comment,
                             got, want);
        }
    }
    fclose(v.file);
    cr_expect_gt(seen, 150);
}

static uint64_t random_state = 42;

static unsigned random_below(unsigned n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % n;
}

/* Digits that look like numbers: of a length, with calling codes of their own or others in front.
 */
static void random_digits(const struct phone_region *home, const struct phone_region *other,
                          struct phone_digits *digits)
{
    digits->n = 7 + random_below(9);
    digits->plus = random_below(8) == 0;
    for (unsigned i = 0; i < digits->n; i++)
        digits->d[i] = (char)('0' + random_below(10));
    switch (random_below(3)) {
    case 0: memcpy(digits->d, home->code, home->code_len); break;
    case 1: memcpy(digits->d, other->code, other->code_len); break;
    default: break;
    }
}

/* The tables may say nothing that libphonenumber would not say. */
Test(phone, tables_agree_with_the_library)
{
    static struct phone_plan plan;
    const struct phone_region *regions[26 * 26];
    unsigned n = 0, quick = 0;

    phone_plan_init(&plan);
    for (char a = 'A'; a <= 'Z'; a++) {
        for (char b = 'A'; b <= 'Z'; b++) {
            regions[n] = phone_plan_region(&plan, (char[]){a, b, '\0'});
            n += regions[n] != NULL;
        }
    }
    cr_assert_gt(n, 200);
    for (unsigned i = 0; i < n * 300; i++) {
        const struct phone_region *home = regions[i % n];
        struct phone_digits digits;
        struct phone_readings a, b;
        char left[256], right[256];

        random_digits(home, regions[random_below(n)], &digits);
        if (!phone_rules_quick(&plan, home, &digits, &a))
            continue;
        quick++;
        phone_rules_all(&plan, home, &digits, &b);
        show(&a, left, sizeof(left));
        show(&b, right, sizeof(right));
        cr_expect_str_eq(left, right, "%s %s%.*s: tables say %s, all rules %s", home->name,
                         digits.plus ? "+" : "", (int)digits.n, digits.d, left, right);
    }
    cr_expect_gt(quick, n * 30);
}

static bool holds(const struct phone_readings *readings, uint64_t number)
{
    for (unsigned i = 0; i < readings->n; i++) {
        if (readings->number[i] == number)
            return true;
    }
    return false;
}

/* What would be opted out if a STOP came from there. */
Test(phone, senders)
{
    static const struct {
        const char *address;
        uint64_t number; /* 0: none */
    } cases[] = {
        {"14155550100", UINT64_C(14155550100)},
        {"+1 (415) 555-0100", UINT64_C(14155550100)},
        {"tel:+1-415-555-0100;ext=5", UINT64_C(14155550100)},
        {"14155550100x5", UINT64_C(14155550100)},
        {"14155550100@x", UINT64_C(14155550100)},
        {"14155550100@10.0.0.1", UINT64_C(14155550100)},
        {"14155550100+14155550101", UINT64_C(14155550100)},
        {"14155550100@99999999999999999999999999999999999999999", UINT64_C(14155550100)},
        {"55512", 55512},
        {"555-12", 55512},
        {"abc123", 0},
        {"a14155550100", 0},
        {"sip:14155550100@example.org", 0},
        {"#31#14155550100", 0},
        {"1415KLJ0100", 0},
        {"1415a5550100", 0},
        {"1415555O100", 0},
        {"1415555\xb2\xb3\xb9", 0},
        {"123x5", 0},
        {"", 0},
        {"14155550100141555501001415555010014155550100"
         "550100",
         0},
        {"14155550100/14155550101", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct phone_readings readings;
        const char *address = cases[i].address;

        phone_read_sender(phone, (struct smpp_str){(const uint8_t *)address, strlen(address)}, "US",
                          &readings);
        cr_expect_eq(readings.n, cases[i].number != 0, "%s", address);
        cr_expect(readings.n == 0 || readings.number[0] == cases[i].number, "%s", address);
    }
}

/* A number on a list is caught however a sender writes it. */
Test(phone, every_spelling_of_a_number_is_caught)
{
    static const struct {
        const char *region, *code, *trunk, *national; /* '#' becomes any digit */
    } plans[] = {
        {"US", "1", "1", "212555####"},   {"GB", "44", "0", "7700####34"},
        {"DE", "49", "0", "171######2"},  {"FR", "33", "0", "6########"},
        {"ES", "34", "", "6########"},    {"IT", "39", "", "347#######"},
        {"RU", "7", "8", "916#######"},   {"IN", "91", "0", "98########"},
        {"BR", "55", "0", "119########"}, {"CN", "86", "0", "139########"},
        {"JP", "81", "0", "90########"},  {"ZA", "27", "0", "82#######"},
    };
    static const char *const spellings[] = {
        "%s%s",       "+%s%s",        "00%s%s",     "+%s %s",        "+%s-%s",
        "(%s) %s",    "tel:+%s%s",    "+%s (0) %s", "+%s%s;ext=7",   "0%s%s",
        "x%s y %s z", "000%s%s",      "7777%s%s",   "+%s\xc2\xa0%s", "+%s\xe2\x80\x93%s",
        "%s/%s",      "\xff%s\xff%s",
    };

    for (unsigned i = 0; i < 40 * sizeof(plans) / sizeof(plans[0]); i++) {
        const char *region = plans[i % 12].region, *code = plans[i % 12].code;
        char national[32], all[64], text[128];
        struct phone_readings readings;
        uint64_t number;

        snprintf(national, sizeof(national), "%s", plans[i % 12].national);
        for (char *p = national; *p; p++)
            *p = *p == '#' ? (char)('0' + random_below(10)) : *p;
        snprintf(all, sizeof(all), "%s%s", code, national);
        number = strtoull(all, NULL, 10);
        for (size_t k = 0; k < sizeof(spellings) / sizeof(spellings[0]); k++) {
            snprintf(text, sizeof(text), spellings[k], code, national);
            read_text(text, region, &readings);
            cr_expect(holds(&readings, number), "%s in %s", text, region);
        }
        snprintf(text, sizeof(text), "%s%s", plans[i % 12].trunk, national);
        read_text(text, region, &readings);
        cr_expect(holds(&readings, number), "%s in %s", text, region);
        read_text(national, region, &readings);
        cr_expect(holds(&readings, number), "%s in %s", national, region);
    }
}

Test(phone, addresses_of_any_length)
{
    const size_t len = 65536;
    uint8_t *octets = malloc(len);
    struct phone_readings readings;

    cr_assert_not_null(octets);
    memset(octets, ' ', len);
    read_octets(octets, len, "US", &readings);
    cr_expect_eq(readings.n, 0);
    memcpy(octets, "+1", 2);
    memcpy(octets + len - 10, "4155550100", 10);
    read_octets(octets, len, "US", &readings);
    cr_expect(readings.n == 1 && readings.number[0] == UINT64_C(14155550100));
    memset(octets, '0', len - 11);
    octets[len - 11] = '1';
    read_octets(octets, len, "US", &readings);
    cr_expect(readings.n == 1 && readings.number[0] == UINT64_C(14155550100));
    memset(octets, '7', len - 11);
    read_octets(octets, len, "US", &readings);
    cr_expect(readings.n == 1 && readings.number[0] == UINT64_C(14155550100));
    for (size_t i = 0; i < len; i++)
        octets[i] = (uint8_t)i;
    read_octets(octets, len, "US", &readings);
    cr_expect_leq(readings.n, PHONE_READINGS_MAX);
    free(octets);

    phone_read(phone, (struct smpp_str){NULL, 0}, "US", &readings);
    cr_expect_eq(readings.n, 0);
}

/* Spellings that meet in one place of the cache must not be taken for one another. */
Test(phone, the_cache_keeps_numbers_apart)
{
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3000; i++) {
            char text[32];
            struct phone_readings gb, de;

            snprintf(text, sizeof(text), "0171%07u", i * 7919 % 10000000);
            read_text(text, "GB", &gb);
            read_text(text, "DE", &de);
            cr_expect(holds(&gb, UINT64_C(44) * 10000000000 + strtoull(text, NULL, 10)), "%s",
                      text);
            cr_expect(holds(&de, UINT64_C(49) * 10000000000 + strtoull(text, NULL, 10)), "%s",
                      text);
            cr_expect_not(holds(&gb, de.number[0]));
        }
    }
}

Test(phone, regions)
{
    cr_expect(phone_region_ok(phone, "US"));
    cr_expect(phone_region_ok(phone, "AQ") == false);
    cr_expect(phone_region_ok(phone, "GB"));
    cr_expect(phone_region_ok(phone, ""));
    cr_expect_not(phone_region_ok(phone, "ZZ"));
    cr_expect_not(phone_region_ok(phone, "us"));
    cr_expect_not(phone_region_ok(phone, "U"));
    cr_expect_not(phone_region_ok(phone, "USA"));
    cr_expect_not(phone_region_ok(phone, "001"));
    cr_expect_not(phone_region_ok(phone, NULL));
}

static void check_info(uint64_t number, bool valid, const char *type, const char *country)
{
    for (int round = 0; round < 2; round++) {
        struct phone_info info;

        phone_describe(phone, number, &info);
        cr_expect_eq(info.valid, valid, "%" PRIu64, number);
        cr_expect_str_eq(phone_type_name(info.type), type, "%" PRIu64 " %s", number,
                         phone_type_name(info.type));
        cr_expect_str_eq(info.country, country, "%" PRIu64 " %s", number, info.country);
    }
}

Test(phone, what_is_known_of_a_number)
{
    check_info(UINT64_C(14155550100), true, "fixed_or_mobile", "US");
    check_info(UINT64_C(18005550100), true, "toll_free", "US");
    check_info(UINT64_C(14165550100), true, "fixed_or_mobile", "CA");
    check_info(UINT64_C(447400123456), true, "mobile", "GB");
    check_info(UINT64_C(442071234567), true, "fixed_line", "GB");
    check_info(UINT64_C(390612345678), true, "fixed_line", "IT");
    check_info(UINT64_C(393471234567), true, "mobile", "IT");
    check_info(UINT64_C(6561234567), true, "fixed_line", "SG");
    check_info(UINT64_C(80012345678), true, "toll_free", "");
    /* nobody's, and yet one country's */
    check_info(UINT64_C(4155550100), false, "unknown", "CH");
    check_info(UINT64_C(11115550100), false, "unknown", "");
    check_info(UINT64_C(999999999999999), false, "unknown", "");
    check_info(55512, true, "short_code", "");
    check_info(0, false, "unknown", "");
    check_info(12, false, "unknown", "");
    check_info(UINT64_MAX, false, "unknown", "");
}

Test(phone, digits_of_a_number)
{
    char out[24];

    cr_expect_str_eq(phone_format(UINT64_C(14155550100), out), "14155550100");
    cr_expect_str_eq(phone_format(55512, out), "55512");
    cr_expect_str_eq(phone_format(UINT64_MAX, out), "18446744073709551615");
}
