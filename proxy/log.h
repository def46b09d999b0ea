/*
 * Log lines in logfmt on standard error: time, level, session, message, then pairs. Values are
 * quoted here, so callers pass them as they are. Never pass message text or passwords; numbers only
 * masked (log_number). A struct log may be used by several threads: each line is one write.
 */
#ifndef PROXY_LOG_H
#define PROXY_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log;

/* Writes to `fd`, which stays the caller's. NULL if out of memory. */
struct log *log_new(int fd, enum log_level level);
void log_free(struct log *log);
void log_set_level(struct log *log, enum log_level level);
int log_level_parse(const char *name, enum log_level *level); /* "debug" ...; 0 or -EINVAL */

/* One line: `session` 0 for none; pairs of strings (key, value), NULL-terminated; a pair whose
 * value is NULL or "" is left out. */
void log_line(struct log *log, enum log_level level, uint32_t session, const char *message, ...)
    __attribute__((sentinel));

#define LOG_DBG(log, session, ...) log_line(log, LOG_DEBUG, session, __VA_ARGS__, (char *)0)
#define LOG_INF(log, session, ...) log_line(log, LOG_INFO, session, __VA_ARGS__, (char *)0)
#define LOG_WRN(log, session, ...) log_line(log, LOG_WARN, session, __VA_ARGS__, (char *)0)
#define LOG_ERR(log, session, ...) log_line(log, LOG_ERROR, session, __VA_ARGS__, (char *)0)

/* A number, and a telephone number with its middle hidden, as values: live to the end of the
 * enclosing block. */
#define LOG_NUM(n)    log_num((char[24]){0}, (int64_t)(n))
#define LOG_NUMBER(n) log_number((char[32]){0}, (uint64_t)(n))
const char *log_num(char buf[24], int64_t n);
const char *log_number(char buf[32], uint64_t number); /* 1415••••100 style: first 4, last 3 */

#endif
