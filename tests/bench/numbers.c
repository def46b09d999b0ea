#include "tests/bench/numbers.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SPACING  8u /* one number in eight is suppressed */
#define EXCHANGE 800u
#define BUCKET   10000u
#define IN_ONE   (BUCKET / SPACING)

/* 1, an area code from 200, an exchange from 200, a subscriber. */
static uint64_t number_at(uint64_t position)
{
    uint64_t rest = position / BUCKET;
    uint64_t area = 200 + rest / EXCHANGE, exchange = 200 + rest % EXCHANGE;
    return ((1000 + area) * 1000 + exchange) * BUCKET + position % BUCKET;
}

uint64_t number_suppressed(uint64_t i)
{
    return number_at(i * SPACING);
}

uint64_t number_allowed(uint64_t i)
{
    return number_at(i * SPACING + 1 + i % (SPACING - 1));
}

void number_write(char digits[NUMBER_DIGITS], uint64_t number)
{
    for (unsigned i = NUMBER_DIGITS; i-- > 0; number /= 10)
        digits[i] = (char)('0' + number % 10);
}

static void print_string(FILE *out, const char *text)
{
    fprintf(out, "$%zu\r\n%s\r\n", strlen(text), text);
}

static void print_bucket(FILE *out, const char *prefix, const char *list, uint64_t first,
                         uint64_t count)
{
    char text[256];
    fprintf(out, "*%" PRIu64 "\r\n", count + 2);
    print_string(out, "SADD");
    snprintf(text, sizeof text, "%slist:%s:%" PRIu64, prefix, list,
             number_suppressed(first) / BUCKET);
    print_string(out, text);
    for (uint64_t i = first; i < first + count; i++) {
        snprintf(text, sizeof text, "%" PRIu64, number_suppressed(i) % BUCKET);
        print_string(out, text);
    }
}

int numbers_print(FILE *out, const char *prefix, const char *list, uint64_t count)
{
    if (count > NUMBERS_MAX || strlen(prefix) + strlen(list) > 200)
        return -ERANGE;
    for (uint64_t first = 0; first < count; first += IN_ONE)
        print_bucket(out, prefix, list, first, count - first < IN_ONE ? count - first : IN_ONE);
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}
