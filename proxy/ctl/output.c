#include "proxy/ctl/output.h"

#include "proxy/store/event_json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* One character of UTF-8; returns its octets, 1 for an octet that is none. */
static size_t decode(const char *text, uint32_t *c)
{
    const unsigned char *u = (const unsigned char *)text;
    size_t n = u[0] < 0x80 ? 1 : u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : u[0] >= 0xC2 ? 2 : 0;
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};

    *c = 0xFFFD;
    if (n == 0) {
        return 1;
    }
    uint32_t value = u[0] & first[n];
    for (size_t i = 1; i < n; i++) {
        if ((u[i] & 0xC0) != 0x80) {
            return 1;
        }
        value = value << 6 | (u[i] & 0x3F);
    }
    *c = value;
    return n;
}

static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static unsigned columns_of(uint32_t c)
{
    int width = wcwidth((wchar_t)c);

    return width < 0 ? 1 : (unsigned)width;
}

void output_text(FILE *out, const char *text, unsigned width, bool pad)
{
    unsigned used = 0;

    for (const char *p = text == NULL ? "" : text; *p != '\0';) {
        uint32_t c;
        size_t n = decode(p, &c);
        unsigned columns = is_harmful(c) || c == 0xFFFD ? 1 : columns_of(c);
        if (width != 0 && used + columns > width) {
            break;
        }
        if (is_harmful(c)) {
            fputc(' ', out);
        } else if (c == 0xFFFD) {
            fputc('?', out);
        } else {
            fwrite(p, 1, n, out);
        }
        used += columns;
        p += n;
    }
    for (; pad && used < width; used++) {
        fputc(' ', out);
    }
}

unsigned output_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 80) {
        return 80;
    }
    return size.ws_col;
}

const char *output_count(uint64_t n, char buf[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    char *at = buf;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return buf;
}

const char *output_octets(uint64_t n, char buf[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)n;
    unsigned unit = 0;

    while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
    }
    snprintf(buf, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return buf;
}

const char *output_time(uint64_t ms, char buf[32])
{
    event_time_format(ms, buf);
    buf[10] = ' ';
    buf[19] = '\0';
    return buf;
}

const char *output_number(uint64_t number, char buf[32])
{
    snprintf(buf, 32, "%s%llu", number > 999999 ? "+" : "", (unsigned long long)number);
    return buf;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void output_progress(struct output_progress *progress, const char *label, uint64_t done,
                     uint64_t total, const char *unit)
{
    static const char full[] = "####################";
    char count[32];
    uint64_t now = now_ms();

    if (now < progress->next_ms || !isatty(STDERR_FILENO)) {
        return;
    }
    progress->next_ms = now + 100;
    progress->shown = true;
    output_count(done, count);
    if (total > 0) {
        double part = done >= total ? 1.0 : (double)done / (double)total;
        int bar = (int)(part * 20);
        fprintf(stderr, "\r\033[K%s [%.*s%*s] %3.0f%%", label, bar, full, 20 - bar, "", part * 100);
    } else {
        fprintf(stderr, "\r\033[K%s %s %s", label, count, unit);
    }
    fflush(stderr);
}

void output_progress_end(struct output_progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        progress->shown = false;
    }
    progress->next_ms = 0;
}

void output_json(json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

    if (text != NULL) {
        puts(text);
    }
    free(text);
    json_decref(json);
}

void output_json_text(json_t *json, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        json_t *text = json_string(value);
        if (text == NULL) { /* no UTF-8 */
            text = json_string("?");
        }
        json_object_set_new(json, key, text);
    }
}

void output_json_time(json_t *json, const char *key, uint64_t ms)
{
    char text[EVENT_TIME_LEN + 1];

    if (ms != 0) {
        event_time_format(ms, text);
        json_object_set_new(json, key, json_string(text));
    }
}

void output_csv(FILE *out, const char *text, bool first)
{
    if (!first) {
        fputc(',', out);
    }
    if (text == NULL || text[0] == '\0') {
        return;
    }
    bool formula = strchr("=+-@\t\r", text[0]) != NULL;
    bool quoted = strpbrk(text, ",\"\r\n") != NULL || text[0] == ' ';
    if (quoted) {
        fputc('"', out);
    }
    if (formula) {
        fputc('\'', out);
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') {
            fputc('"', out);
        }
        fputc(*p, out);
    }
    if (quoted) {
        fputc('"', out);
    }
}

bool output_flush(void)
{
    return fflush(stdout) == 0 && !ferror(stdout);
}
