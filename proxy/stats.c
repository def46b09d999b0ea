#include "proxy/stats.h"

#include "proxy/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 4096
#define SLOTS      1024 /* of the index by name and labels */

/* 16 µs, 32 µs, ... 16.8 s, and one bucket for all above. */
#define BUCKET_FIRST_LOG2 4
#define BUCKETS           22

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

/* One thread adds, others read: a load and a store, which need no locked instruction. */
struct stat {
    atomic_int_fast64_t value;
};

struct histogram {
    atomic_uint_fast64_t bucket[BUCKETS];
    atomic_uint_fast64_t sum_us;
};

struct value {
    struct value *next_in_family, *next_in_slot;
    const struct family *family;
    char *labels;
    union {
        struct stat stat;
        struct histogram histogram;
    } as;
};

struct family {
    struct family *next;
    char *name, *help;
    enum kind kind;
    struct value *values, **values_end;
};

struct stats {
    pthread_mutex_t lock; /* of everything but the numbers */
    struct family *families, **families_end;
    struct value *slots[SLOTS];
    unsigned n;
};

static void *must(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

struct stats *stats_new(void)
{
    struct stats *stats = calloc(1, sizeof(*stats));
    if (stats == NULL)
        return NULL;
    if (pthread_mutex_init(&stats->lock, NULL) != 0) {
        free(stats);
        return NULL;
    }
    stats->families_end = &stats->families;
    return stats;
}

void stats_free(struct stats *stats)
{
    if (stats == NULL)
        return;
    for (struct family *family = stats->families; family != NULL;) {
        for (struct value *value = family->values; value != NULL;) {
            struct value *next = value->next_in_family;
            free(value->labels);
            free(value);
            value = next;
        }
        struct family *next = family->next;
        free(family->name);
        free(family->help);
        free(family);
        family = next;
    }
    pthread_mutex_destroy(&stats->lock);
    free(stats);
}

/* FNV-1a; names and labels are few and mostly ours. */
static unsigned slot_of(const char *name, const char *labels)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    for (hash = (hash ^ '{') * 16777619u; *labels != '\0'; labels++)
        hash = (hash ^ (uint8_t)*labels) * 16777619u;
    return (hash ^ (hash >> 16)) % SLOTS;
}

static struct value *value_find(struct stats *stats, const char *name, const char *labels)
{
    struct value *value = stats->slots[slot_of(name, labels)];
    while (value != NULL &&
           (strcmp(value->family->name, name) != 0 || strcmp(value->labels, labels) != 0))
        value = value->next_in_slot;
    return value;
}

static struct family *family_get(struct stats *stats, const char *name, const char *help,
                                 enum kind kind)
{
    struct family *family = stats->families;
    while (family != NULL && strcmp(family->name, name) != 0)
        family = family->next;
    if (family != NULL)
        return family;
    family = must(calloc(1, sizeof(*family)));
    family->name = must(strdup(name));
    family->help = must(strdup(help));
    family->kind = kind;
    family->values_end = &family->values;
    *stats->families_end = family;
    stats->families_end = &family->next;
    return family;
}

static struct value *value_add(struct stats *stats, struct family *family, const char *labels)
{
    struct value *value = must(calloc(1, sizeof(*value)));
    value->family = family;
    value->labels = must(strdup(labels));
    *family->values_end = value;
    family->values_end = &value->next_in_family;
    unsigned slot = slot_of(family->name, labels);
    value->next_in_slot = stats->slots[slot];
    stats->slots[slot] = value;
    stats->n++;
    return value;
}

static struct value *value_get(struct stats *stats, const char *name, const char *help,
                               const char *labels, enum kind kind)
{
    static const char overflow[] = "overflow=\"true\"";

    pthread_mutex_lock(&stats->lock);
    struct value *value = value_find(stats, name, labels);
    if (value == NULL && stats->n >= VALUES_MAX) {
        labels = overflow;
        value = value_find(stats, name, labels);
    }
    if (value == NULL)
        value = value_add(stats, family_get(stats, name, help, kind), labels);
    assert(value->family->kind == kind); /* one name is one kind of value */
    pthread_mutex_unlock(&stats->lock);
    return value;
}

struct stat *stats_counter(struct stats *stats, const char *name, const char *help,
                           const char *labels)
{
    return &value_get(stats, name, help, labels, KIND_COUNTER)->as.stat;
}

struct stat *stats_gauge(struct stats *stats, const char *name, const char *help,
                         const char *labels)
{
    return &value_get(stats, name, help, labels, KIND_GAUGE)->as.stat;
}

struct histogram *stats_histogram(struct stats *stats, const char *name, const char *help,
                                  const char *labels)
{
    return &value_get(stats, name, help, labels, KIND_HISTOGRAM)->as.histogram;
}

void stat_add(struct stat *stat, int64_t n)
{
    int_fast64_t value = atomic_load_explicit(&stat->value, memory_order_relaxed);
    atomic_store_explicit(&stat->value, value + n, memory_order_relaxed);
}

void stat_set(struct stat *stat, int64_t value)
{
    atomic_store_explicit(&stat->value, value, memory_order_relaxed);
}

