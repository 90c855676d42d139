/*
 * The bytes of a benchmark object, as a function of its number and the offset alone: whoever knows both can check a
 * response without having the object. Word w (8 bytes, little-endian) of object n is the output of splitmix64 (Steele,
 * Lea, Flood 2014, "Fast splittable pseudorandom number generators", figure 16) at step n * 2^32 + w.
 */
#ifndef DCN_COMPARE_CONTENT_H
#define DCN_COMPARE_CONTENT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "words are stored as they lie in memory, which must be little-endian"
#endif

static inline uint64_t content_word(uint32_t object, uint32_t word)
{
    uint64_t z = (((uint64_t)object << 32 | word) + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* Fills `bytes` with what `object` holds from `offset_bytes` (below 32 GiB) on. */
static inline void content_fill(uint8_t *bytes, size_t length_bytes, uint32_t object, uint64_t offset_bytes)
{
    size_t done = 0;
    while (done < length_bytes) {
        uint64_t word = content_word(object, (uint32_t)((offset_bytes + done) / 8));
        size_t skip = (offset_bytes + done) % 8;
        size_t step = 8 - skip < length_bytes - done ? 8 - skip : length_bytes - done;
        memcpy(bytes + done, (const uint8_t *)&word + skip, step);
        done += step;
    }
}

/* Whether `bytes` are what `object` holds from `offset_bytes` (below 32 GiB) on. */
static inline int content_matches(const uint8_t *bytes, size_t length_bytes, uint32_t object, uint64_t offset_bytes)
{
    size_t done = 0;
    while (done < length_bytes) {
        uint64_t word = content_word(object, (uint32_t)((offset_bytes + done) / 8));
        size_t skip = (offset_bytes + done) % 8;
        size_t step = 8 - skip < length_bytes - done ? 8 - skip : length_bytes - done;
        if (step == 8) { /* nearly always, and as numbers several times faster */
            uint64_t found;
            memcpy(&found, bytes + done, 8);
            if (found != word)
                return 0;
        } else if (memcmp(bytes + done, (const uint8_t *)&word + skip, step) != 0)
            return 0;
        done += step;
    }
    return 1;
}

#endif
