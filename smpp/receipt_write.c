#include "smpp/receipt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define RECEIPT_MAX 254 /* what short_message holds */
#define QUOTED      20

/* YYMMDDhhmm */
static void write_date(char out[11], int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    if (gmtime_r(&t, &tm) == NULL || strftime(out, 11, "%y%m%d%H%M", &tm) != 10)
        memcpy(out, "0000000000", 11);
}

static unsigned three_digits(unsigned n)
{
    return n < 999 ? n : 999;
}

size_t smpp_receipt_write(char *out, size_t cap, const struct smpp_receipt_parts *parts)
{
    char line[RECEIPT_MAX + 1], submitted[11], done[11];
    write_date(submitted, parts->submit_time);
    write_date(done, parts->done_time);
    int n = snprintf(line, sizeof(line),
                     "id:%s sub:%03u dlvrd:%03u submit date:%s done date:%s stat:%s err:%s text:",
                     parts->id, three_digits(parts->submitted), three_digits(parts->delivered),
                     submitted, done, parts->stat, parts->err);
    if (n < 0 || (size_t)n > RECEIPT_MAX)
        return 0;

    /* The quotation is the part that nobody misses: a long id takes its room. */
    size_t len = (size_t)n;
    size_t quoted = parts->text.len < QUOTED ? parts->text.len : QUOTED;
    if (quoted > RECEIPT_MAX - len)
        quoted = RECEIPT_MAX - len;
    if (len + quoted > cap)
        return 0;
    memcpy(out, line, len);
    if (quoted > 0)
        memcpy(out + len, parts->text.p, quoted);
    return len + quoted;
}