int64_t stat_get(const struct stat *stat)
{
    return atomic_load_explicit(&stat->value, memory_order_relaxed);
}

/* The smallest bucket whose bound is not below: bucket i holds up to 2^(first + i). */
static unsigned bucket_of(uint64_t us)
{
    if (us <= UINT64_C(1) << BUCKET_FIRST_LOG2)
        return 0;
    unsigned log2_up = 64 - (unsigned)__builtin_clzll(us - 1);
    unsigned bucket = log2_up - BUCKET_FIRST_LOG2;
    return bucket < BUCKETS - 1 ? bucket : BUCKETS - 1;
}

void histogram_add(struct histogram *histogram, uint64_t microseconds)
{
    atomic_uint_fast64_t *bucket = &histogram->bucket[bucket_of(microseconds)];
    uint_fast64_t n = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, n + 1, memory_order_relaxed);
    uint_fast64_t sum = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    atomic_store_explicit(&histogram->sum_us, sum + microseconds, memory_order_relaxed);
}

/* What stands for the character at `p` in a label; *len is how much of the input it took. */
static const char *label_escape(const char *p, size_t left, char keep[5], size_t *len)
{
    *len = 1;
    switch (*p) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    default: break;
    }
    size_t n = utf8_char((const uint8_t *)p, left);
    if (n == 0)
        return "\uFFFD";
    memcpy(keep, p, n);
    keep[n] = '\0';
    *len = n;
    return keep;
}

const char *stats_label(char *buf, size_t cap, const char *key, const char *value)
{
    assert(cap >= strlen(key) + sizeof("=\"\""));
    size_t used = (size_t)snprintf(buf, cap, "%s=\"", key);
    for (size_t left = strlen(value), n; left > 0; value += n, left -= n) {
        char keep[5];
        const char *out = label_escape(value, left, keep, &n);
        size_t len = strlen(out);
        if (used + len + sizeof("\"") > cap)
            break; /* cut between characters */
        memcpy(buf + used, out, len + 1);
        used += len;
    }
    memcpy(buf + used, "\"", sizeof("\""));
    return buf;
}

static void render_head(FILE *out, const struct family *family)
{
    static const char *const kinds[] = {
        [KIND_COUNTER] = "counter", [KIND_GAUGE] = "gauge", [KIND_HISTOGRAM] = "histogram"};

    fprintf(out, "# HELP %s ", family->name);
    for (const char *p = family->help; *p != '\0'; p++) {
        if (*p == '\\')
            fputs("\\\\", out);
        else if (*p == '\n')
            fputs("\\n", out);
        else
            fputc(*p, out);
    }
    fprintf(out, "\n# TYPE %s %s\n", family->name, kinds[family->kind]);
}

static void render_stat(FILE *out, const struct value *value)
{
    bool labels = value->labels[0] != '\0';
    fprintf(out, "%s%s%s%s %" PRId64 "\n", value->family->name, labels ? "{" : "", value->labels,
            labels ? "}" : "", stat_get(&value->as.stat));
}

/* Octets of decimal seconds are exact: bounds are whole microseconds. */
static const char *seconds(char buf[32], uint64_t us)
{
    int n = snprintf(buf, 32, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    while (buf[n - 1] == '0')
        buf[--n] = '\0';
    if (buf[n - 1] == '.')
        buf[--n] = '\0';
    return buf;
}

/* The count is the sum of the buckets as they were read, so that the two agree while the owner goes
 * on adding. */
static void render_histogram(FILE *out, const struct value *value)
{
    const struct histogram *histogram = &value->as.histogram;
    const char *name = value->family->name;
    const char *labels = value->labels;
    const char *comma = labels[0] != '\0' ? "," : "";
    char text[32];
    uint64_t sum = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    uint64_t count = 0;

    for (unsigned i = 0; i < BUCKETS; i++) {
        count += atomic_load_explicit(&histogram->bucket[i], memory_order_relaxed);
        const char *le = "+Inf";
        if (i < BUCKETS - 1)
            le = seconds(text, UINT64_C(1) << (BUCKET_FIRST_LOG2 + i));
        fprintf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma, le, count);
    }
    const char *open = labels[0] != '\0' ? "{" : "";
    const char *shut = labels[0] != '\0' ? "}" : "";
    fprintf(out, "%s_sum%s%s%s %s\n", name, open, labels, shut, seconds(text, sum));
    fprintf(out, "%s_count%s%s%s %" PRIu64 "\n", name, open, labels, shut, count);
}

char *stats_render(const struct stats *stats, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (out == NULL)
        return NULL;
    /* Every registry comes from stats_new() and may be written to; const promises the caller only
     * that no value changes. */
    pthread_mutex_t *lock = &((struct stats *)stats)->lock;
    pthread_mutex_lock(lock);
    for (const struct family *family = stats->families; family != NULL; family = family->next) {
        render_head(out, family);
        for (const struct value *value = family->values; value != NULL;
             value = value->next_in_family) {
            if (family->kind == KIND_HISTOGRAM)
                render_histogram(out, value);
            else
                render_stat(out, value);
        }
    }
    pthread_mutex_unlock(lock);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
