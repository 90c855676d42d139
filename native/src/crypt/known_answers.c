// What an engine must get right before it is used: a library of another version, or a processor that it misjudges, shows
// here and not in a client's stream.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/engine.h"

#define TEXT_BYTES 114

// RFC 8439 2.8.2 for ChaCha20-Poly1305; test cases 2 and 14 of the GCM specification (McGrew and Viega) for AES, whose
// key, nonce and plaintext are zeros. A tag vouches for the ciphertext, so only tags are listed.
struct vector {
    int suite;
    uint32_t length;
    uint32_t aad_bytes;
    uint8_t nonce[DCN_CRYPT_NONCE_BYTES];
    uint8_t aad[12];
    uint8_t tag[DCN_CRYPT_TAG_BYTES];
};

static const char chacha_plaintext[TEXT_BYTES + 1] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";

static const struct vector vectors[DCN_CRYPT_SUITES] = {
    {.suite = DCN_CRYPT_AES_128_GCM,
     .length = 16,
     .tag = {0xab, 0x6e, 0x47, 0xd4, 0x2c, 0xec, 0x13, 0xbd, 0xf5, 0x3a, 0x67, 0xb2, 0x12, 0x57, 0xbd, 0xdf}},
    {.suite = DCN_CRYPT_AES_256_GCM,
     .length = 16,
     .tag = {0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19}},
    {.suite = DCN_CRYPT_CHACHA20_POLY1305,
     .length = TEXT_BYTES,
     .aad_bytes = 12,
     .nonce = {7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47},
     .aad = {0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7},
     .tag = {0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91}},
};

static int seals_and_opens(struct dcn_crypt_key *key, const struct vector *vector, const uint8_t *plaintext) {
    uint8_t ciphertext[TEXT_BYTES];
    uint8_t opened[TEXT_BYTES];
    uint8_t tag[DCN_CRYPT_TAG_BYTES];
    struct dcn_crypt_text text = {.nonce = vector->nonce,
                                  .aad = vector->aad,
                                  .aad_bytes = vector->aad_bytes,
                                  .length = vector->length,
                                  .source = plaintext,
                                  .target = ciphertext,
                                  .tag = tag};
    if (key->seal(key, &text) != 0 || memcmp(tag, vector->tag, sizeof tag) != 0) {
        return 0;
    }
    text.source = ciphertext;
    text.target = opened;
    return key->open(key, &text) == 0 && memcmp(opened, plaintext, vector->length) == 0;
}

int dcn_crypt_self_test(const struct dcn_crypt_engine *engine) {
    for (int i = 0; i < DCN_CRYPT_SUITES; i++) {
        int is_chacha = vectors[i].suite == DCN_CRYPT_CHACHA20_POLY1305;
        uint8_t bytes[32] = {0};
        uint8_t plaintext[TEXT_BYTES] = {0};
        for (int at = 0; is_chacha && at < 32; at++) {
            bytes[at] = (uint8_t)(0x80 + at);
        }
        if (is_chacha) {
            memcpy(plaintext, chacha_plaintext, TEXT_BYTES);
        }
        struct dcn_crypt_key *key = dcn_crypt_key_new(engine, vectors[i].suite, bytes);
        if (key == NULL) {
            return -ELIBBAD;
        }
        int good = seals_and_opens(key, &vectors[i], plaintext);
        dcn_crypt_key_wipe(key);
        free(key);
        if (!good) {
            return -ELIBBAD;
        }
    }
    return 0;
}
