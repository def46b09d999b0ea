#include "proxy/conf_value.h"

#include "proxy/conf.h"
#include "proxy/conf_errors.h"
#include "proxy/conf_uri.h"
#include "smpp/ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LEN_MAX 63

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: ranges and defaults are said in the largest unit that divides them. */
static const struct unit durations[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                        {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct unit sizes[] = {
    {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0}};

bool conf_value_is_list(enum key_type type)
{
    return type == KEY_STRINGS || type == KEY_URIS;
}

size_t conf_value_size(enum key_type type)
{
    switch (type) {
    case KEY_STRING:
    case KEY_NAME:
    case KEY_STRINGS: return sizeof(const char *);
    case KEY_BOOL: return sizeof(bool);
    case KEY_INT: return sizeof(int64_t);
    case KEY_DURATION:
    case KEY_SIZE: return sizeof(uint64_t);
    case KEY_ENUM: return sizeof(int);
    case KEY_STATUS: return sizeof(uint32_t);
    case KEY_URI:
    case KEY_URIS: return sizeof(struct conf_uri);
    }
    abort(); /* no table has another type */
}

size_t conf_field_size(enum key_type type)
{
    if (conf_value_is_list(type))
        return sizeof(void *) + sizeof(unsigned);
    return conf_value_size(type);
}

static const char *unit_text(const struct unit *units, int64_t n, char out[32])
{
    const struct unit *unit = units;
    while (n > 0 && unit[1].name != NULL && (uint64_t)n % unit->factor != 0)
        unit++;
    if (n == 0)
        snprintf(out, 32, "0");
    else
        snprintf(out, 32, "%" PRIu64 "%s", (uint64_t)n / unit->factor, unit->name);
    return out;
}

static const char *number_text(enum key_type type, int64_t n, char out[32])
{
    if (type == KEY_DURATION)
        return unit_text(durations, n, out);
    if (type == KEY_SIZE)
        return unit_text(sizes, n, out);
    snprintf(out, 32, "%" PRId64, n);
    return out;
}

static bool has_range(const struct conf_key *key)
{
    return key->min != 0 || key->max != 0;
}

static int check_range(const struct conf_key *key, const char *text, int64_t n,
                       char why[CONF_WHY_CAP])
{
    char min[32], max[32];
    if (has_range(key) ? n >= key->min && n <= key->max : n >= 0)
        return 0;
    if (has_range(key))
        snprintf(why, CONF_WHY_CAP, "%s is out of range, %s to %s", CONF_QUOTE(text),
                 number_text(key->type, key->min, min), number_text(key->type, key->max, max));
    else
        snprintf(why, CONF_WHY_CAP, "%s is below 0", CONF_QUOTE(text));
    return -EINVAL;
}

/* Digits with an optional sign. Returns how many characters, 0 for none; what is beyond int64_t
 * stays at its end and so is out of every range. */
static size_t read_digits(const char *text, int64_t *n)
{
    bool negative = text[0] == '-';
    size_t start = negative ? 1 : 0, i = start;
    int64_t value = 0;
    for (; text[i] >= '0' && text[i] <= '9'; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[i] - '0', &value))
            value = INT64_MAX;
    *n = negative ? -value : value;
    return i == start ? 0 : i;
}

static int read_int(const struct conf_key *key, const char *text, void *value,
                    char why[CONF_WHY_CAP])
{
    int64_t n;
    size_t len = read_digits(text, &n);
    if (len == 0 || text[len] != '\0') {
        snprintf(why, CONF_WHY_CAP, "%s is no whole number", CONF_QUOTE(text));
        return -EINVAL;
    }
    memcpy(value, &n, sizeof(n));
    return check_range(key, text, n, why);
}

static int read_units(const struct conf_key *key, const char *text, void *value,
                      char why[CONF_WHY_CAP])
{
    bool duration = key->type == KEY_DURATION;
    const struct unit *unit = duration ? durations : sizes;
    int64_t n;
    size_t len = read_digits(text, &n);
    if (len > 0 && n == 0 && text[len] == '\0')
        unit = sizes + 3; /* nothing is nothing in any unit */
    while (unit->name != NULL && strcmp(unit->name, text + len) != 0)
        unit++;
    if (len == 0 || unit->name == NULL) {
        snprintf(why, CONF_WHY_CAP, "%s is no %s", CONF_QUOTE(text),
                 duration ? "duration such as 250ms, 5s, 10m, 24h or 30d"
                          : "size such as 65536, 64KiB, 1MiB or 1GiB");
        return -EINVAL;
    }
    if (__builtin_mul_overflow(n, (int64_t)unit->factor, &n))
        n = n < 0 ? INT64_MIN : INT64_MAX;
    uint64_t stored = (uint64_t)n;
    memcpy(value, &stored, sizeof(stored));
    return check_range(key, text, n, why);
}

static int read_bool(const char *text, void *value, char why[CONF_WHY_CAP])
{
    bool b = strcmp(text, "true") == 0;
    if (!b && strcmp(text, "false") != 0) {
        snprintf(why, CONF_WHY_CAP, "%s is neither true nor false", CONF_QUOTE(text));
        return -EINVAL;
    }
    memcpy(value, &b, sizeof(b));
    return 0;
}

/* "a, b, c", cut short where there is no room. */
static void join(const char *const *names, char *out, size_t cap)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; names[i] != NULL && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%s%s", i == 0 ? "" : ", ", names[i]);
}

