// Published vectors are hexadecimal text: what the tests read them with.
#ifndef DCN_CRYPT_HEX_H
#define DCN_CRYPT_HEX_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "support/test.h"

#define HEX_BYTES_MAX 1024

struct hex {
    uint32_t length;
    uint8_t bytes[HEX_BYTES_MAX];
};

static inline struct hex hex(const char *text) {
    struct hex read = {0};
    size_t digits = strlen(text);
    CHECK(digits % 2 == 0 && digits / 2 <= HEX_BYTES_MAX);
    for (; *text != '\0'; text += 2) {
        unsigned byte;
        CHECK(sscanf(text, "%2x", &byte) == 1);
        read.bytes[read.length++] = (uint8_t)byte;
    }
    return read;
}

#endif
