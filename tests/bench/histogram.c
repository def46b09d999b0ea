#include "tests/bench/histogram.h"

#define SUB_BITS 6u
#define SUB      (1u << SUB_BITS)

static unsigned bucket_of(uint64_t ns)
{
    if (ns < SUB)
        return (unsigned)ns;
    unsigned shift = 63u - (unsigned)__builtin_clzll(ns) - SUB_BITS;
    unsigned bucket = (shift + 1) * SUB + (unsigned)(ns >> shift) - SUB;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The upper end of a bucket. */
static double end_of(unsigned bucket)
{
    if (bucket < SUB)
        return bucket + 1;
    unsigned shift = bucket / SUB - 1;
    return (double)((uint64_t)(bucket % SUB + SUB + 1) << shift);
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
    histogram->buckets[bucket_of(ns)]++;
    histogram->count++;
    if (ns > histogram->max_ns)
        histogram->max_ns = ns;
}

double histogram_percentile_us(const struct histogram *histogram, double percentile)
{
    double wanted = (double)histogram->count * percentile / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double)seen >= wanted) {
            double end = end_of(i);
            return (end < (double)histogram->max_ns ? end : (double)histogram->max_ns) / 1000;
        }
    }
    return 0;
}