static int read_enum(const struct conf_key *key, const char *text, void *value,
                     char why[CONF_WHY_CAP])
{
    for (int i = 0; key->names[i] != NULL; i++) {
        if (strcmp(text, key->names[i]) == 0) {
            memcpy(value, &i, sizeof(i));
            return 0;
        }
    }
    char all[CONF_WHY_CAP / 2];
    join(key->names, all, sizeof(all));
    snprintf(why, CONF_WHY_CAP, "%s is none of %s", CONF_QUOTE(text), all);
    return -EINVAL;
}

static int read_status(const char *text, void *value, char why[CONF_WHY_CAP])
{
    uint32_t status;
    if (smpp_status_parse(text, &status) != 0) {
        snprintf(why, CONF_WHY_CAP, "%s is no command status such as ESME_RINVDSTADR, 0x0B or 11",
                 CONF_QUOTE(text));
        return -EINVAL;
    }
    memcpy(value, &status, sizeof(status));
    return 0;
}

static int store_string(const char *text, struct conf_arena *arena, void *value,
                        char why[CONF_WHY_CAP])
{
    const char *copy = conf_arena_copy(arena, text, strlen(text));
    if (copy == NULL) {
        snprintf(why, CONF_WHY_CAP, "out of memory");
        return -ENOMEM;
    }
    memcpy(value, &copy, sizeof(copy));
    return 0;
}

static int read_string(const struct conf_key *key, const char *text, struct conf_arena *arena,
                       void *value, char why[CONF_WHY_CAP])
{
    size_t len = strlen(text);
    if (has_range(key) && (len < (size_t)key->min || len > (size_t)key->max)) {
        snprintf(why, CONF_WHY_CAP, "its length must be %" PRId64 " to %" PRId64 " octets",
                 key->min, key->max);
        return -EINVAL;
    }
    return store_string(text, arena, value, why);
}

/* Names become parts of Redis keys, labels of metrics and words of a command line. */
static int read_name(const char *text, struct conf_arena *arena, void *value,
                     char why[CONF_WHY_CAP])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    if (text[len] != '\0') {
        snprintf(why, CONF_WHY_CAP,
                 "%s is no name: letters A to Z, digits, '.', '_' and '-' make one",
                 CONF_QUOTE(text));
        return -EINVAL;
    }
    if (len > NAME_LEN_MAX) {
        snprintf(why, CONF_WHY_CAP, "%s is longer than %d characters", CONF_QUOTE(text),
                 NAME_LEN_MAX);
        return -EINVAL;
    }
    return store_string(text, arena, value, why);
}

static int read_uri(const struct conf_key *key, const char *text, struct conf_arena *arena,
                    void *value, char why[CONF_WHY_CAP])
{
    struct conf_uri uri;
    const char *wrong = conf_uri_parse(text, key->names, arena, &uri);
    if (wrong == NULL && has_range(key) && uri.scheme != SCHEME_UNIX &&
        (uri.port < key->min || uri.port > key->max))
        wrong = "the port is 0";
    if (wrong != NULL) {
        char all[64];
        join(key->names, all, sizeof(all));
        if (strchr(text, '@') != NULL) /* the password may be right in there */
            snprintf(why, CONF_WHY_CAP, "%s", wrong);
        else
            snprintf(why, CONF_WHY_CAP, "%s: %s (schemes: %s)", CONF_QUOTE(text), wrong, all);
        return -EINVAL;
    }
    memcpy(value, &uri, sizeof(uri));
    return 0;
}

int conf_value_read(const struct conf_key *key, const char *text, struct conf_arena *arena,
                    void *value, char why[CONF_WHY_CAP])
{
    if (key->required && text[0] == '\0') {
        snprintf(why, CONF_WHY_CAP, "it must not be empty");
        return -EINVAL;
    }
    switch (key->type) {
    case KEY_STRING:
    case KEY_STRINGS: return read_string(key, text, arena, value, why);
    case KEY_NAME: return read_name(text, arena, value, why);
    case KEY_BOOL: return read_bool(text, value, why);
    case KEY_INT: return read_int(key, text, value, why);
    case KEY_DURATION:
    case KEY_SIZE: return read_units(key, text, value, why);
    case KEY_ENUM: return read_enum(key, text, value, why);
    case KEY_STATUS: return read_status(text, value, why);
    case KEY_URI:
    case KEY_URIS: return read_uri(key, text, arena, value, why);
    }
    abort();
}

const char *conf_value_accepts(const struct conf_key *key, char out[CONF_WHY_CAP])
{
    static const char *const types[] = {
        [KEY_STRING] = "text",   [KEY_STRINGS] = "list of texts",   [KEY_BOOL] = "true or false",
        [KEY_INT] = "number",    [KEY_DURATION] = "duration",       [KEY_SIZE] = "size",
        [KEY_ENUM] = "one of ",  [KEY_STATUS] = "command status",   [KEY_NAME] = "name",
        [KEY_URI] = "address: ", [KEY_URIS] = "list of addresses: "};
    char min[32], max[32];

    size_t used = (size_t)snprintf(out, CONF_WHY_CAP, "%s", types[key->type]);
    bool numeric = key->type == KEY_INT || key->type == KEY_DURATION || key->type == KEY_SIZE;
    if (key->names != NULL)
        join(key->names, out + used, CONF_WHY_CAP - used);
    else if (numeric && has_range(key))
        snprintf(out + used, CONF_WHY_CAP - used, ", %s to %s",
                 number_text(key->type, key->min, min), number_text(key->type, key->max, max));
    else if (has_range(key) && (key->type == KEY_STRING || key->type == KEY_STRINGS))
        snprintf(out + used, CONF_WHY_CAP - used, " of up to %" PRId64 " octets", key->max);
    return out;
}
