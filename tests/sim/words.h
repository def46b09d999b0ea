/*
 * Small words that people type and read: durations, numbers, hexadecimal, quoted text. Shared by
 * the carrier simulator and smpp-send. Knows nothing of SMPP.
 */
#ifndef SIM_WORDS_H
#define SIM_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* "50ms", "2s", "1m", "250" (milliseconds). Returns 0 or -EINVAL. */
int words_duration(const char *text, uint32_t *ms);

/* Decimal or 0x..., at most `max`. Returns 0 or -EINVAL. */
int words_number(const char *text, uint32_t max, uint32_t *value);

/* Returns the octets written, or -EINVAL for an odd or foreign digit, -EMSGSIZE beyond cap. */
int words_unhex(const char *text, uint8_t *out, size_t cap);
void words_hex(FILE *to, const uint8_t *p, size_t len);

/* Between double quotes, escaped as JSON does; `len` octets of UTF-8. */
void words_quote(FILE *to, const char *text, size_t len);

/* Cuts the next word off the front of *rest and ends it with NUL. NULL at the end. */
char *words_next(char **rest);

/* Turns \n and \\ into what they stand for, in place. */
void words_unescape(char *text);

/* "host:port" or "[v6]:port" cut in two, in place. Returns 0 or -EINVAL. */
int words_host_port(char *text, const char **host, const char **port);

#endif
