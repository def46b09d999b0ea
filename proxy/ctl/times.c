#include "proxy/ctl/ctl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS UINT64_C(86400000)

/* 24h, 7d: so long ago. */
static int parse_ago(const char *text, uint64_t now_ms, uint64_t *ms)
{
    static const struct {
        char unit;
        uint64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', DAY_MS}, {'w', 7 * DAY_MS}};
    char *end;

    if (!isdigit((unsigned char)text[0])) {
        return -EINVAL;
    }
    unsigned long long n = strtoull(text, &end, 10);
    if (end == text || end[0] == '\0' || end[1] != '\0' || n > 1000000) {
        return -EINVAL;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].unit == *end) {
            uint64_t ago = n * units[i].ms;
            *ms = ago < now_ms ? now_ms - ago : 1;
            return 0;
        }
    }
    return -EINVAL;
}

static int two(const char **p, int max, int *value)
{
    if (!isdigit((unsigned char)(*p)[0]) || !isdigit((unsigned char)(*p)[1])) {
        return -EINVAL;
    }
    *value = ((*p)[0] - '0') * 10 + ((*p)[1] - '0');
    *p += 2;
    return *value <= max ? 0 : -EINVAL;
}

static int parse_date(const char **p, struct tm *tm)
{
    int century, year, month, day;

    if (two(p, 99, &century) != 0 || two(p, 99, &year) != 0 || *(*p)++ != '-' ||
        two(p, 12, &month) != 0 || *(*p)++ != '-' || two(p, 31, &day) != 0 || month == 0 ||
        day == 0) {
        return -EINVAL;
    }
    tm->tm_year = century * 100 + year - 1900;
    tm->tm_mon = month - 1;
    tm->tm_mday = day;
    return tm->tm_year >= 70 ? 0 : -EINVAL;
}

/* HH:MM[:SS[.fraction]] */
static int parse_clock(const char **p, struct tm *tm, uint64_t *ms)
{
    if (two(p, 23, &tm->tm_hour) != 0 || *(*p)++ != ':' || two(p, 59, &tm->tm_min) != 0) {
        return -EINVAL;
    }
    if (**p != ':') {
        return 0;
    }
    (*p)++;
    if (two(p, 60, &tm->tm_sec) != 0) {
        return -EINVAL;
    }
    if (**p == '.') {
        uint64_t unit = 100;
        (*p)++;
        if (!isdigit((unsigned char)**p)) {
            return -EINVAL;
        }
        for (; isdigit((unsigned char)**p); (*p)++) {
            *ms += (uint64_t)(**p - '0') * unit;
            unit /= 10;
        }
    }
    return 0;
}

/* Z, +HH:MM, -HHMM, or nothing (UTC). */
static int parse_zone(const char **p, int64_t *offset_s)
{
    int hours, minutes;
    char sign = **p;

    if (sign == 'Z' || sign == 'z') {
        (*p)++;
        return 0;
    }
    if (sign != '+' && sign != '-') {
        return 0;
    }
    (*p)++;
    if (two(p, 23, &hours) != 0) {
        return -EINVAL;
    }
    if (**p == ':') {
        (*p)++;
    }
    if (two(p, 59, &minutes) != 0) {
        return -EINVAL;
    }
    *offset_s = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *offset_s = sign == '+' ? *offset_s : -*offset_s;
    return 0;
}

int ctl_time_parse(const char *text, uint64_t now_ms, bool end, uint64_t *ms)
{
    struct tm tm = {0};
    const char *p = text;
    uint64_t fraction = 0;
    int64_t offset = 0;

    if (parse_ago(text, now_ms, ms) == 0) {
        return 0;
    }
    if (parse_date(&p, &tm) != 0) {
        return -EINVAL;
    }
    bool date_only = *p == '\0';
    if (!date_only) {
        if (*p != 'T' && *p != 't' && *p != ' ') {
            return -EINVAL;
        }
        p++;
        if (parse_clock(&p, &tm, &fraction) != 0 || parse_zone(&p, &offset) != 0 || *p != '\0') {
            return -EINVAL;
        }
    }
    int day = tm.tm_mday;
    int64_t seconds = (int64_t)timegm(&tm) - offset;
    if (tm.tm_mday != day || seconds < 0) { /* the 31st of a month that has none */
        return -EINVAL;
    }
    *ms = (uint64_t)seconds * 1000 + fraction + (date_only && end ? DAY_MS : 0);
    return 0;
}
