/*
 * One line of evidence, before it is written (design section 7). An event is self-describing: what
 * it does to the lists follows from its type, list and number alone, so that a journal rebuilds
 * Redis. Strings belong to whoever made the event and are copied by whoever keeps it.
 */
#ifndef FILTERS_EVENT_H
#define FILTERS_EVENT_H

#include <stdint.h>

/* X(symbol): the name in the JSON is the symbol.
 * optout and bounce put `number` on `list`; optin takes it off; import adds a kept file; list
 * creates, describes or removes a list (field action: create, remove). The others change nothing,
 * and neither does an event of which the field mode says "monitor".
 */
/* clang-format off */
#define EVENT_TYPES(X)                                                                             \
    X(optout)                                                                                      \
    X(optin)                                                                                       \
    X(help) X(review) X(blocked) X(receipt) X(bounce) X(import) X(export) X(list) X(access)        \
        X(config) X(confirmation)

#define EVENT_SOURCES(X) X(none) X(reply) X(receipt) X(console) X(api) X(ctl) X(import) X(carrier)

/* Members of the JSON that are strings, in the order in which they are written. `number` is
 * canonical (E.164 digits, or a short code); `address` is the number as it was sent, where that
 * differs; `reading` the reading of it that was blocked. `file` is the SHA-256 of a kept file.
 * `text` is treated apart: salted, and erasable (design section 7). */
#define EVENT_STRINGS(X)                                                                           \
    X(number)                                                                                      \
    X(address)                                                                                     \
    X(reading) X(sender) X(program) X(list) X(filter) X(mode) X(action) X(keyword) X(rule)         \
        X(status) X(error) X(message_id) X(carrier) X(account) X(actor) X(reason) X(file) X(text)

/* clang-format on */

enum event_type {
#define X(symbol) EVENT_##symbol,
    EVENT_TYPES(X)
#undef X
        EVENT_TYPE_COUNT
};

enum event_source {
#define X(symbol) EVENT_SOURCE_##symbol,
    EVENT_SOURCES(X)
#undef X
        EVENT_SOURCE_COUNT
};

struct event {
    enum event_type type;
    enum event_source source;
    uint64_t time_ms; /* Unix time in milliseconds; 0: the journal sets it */
    uint64_t count;   /* written where not 0 */
#define X(symbol) const char *symbol;
    EVENT_STRINGS(X) /* NULL or "": left out */
#undef X
};

const char *event_type_name(enum event_type type);
const char *event_source_name(enum event_source source); /* NULL for none */

/* Return 0, or -EINVAL for an unknown name. */
int event_type_parse(const char *name, enum event_type *type);
int event_source_parse(const char *name, enum event_source *source);

#endif
