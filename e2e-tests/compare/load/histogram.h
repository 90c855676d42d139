/*
 * Latencies in buckets that grow with the value: 32 per power of two, so a quantile is right within about 3 %.
 */
#ifndef DCN_COMPARE_HISTOGRAM_H
#define DCN_COMPARE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_SUB_BITS = 5, HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t maximum;
};

static inline void histogram_record(struct histogram *histogram, uint64_t value)
{
    uint64_t index = value;
    if (value >> HISTOGRAM_SUB_BITS) {
        unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
        index = ((uint64_t)(shift + 1) << HISTOGRAM_SUB_BITS) + ((value >> shift) - (1u << HISTOGRAM_SUB_BITS));
    }
    histogram->counts[index]++;
    histogram->total++;
    if (value > histogram->maximum)
        histogram->maximum = value;
}

/* The lower bound of the bucket that holds the given fraction (0 to 1) of all values; 0 when there are none. */
static inline uint64_t histogram_quantile(const struct histogram *histogram, double fraction)
{
    uint64_t wanted = (uint64_t)(fraction * (double)histogram->total);
    uint64_t seen = 0;
    for (uint64_t index = 0; index < HISTOGRAM_BUCKETS; index++) {
        seen += histogram->counts[index];
        if (seen > wanted) {
            uint64_t shift = index >> HISTOGRAM_SUB_BITS;
            uint64_t sub = index & ((1u << HISTOGRAM_SUB_BITS) - 1);
            return shift == 0 ? sub : (sub + (1u << HISTOGRAM_SUB_BITS)) << (shift - 1);
        }
    }
    return histogram->maximum;
}

#endif
