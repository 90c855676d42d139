// The engine OpenSSL: one EVP context a key, made with the key and given a new nonce for each record, so that nothing is
// fetched or allocated between.
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "crypt/engine.h"

struct openssl_key {
    struct dcn_crypt_key base;
    EVP_CIPHER_CTX *context;
};

// The functions used, as bound by load().
static struct {
    int (*init_crypto)(uint64_t options, const OPENSSL_INIT_SETTINGS *settings);
    const char *(*version)(int what);
    void (*clear_error)(void);
    EVP_CIPHER *(*fetch)(OSSL_LIB_CTX *library, const char *name, const char *properties);
    EVP_CIPHER_CTX *(*context_new)(void);
    void (*context_free)(EVP_CIPHER_CTX *context);
    int (*control)(EVP_CIPHER_CTX *context, int what, int number, void *pointer);
    int (*encrypt_init)(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, ENGINE *engine, const uint8_t *key,
                        const uint8_t *iv);
    int (*encrypt_update)(EVP_CIPHER_CTX *context, uint8_t *out, int *out_bytes, const uint8_t *in, int in_bytes);
    int (*encrypt_final)(EVP_CIPHER_CTX *context, uint8_t *out, int *out_bytes);
    int (*decrypt_init)(EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, ENGINE *engine, const uint8_t *key,
                        const uint8_t *iv);
    int (*decrypt_update)(EVP_CIPHER_CTX *context, uint8_t *out, int *out_bytes, const uint8_t *in, int in_bytes);
    int (*decrypt_final)(EVP_CIPHER_CTX *context, uint8_t *out, int *out_bytes);
} ssl;

static EVP_CIPHER *ciphers[DCN_CRYPT_SUITES];

static EVP_CIPHER_CTX *context_of(struct dcn_crypt_key *key) {
    return ((struct openssl_key *)key)->context;
}

// What failed is the return value's to say: OpenSSL's own queue of errors is emptied.
static int failure(int code) {
    ssl.clear_error();
    return code;
}

static int seal(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    EVP_CIPHER_CTX *context = context_of(key);
    uint8_t none[DCN_CRYPT_TAG_BYTES];
    int bytes = 0;
    if (ssl.encrypt_init(context, NULL, NULL, NULL, text->nonce) != 1 ||
        (text->aad_bytes > 0 && ssl.encrypt_update(context, NULL, &bytes, text->aad, (int)text->aad_bytes) != 1) ||
        (text->length > 0 &&
         ssl.encrypt_update(context, text->target, &bytes, text->source, (int)text->length) != 1) ||
        (text->trailer != NULL &&
         ssl.encrypt_update(context, text->target + text->length, &bytes, text->trailer, 1) != 1) ||
        ssl.encrypt_final(context, none, &bytes) != 1 ||
        ssl.control(context, EVP_CTRL_AEAD_GET_TAG, DCN_CRYPT_TAG_BYTES, text->tag) != 1) {
        return failure(-EIO);
    }
    return 0;
}

static int unseal(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    EVP_CIPHER_CTX *context = context_of(key);
    uint8_t none[DCN_CRYPT_TAG_BYTES];
    int bytes = 0;
    if (ssl.decrypt_init(context, NULL, NULL, NULL, text->nonce) != 1 ||
        (text->aad_bytes > 0 && ssl.decrypt_update(context, NULL, &bytes, text->aad, (int)text->aad_bytes) != 1) ||
        (text->length > 0 &&
         ssl.decrypt_update(context, text->target, &bytes, text->source, (int)text->length) != 1) ||
        ssl.control(context, EVP_CTRL_AEAD_SET_TAG, DCN_CRYPT_TAG_BYTES, text->tag) != 1 ||
        ssl.decrypt_final(context, none, &bytes) != 1) {
        return failure(-EBADMSG);
    }
    return 0;
}

static int key_init(struct dcn_crypt_key *key, int suite, const uint8_t *bytes) {
    if (suite < 1 || suite > DCN_CRYPT_SUITES) {
        return -EINVAL;
    }
    struct openssl_key *mine = (struct openssl_key *)key;
    mine->context = ssl.context_new();
    if (mine->context == NULL || ssl.encrypt_init(mine->context, ciphers[suite - 1], NULL, bytes, NULL) != 1) {
        return failure(-ENOMEM);
    }
    key->seal = seal;
    key->open = unseal;
    return 0;
}

static void key_release(struct dcn_crypt_key *key) {
    // Wipes the expanded key (OPENSSL_clear_free); takes NULL.
    ssl.context_free(context_of(key));
}

static int bind_all(void *library, char *text, size_t size) {
    const struct {
        const char *name;
        void *slot;
    } symbols[] = {
        {"OPENSSL_init_crypto", &ssl.init_crypto},      {"OpenSSL_version", &ssl.version},
        {"ERR_clear_error", &ssl.clear_error},          {"EVP_CIPHER_fetch", &ssl.fetch},
        {"EVP_CIPHER_CTX_new", &ssl.context_new},       {"EVP_CIPHER_CTX_free", &ssl.context_free},
        {"EVP_CIPHER_CTX_ctrl", &ssl.control},          {"EVP_EncryptInit_ex", &ssl.encrypt_init},
        {"EVP_EncryptUpdate", &ssl.encrypt_update},     {"EVP_EncryptFinal_ex", &ssl.encrypt_final},
        {"EVP_DecryptInit_ex", &ssl.decrypt_init},      {"EVP_DecryptUpdate", &ssl.decrypt_update},
        {"EVP_DecryptFinal_ex", &ssl.decrypt_final},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (dcn_crypt_bind(library, symbols[i].name, symbols[i].slot, text, size) != 0) {
            return -ELIBBAD;
        }
    }
    return 0;
}

static int load(void *library, char *text, size_t size) {
    static const char *const names[DCN_CRYPT_SUITES] = {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"};
    if (bind_all(library, text, size) != 0) {
        return -ELIBBAD;
    }
    // No clean-up at exit, which other threads may not have noticed yet; no configuration file, which could put other
    // algorithms in these ones' place.
    if (ssl.init_crypto(OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) {
        (void)snprintf(text, size, "OPENSSL_init_crypto failed");
        return -ELIBBAD;
    }
    for (int i = 0; i < DCN_CRYPT_SUITES; i++) {
        ciphers[i] = ssl.fetch(NULL, names[i], NULL);
        if (ciphers[i] == NULL) {
            (void)snprintf(text, size, "EVP_CIPHER_fetch knows no %s", names[i]);
            return failure(-ELIBBAD);
        }
    }
    (void)snprintf(text, size, "%s", ssl.version(OPENSSL_FULL_VERSION_STRING));
    return 0;
}

const struct dcn_crypt_engine dcn_crypt_openssl = {
    .library = "libcrypto.so.3",
    .variable = "DCN_LIBCRYPTO",
    .key_bytes = sizeof(struct openssl_key),
    .load = load,
    .key_init = key_init,
    .key_release = key_release,
};
