/* UTF-8 from outside on its way into something printed: which octets may be shown as they are. */
#ifndef PROXY_UTF8_H
#define PROXY_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length (1 to 4) of the well-formed character at `p`, of which `len` octets may be read; 0
 * where there is none. */
size_t utf8_char(const uint8_t *p, size_t len);

/* The same, but 0 for control characters (C0, DEL, C1), separators of lines and what is invisible
 * or turns the direction of writing as well. */
size_t utf8_printable(const uint8_t *p, size_t len);

#endif
