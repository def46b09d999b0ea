#include "proxy/store/event_json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static const char form[EVENT_TIME_LEN + 1] = "0000-00-00T00:00:00.000Z";

static void put(char *at, unsigned digits, unsigned value)
{
    while (digits-- > 0) {
        at[digits] = (char)('0' + value % 10);
        value /= 10;
    }
}

static int take(const char *at, unsigned digits)
{
    int value = 0;
    for (unsigned i = 0; i < digits; i++)
        value = value * 10 + (at[i] - '0');
    return value;
}

void event_time_format(uint64_t ms, char out[EVENT_TIME_LEN + 1])
{
    if (ms > EVENT_TIME_MAX_MS)
        ms = EVENT_TIME_MAX_MS;
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);

    memcpy(out, form, sizeof form);
    put(out, 4, (unsigned)tm.tm_year + 1900);
    put(out + 5, 2, (unsigned)tm.tm_mon + 1);
    put(out + 8, 2, (unsigned)tm.tm_mday);
    put(out + 11, 2, (unsigned)tm.tm_hour);
    put(out + 14, 2, (unsigned)tm.tm_min);
    put(out + 17, 2, (unsigned)tm.tm_sec);
    put(out + 20, 3, (unsigned)(ms % 1000));
}

static bool has_form(const char *text)
{
    for (unsigned i = 0; i <= EVENT_TIME_LEN; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != form[i])
            return false;
    }
    return true;
}

int event_time_parse(const char *text, uint64_t *ms)
{
    if (!has_form(text))
        return -EINVAL;
    struct tm tm = {
        .tm_year = take(text, 4) - 1900,
        .tm_mon = take(text + 5, 2) - 1,
        .tm_mday = take(text + 8, 2),
        .tm_hour = take(text + 11, 2),
        .tm_min = take(text + 14, 2),
        .tm_sec = take(text + 17, 2),
    };
    time_t seconds = timegm(&tm);
    if (seconds < 0)
        return -EINVAL;
    uint64_t value = (uint64_t)seconds * 1000 + (uint64_t)take(text + 20, 3);

    /* timegm takes the 31st of February for a day of March; such a time is not one of ours. */
    char again[EVENT_TIME_LEN + 1];
    event_time_format(value, again);
    if (strcmp(text, again) != 0)
        return -EINVAL;
    *ms = value;
    return 0;
}
