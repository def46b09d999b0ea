/*
 * One scalar of the configuration: from what is written to what is stored, by its struct conf_key,
 * and back to words for ranges and defaults. Knows neither YAML nor where the key stands.
 */
#ifndef PROXY_CONF_VALUE_H
#define PROXY_CONF_VALUE_H

#include "filters/keys.h"
#include "proxy/conf_arena.h"

#include <stdbool.h>

#define CONF_WHY_CAP 256

/* Whether the key holds a list of what conf_value_read() reads. */
bool conf_value_is_list(enum key_type type);

/* Octets of one value: of one member where the key holds a list. */
size_t conf_value_size(enum key_type type);

/* Octets of the field at the key's offset. */
size_t conf_field_size(enum key_type type);

/* Stores the value of `text` at `value`. Returns 0, or -EINVAL or -ENOMEM with `why` saying what is
 * wrong with it. Text of a secret is never repeated in `why`: plain strings are not. */
int conf_value_read(const struct conf_key *key, const char *text, struct conf_arena *arena,
                    void *value, char why[CONF_WHY_CAP]);

/* What the key accepts: "duration, 10ms to 1m". */
const char *conf_value_accepts(const struct conf_key *key, char out[CONF_WHY_CAP]);

#endif
