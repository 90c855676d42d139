// Each engine of this machine against published vectors, below the records.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/engine.h"
#include "crypt/hex.h"
#include "crypt/vectors.h"

static void should_seal_as_published(const struct dcn_crypt_engine *engine, const struct aead_vector *vector) {
    struct hex bytes = hex(vector->key);
    struct hex nonce = hex(vector->nonce);
    struct hex plaintext = hex(vector->plaintext);
    struct hex aad = hex(vector->aad);
    struct hex ciphertext = hex(vector->ciphertext);
    struct hex tag = hex(vector->tag);
    CHECK_EQUAL(plaintext.length, ciphertext.length);
    CHECK_EQUAL(dcn_crypt_suite_key_bytes(vector->suite), bytes.length);
    struct dcn_crypt_key *key = dcn_crypt_key_new(engine, vector->suite, bytes.bytes);
    CHECK(key != NULL);

    uint8_t out[HEX_BYTES_MAX];
    uint8_t made[DCN_CRYPT_TAG_BYTES];
    struct dcn_crypt_text text = {.nonce = nonce.bytes,
                                  .aad = aad.bytes,
                                  .aad_bytes = aad.length,
                                  .length = plaintext.length,
                                  .source = plaintext.bytes,
                                  .target = out,
                                  .tag = made};
    CHECK_EQUAL(0, key->seal(key, &text));
    CHECK(memcmp(ciphertext.bytes, out, ciphertext.length) == 0);
    CHECK(memcmp(tag.bytes, made, sizeof made) == 0);

    // The last byte apart: the way in which TLS 1.3 has its inner type encrypted.
    if (plaintext.length > 0) {
        memset(out, 0, sizeof out);
        memset(made, 0, sizeof made);
        text.length = plaintext.length - 1;
        text.trailer = plaintext.bytes + text.length;
        CHECK_EQUAL(0, key->seal(key, &text));
        CHECK(memcmp(ciphertext.bytes, out, ciphertext.length) == 0);
        CHECK(memcmp(tag.bytes, made, sizeof made) == 0);
        text.length = plaintext.length;
        text.trailer = NULL;
    }

    text.source = ciphertext.bytes;
    text.tag = tag.bytes;
    CHECK_EQUAL(0, key->open(key, &text));
    CHECK(memcmp(plaintext.bytes, out, plaintext.length) == 0);
    tag.bytes[15] ^= 1;
    CHECK_EQUAL(-EBADMSG, key->open(key, &text));
    tag.bytes[15] ^= 1;
    CHECK_EQUAL(0, key->open(key, &text));
    dcn_crypt_key_wipe(key);
    free(key);
}

// The key itself is in the struct, somewhere, as long as it is used; afterwards nothing is.
static void should_leave_zeros_where_a_key_was(const struct dcn_crypt_engine *engine, int suite) {
    uint8_t bytes[32];
    memset(bytes, 0xa5, sizeof bytes);
    struct dcn_crypt_key *key = dcn_crypt_key_new(engine, suite, bytes);
    CHECK(key != NULL);
    if (engine == &dcn_crypt_ipsec_mb) {
        CHECK(memmem(key, engine->key_bytes, bytes, dcn_crypt_suite_key_bytes(suite)) != NULL);
    }
    size_t size = engine->key_bytes;
    dcn_crypt_key_wipe(key);
    for (size_t i = 0; i < size; i++) {
        CHECK_EQUAL(0, ((const volatile uint8_t *)key)[i]);
    }
    free(key);
}

int main(void) {
    int engines = 0;
    for (int number = DCN_CRYPT_IPSEC_MB; number <= DCN_CRYPT_OPENSSL; number++) {
        int result;
        const struct dcn_crypt_engine *engine = dcn_crypt_engine_find(number, &result);
        if (engine == NULL) {
            continue;
        }
        engines++;
        for (size_t i = 0; i < sizeof aead_vectors / sizeof aead_vectors[0]; i++) {
            should_seal_as_published(engine, &aead_vectors[i]);
        }
        for (int suite = 1; suite <= DCN_CRYPT_SUITES; suite++) {
            should_leave_zeros_where_a_key_was(engine, suite);
        }
    }
    return engines > 0 ? 0 : DCN_TEST_SKIPPED;
}
