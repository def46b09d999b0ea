/*
 * The PDUs of the load, built once and then only patched: sequence number, the handset's number and
 * the mark, 16 hexadecimal digits that name the session and the message. The same template tells
 * whether a PDU that came through the proxy is the one that went in, octet for octet. Knows no
 * sockets.
 */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include "tests/bench/numbers.h"

#include <stdbool.h>
#include <stddef.h>

#define MARK_DIGITS  16
#define TEMPLATE_MAX 320

struct template
{
    uint8_t bytes[TEMPLATE_MAX];
    size_t len;
    size_t digits_at, mark_at; /* digits before the mark */
};

void template_submit(struct template *template);  /* to the handset, the mark leads the text */
void template_receipt(struct template *template); /* from the handset, the mark is the id */

void template_write(const struct template *template, uint8_t *out, uint32_t sequence,
                    const char digits[NUMBER_DIGITS], const char mark[MARK_DIGITS]);

/* Whether all but sequence number, digits and mark is as in the template. */
bool template_fits(const struct template *template, const uint8_t *pdu, size_t len);

void mark_write(char mark[MARK_DIGITS], unsigned session, uint64_t n);
bool mark_read(const uint8_t *mark, unsigned *session, uint64_t *n);

#endif
