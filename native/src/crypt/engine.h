// What an engine is to the rest of crypt: a table, and keys that begin with struct dcn_crypt_key.
#ifndef DCN_CRYPT_ENGINE_H
#define DCN_CRYPT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "dcn/crypt.h"

#define DCN_CRYPT_NONCE_BYTES 12
#define DCN_CRYPT_KEY_ALIGNMENT 64
#define DCN_CRYPT_SUITES 3

// One authenticated encryption (RFC 5116) of `length` bytes at `source`, or decryption to as many at `target`. Source and
// target are the same or do not overlap.
struct dcn_crypt_text {
    const uint8_t *nonce;  // DCN_CRYPT_NONCE_BYTES
    const uint8_t *aad;
    uint32_t aad_bytes;
    uint32_t length;
    const uint8_t *source;
    uint8_t *target;
    uint8_t *tag;             // DCN_CRYPT_TAG_BYTES: out when sealing, in when opening
    const uint8_t *trailer;   // when sealing, one more byte of plaintext, encrypted to target[length]; or NULL
};

// What every engine's key begins with.
struct dcn_crypt_key {
    const struct dcn_crypt_engine *engine;
    // Returns 0 or -EIO.
    int (*seal)(struct dcn_crypt_key *key, const struct dcn_crypt_text *text);
    // Returns 0 or -EBADMSG; target may be written to either way.
    int (*open)(struct dcn_crypt_key *key, const struct dcn_crypt_text *text);
    int version;
    uint32_t explicit_bytes;  // of the nonce in each record
    uint8_t iv[DCN_CRYPT_NONCE_BYTES];
};

struct dcn_crypt_engine {
    const char *library;   // name for dlopen
    const char *variable;  // of the environment, that names another
    size_t key_bytes;      // size of the engine's key struct
    // Binds what is needed of the loaded library. Returns 0, or -ELIBBAD. `text` receives the version, or the reason.
    int (*load)(void *library, char *text, size_t size);
    // Expands the key and sets the functions. `key` is zeroed and aligned to DCN_CRYPT_KEY_ALIGNMENT. Returns 0 or
    // -errno; the caller wipes.
    int (*key_init)(struct dcn_crypt_key *key, int suite, const uint8_t *bytes);
    // Frees, wiped, what of the key lies elsewhere.
    void (*key_release)(struct dcn_crypt_key *key);
};

extern const struct dcn_crypt_engine dcn_crypt_ipsec_mb;
extern const struct dcn_crypt_engine dcn_crypt_openssl;

// Bytes of a suite's key, 0 for an unknown suite.
uint32_t dcn_crypt_suite_key_bytes(int suite);

// Binds the symbol `name` to the function pointer at `slot`. Returns 0, or -ELIBBAD with the reason in `text`.
int dcn_crypt_bind(void *library, const char *name, void *slot, char *text, size_t size);

// An engine's key without a version: what the self-test and the tests of an engine seal with. NULL when out of memory or
// refused by the engine.
struct dcn_crypt_key *dcn_crypt_key_new(const struct dcn_crypt_engine *engine, int suite, const uint8_t *bytes);

// Leaves zeros where the key was; the memory is still there, to be looked at and freed.
void dcn_crypt_key_wipe(struct dcn_crypt_key *key);

// Seals and opens published vectors of all suites. Returns 0 or -ELIBBAD.
int dcn_crypt_self_test(const struct dcn_crypt_engine *engine);

// The engine behind a number, its library loaded. Returns NULL with -errno in `result` when there is none.
const struct dcn_crypt_engine *dcn_crypt_engine_find(int number, int *result);

#endif
