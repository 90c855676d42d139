// The engine intel-ipsec-mb: its direct calls, which keep all state in what the caller passes, so that one manager serves
// every thread and is only read after it was set up.
#include <errno.h>
#include <intel-ipsec-mb.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "crypt/engine.h"

struct ipsec_mb_key {
    struct dcn_crypt_key base;
    union {
        alignas(DCN_CRYPT_KEY_ALIGNMENT) struct gcm_key_data gcm;
        uint8_t chacha[32];
    } expanded;
};

static const IMB_MGR *manager;

static struct ipsec_mb_key *own(struct dcn_crypt_key *key) {
    return (struct ipsec_mb_key *)key;
}

// In a time that does not tell where they differ.
static int compare_tags(const uint8_t *expected, const uint8_t *found) {
    uint8_t difference = 0;
    for (int i = 0; i < DCN_CRYPT_TAG_BYTES; i++) {
        difference |= expected[i] ^ found[i];
    }
    return difference == 0 ? 0 : -EBADMSG;
}

struct gcm_functions {
    aes_gcm_enc_dec_t seal_whole;
    aes_gcm_init_t start;
    aes_gcm_enc_dec_update_t seal_part;
    aes_gcm_enc_dec_finalize_t finish;
};

static inline int gcm_seal(const struct gcm_functions *gcm, const struct gcm_key_data *key,
                           const struct dcn_crypt_text *text) {
    struct gcm_context_data context;
    if (text->trailer == NULL) {
        gcm->seal_whole(key, &context, text->target, text->source, text->length, text->nonce, text->aad,
                        text->aad_bytes, text->tag, DCN_CRYPT_TAG_BYTES);
        return 0;
    }
    gcm->start(key, &context, text->nonce, text->aad, text->aad_bytes);
    if (text->length > 0) {
        gcm->seal_part(key, &context, text->target, text->source, text->length);
    }
    gcm->seal_part(key, &context, text->target + text->length, text->trailer, 1);
    gcm->finish(key, &context, text->tag, DCN_CRYPT_TAG_BYTES);
    return 0;
}

static int gcm_128_seal(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    const struct gcm_functions gcm = {manager->gcm128_enc, manager->gcm128_init, manager->gcm128_enc_update,
                                      manager->gcm128_enc_finalize};
    return gcm_seal(&gcm, &own(key)->expanded.gcm, text);
}

static int gcm_256_seal(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    const struct gcm_functions gcm = {manager->gcm256_enc, manager->gcm256_init, manager->gcm256_enc_update,
                                      manager->gcm256_enc_finalize};
    return gcm_seal(&gcm, &own(key)->expanded.gcm, text);
}

static inline int gcm_open(aes_gcm_enc_dec_t open, const struct gcm_key_data *key, const struct dcn_crypt_text *text) {
    struct gcm_context_data context;
    uint8_t tag[DCN_CRYPT_TAG_BYTES];
    open(key, &context, text->target, text->source, text->length, text->nonce, text->aad, text->aad_bytes, tag,
         sizeof tag);
    return compare_tags(tag, text->tag);
}

static int gcm_128_open(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    return gcm_open(manager->gcm128_dec, &own(key)->expanded.gcm, text);
}

static int gcm_256_open(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    return gcm_open(manager->gcm256_dec, &own(key)->expanded.gcm, text);
}

static int chacha_seal(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    struct chacha20_poly1305_context_data context;
    const uint8_t *chacha = own(key)->expanded.chacha;
    manager->chacha20_poly1305_init(chacha, &context, text->nonce, text->aad, text->aad_bytes);
    if (text->length > 0) {
        manager->chacha20_poly1305_enc_update(chacha, &context, text->target, text->source, text->length);
    }
    if (text->trailer != NULL) {
        manager->chacha20_poly1305_enc_update(chacha, &context, text->target + text->length, text->trailer, 1);
    }
    manager->chacha20_poly1305_finalize(&context, text->tag, DCN_CRYPT_TAG_BYTES);
    return 0;
}

