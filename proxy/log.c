#include "proxy/log.h"

#include "proxy/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A pipe takes this much in one piece (PIPE_BUF on Linux): lines of threads never mix. */
#define LINE_CAP 4096

struct log {
    int fd;
    atomic_int level;
};

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

#define LEVEL_COUNT (sizeof(level_names) / sizeof(level_names[0]))

struct log *log_new(int fd, enum log_level level)
{
    struct log *log = malloc(sizeof(*log));
    if (log == NULL)
        return NULL;
    log->fd = fd;
    atomic_init(&log->level, (int)level);
    return log;
}

void log_free(struct log *log)
{
    free(log);
}

void log_set_level(struct log *log, enum log_level level)
{
    atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

int log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* A line on its way. What does not fit is left out, and the line then ends with cut=true. */
struct line {
    char buf[LINE_CAP];
    size_t len;
    bool cut;
};

static const char cut_mark[] = " cut=true\n";

static bool line_put(struct line *line, const char *p, size_t n)
{
    if (line->cut || n > sizeof(line->buf) - sizeof(cut_mark) - line->len) {
        line->cut = true;
        return false;
    }
    memcpy(line->buf + line->len, p, n);
    line->len += n;
    return true;
}

static bool needs_quotes(const char *value)
{
    for (size_t left = strlen(value); left > 0;) {
        size_t n = utf8_printable((const uint8_t *)value, left);
        if (n == 0 || strchr(" =\"\\", *value) != NULL)
            return true;
        value += n;
        left -= n;
    }
    return false;
}

static void line_put_escaped(struct line *line, const char *p)
{
    switch (*p) {
    case '"': line_put(line, "\\\"", 2); return;
    case '\\': line_put(line, "\\\\", 2); return;
    case '\n': line_put(line, "\\n", 2); return;
    case '\r': line_put(line, "\\r", 2); return;
    case '\t': line_put(line, "\\t", 2); return;
    default: break;
    }
    char hex[5];
    snprintf(hex, sizeof(hex), "\\x%02x", (unsigned)(uint8_t)*p);
    line_put(line, hex, 4);
}

static void line_put_quoted(struct line *line, const char *value)
{
    line_put(line, "\"", 1);
    for (size_t left = strlen(value); left > 0 && !line->cut;) {
        size_t n = utf8_printable((const uint8_t *)value, left);
        if (n == 0 || *value == '"' || *value == '\\') {
            line_put_escaped(line, value);
            n = 1;
        } else {
            line_put(line, value, n);
        }
        value += n;
        left -= n;
    }
    /* A value that was cut is closed all the same; the reserve behind the line has room for it. */
    if (line->cut)
        line->buf[line->len++] = '"';
    else
        line_put(line, "\"", 1);
}

static void line_put_pair(struct line *line, const char *key, const char *value)
{
    size_t start = line->len;
    if (line->len > 0)
        line_put(line, " ", 1);
    line_put(line, key, strlen(key));
    line_put(line, "=", 1);
    if (line->cut) {
        line->len = start; /* no half keys */
        return;
    }
    if (needs_quotes(value) || strlen(value) > sizeof(line->buf) / 2)
        line_put_quoted(line, value);
    else if (!line_put(line, value, strlen(value)))
        line->len = start;
}

static void line_put_time(struct line *line)
{
    struct timespec now;
    struct tm tm;
    char text[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof(text) - n, ".%03ldZ", now.tv_nsec / 1000000);
    line_put_pair(line, "time", text);
}

/* Standard error may be gone, full or slow; there is nowhere to say so, and a log must not stop the
 * traffic. What is left of a line that was taken in part is still sent, so that the next one starts
 * on a line of its own. */
static void line_write(const struct log *log, const struct line *line)
{
    size_t done = 0;
    while (done < line->len) {
        ssize_t n = write(log->fd, line->buf + done, line->len - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EINTR)
            continue;
        else
            return;
    }
}

void log_line(struct log *log, enum log_level level, uint32_t session, const char *message, ...)
{
    if ((int)level < atomic_load_explicit(&log->level, memory_order_relaxed))
        return;
    int saved_errno = errno;
    struct line line;
    line.len = 0;
    line.cut = false;
    line_put_time(&line);
    line_put_pair(&line, "level", level_names[level]);
    if (session != 0)
        line_put_pair(&line, "session", LOG_NUM(session));
    line_put_pair(&line, "msg", message);

    va_list args;
    va_start(args, message);
    for (const char *key; (key = va_arg(args, const char *)) != NULL;) {
        const char *value = va_arg(args, const char *);
        if (value != NULL && value[0] != '\0' && !line.cut)
            line_put_pair(&line, key, value);
    }
    va_end(args);

    const char *end = line.cut ? cut_mark : "\n";
    memcpy(line.buf + line.len, end, strlen(end));
    line.len += strlen(end);
    line_write(log, &line);
    errno = saved_errno;
}

const char *log_num(char buf[24], int64_t n)
{
    snprintf(buf, 24, "%" PRId64, n);
    return buf;
}

const char *log_number(char buf[32], uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    if (len <= 6) { /* a short code is nobody's number */
        memcpy(buf, digits, (size_t)len + 1);
        return buf;
    }
    int first = len >= 10 ? 4 : 2;
    int last = len >= 10 ? 3 : 2;
    int hidden = len - first - last;
    if (hidden > 8) /* more digits than E.164 has; 32 octets hold no more dots */
        hidden = 8;
    char *p = buf;
    memcpy(p, digits, (size_t)first);
    p += first;
    for (int i = 0; i < hidden; i++)
        p = stpcpy(p, "•");
    memcpy(p, digits + len - last, (size_t)last + 1);
    return buf;
}