static int chacha_open(struct dcn_crypt_key *key, const struct dcn_crypt_text *text) {
    struct chacha20_poly1305_context_data context;
    uint8_t tag[DCN_CRYPT_TAG_BYTES];
    const uint8_t *chacha = own(key)->expanded.chacha;
    manager->chacha20_poly1305_init(chacha, &context, text->nonce, text->aad, text->aad_bytes);
    if (text->length > 0) {
        manager->chacha20_poly1305_dec_update(chacha, &context, text->target, text->source, text->length);
    }
    manager->chacha20_poly1305_finalize(&context, tag, sizeof tag);
    return compare_tags(tag, text->tag);
}

static int key_init(struct dcn_crypt_key *key, int suite, const uint8_t *bytes) {
    struct ipsec_mb_key *mine = own(key);
    switch (suite) {
    case DCN_CRYPT_AES_128_GCM:
        manager->gcm128_pre(bytes, &mine->expanded.gcm);
        key->seal = gcm_128_seal;
        key->open = gcm_128_open;
        return 0;
    case DCN_CRYPT_AES_256_GCM:
        manager->gcm256_pre(bytes, &mine->expanded.gcm);
        key->seal = gcm_256_seal;
        key->open = gcm_256_open;
        return 0;
    case DCN_CRYPT_CHACHA20_POLY1305:
        memcpy(mine->expanded.chacha, bytes, sizeof mine->expanded.chacha);
        key->seal = chacha_seal;
        key->open = chacha_open;
        return 0;
    default:
        return -EINVAL;
    }
}

static void key_release(struct dcn_crypt_key *key) {
    (void)key;  // all of it is in the struct
}

static int load(void *library, char *text, size_t size) {
    const char *(*version_text)(void);
    unsigned (*version)(void);
    IMB_MGR *(*allocate)(uint64_t flags);
    void (*set_up)(IMB_MGR *state, IMB_ARCH *arch);
    int (*error)(IMB_MGR *state);
    if (dcn_crypt_bind(library, "imb_get_version_str", &version_text, text, size) != 0 ||
        dcn_crypt_bind(library, "imb_get_version", &version, text, size) != 0 ||
        dcn_crypt_bind(library, "alloc_mb_mgr", &allocate, text, size) != 0 ||
        dcn_crypt_bind(library, "init_mb_mgr_auto", &set_up, text, size) != 0 ||
        dcn_crypt_bind(library, "imb_get_errno", &error, text, size) != 0) {
        return -ELIBBAD;
    }
    // The manager's layout is part of the ABI from 1.0 on, and grows only at its end.
    if (version() < IMB_VERSION(1, 3, 0) || version() >= IMB_VERSION(2, 0, 0)) {
        (void)snprintf(text, size, "version=%s is not a 1.x from 1.3.0 on", version_text());
        return -ELIBBAD;
    }
    IMB_MGR *made = allocate(0);
    if (made == NULL) {
        (void)snprintf(text, size, "alloc_mb_mgr failed: out of memory");
        return -ELIBBAD;
    }
    IMB_ARCH arch;
    set_up(made, &arch);
    if (error(made) != 0 ||
        ((made->features & IMB_FEATURE_SELF_TEST) != 0 && (made->features & IMB_FEATURE_SELF_TEST_PASS) == 0)) {
        (void)snprintf(text, size, "init_mb_mgr_auto failed: error=%d features=0x%llx", error(made),
                       (unsigned long long)made->features);
        return -ELIBBAD;
    }
    manager = made;
    (void)snprintf(text, size, "%s", version_text());
    return 0;
}

const struct dcn_crypt_engine dcn_crypt_ipsec_mb = {
    .library = "libIPSec_MB.so.1",
    .variable = "DCN_IPSEC_MB",
    .key_bytes = sizeof(struct ipsec_mb_key),
    .load = load,
    .key_init = key_init,
    .key_release = key_release,
};
