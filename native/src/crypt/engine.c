// The engine table: loading of the libraries, and the keys.
#include "crypt/engine.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENGINES 2
#define TEXT_BYTES 256

static const struct dcn_crypt_engine *const engines[ENGINES] = {&dcn_crypt_ipsec_mb, &dcn_crypt_openssl};

// What came of loading each engine; written once, under the lock.
static struct {
    int done;
    int result;
    char text[TEXT_BYTES];
} states[ENGINES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int dcn_crypt_bind(void *library, const char *name, void *slot, char *text, size_t size) {
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        (void)snprintf(text, size, "symbol=%s is missing", name);
        return -ELIBBAD;
    }
    memcpy(slot, &symbol, sizeof symbol);
    return 0;
}

static int load(const struct dcn_crypt_engine *engine, char *text, size_t size) {
    const char *name = secure_getenv(engine->variable);
    if (name == NULL) {
        name = engine->library;
    }
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        (void)snprintf(text, size, "%s", reason == NULL ? name : reason);
        return -ELIBACC;
    }
    // A library once bound stays: keys and tables point into it.
    char detail[TEXT_BYTES / 2] = "";
    int result = engine->load(library, detail, sizeof detail);
    if (result == 0 && (result = dcn_crypt_self_test(engine)) != 0) {
        (void)snprintf(text, size, "library=%.80s version=%.30s seals a published vector wrongly", name, detail);
    } else if (result != 0) {
        (void)snprintf(text, size, "library=%.80s: %s", name, detail);
    } else {
        (void)snprintf(text, size, "%s", detail);
    }
    return result;
}

// Loads the engine at `index` if nobody did. Returns what came of it.
static int loaded(int index) {
    (void)pthread_mutex_lock(&lock);
    if (!states[index].done) {
        states[index].result = load(engines[index], states[index].text, sizeof states[index].text);
        states[index].done = 1;
    }
    int result = states[index].result;
    (void)pthread_mutex_unlock(&lock);
    return result;
}

const struct dcn_crypt_engine *dcn_crypt_engine_find(int number, int *result) {
    if (number < 1 || number > ENGINES) {
        *result = -EINVAL;
        return NULL;
    }
    *result = loaded(number - 1);
    return *result == 0 ? engines[number - 1] : NULL;
}

int dcn_crypt_engine_available(int engine, char *version, size_t size) {
    int result;
    (void)dcn_crypt_engine_find(engine, &result);
    (void)snprintf(version, size, "%s", result == -EINVAL ? "no such engine" : states[engine - 1].text);
    return result;
}

uint32_t dcn_crypt_suite_key_bytes(int suite) {
    switch (suite) {
    case DCN_CRYPT_AES_128_GCM: return 16;
    case DCN_CRYPT_AES_256_GCM: return 32;
    case DCN_CRYPT_CHACHA20_POLY1305: return 32;
    default: return 0;
    }
}

static size_t allocation_bytes(const struct dcn_crypt_engine *engine) {
    return (engine->key_bytes + DCN_CRYPT_KEY_ALIGNMENT - 1) / DCN_CRYPT_KEY_ALIGNMENT * DCN_CRYPT_KEY_ALIGNMENT;
}

struct dcn_crypt_key *dcn_crypt_key_new(const struct dcn_crypt_engine *engine, int suite, const uint8_t *bytes) {
    struct dcn_crypt_key *key = aligned_alloc(DCN_CRYPT_KEY_ALIGNMENT, allocation_bytes(engine));
    if (key == NULL) {
        return NULL;
    }
    memset(key, 0, allocation_bytes(engine));
    key->engine = engine;
    if (engine->key_init(key, suite, bytes) != 0) {
        dcn_crypt_key_wipe(key);
        free(key);
        return NULL;
    }
    return key;
}

void dcn_crypt_key_wipe(struct dcn_crypt_key *key) {
    const struct dcn_crypt_engine *engine = key->engine;
    engine->key_release(key);
    explicit_bzero(key, allocation_bytes(engine));
}

int dcn_crypt_key_create(int engine, int suite, int version, struct dcn_crypt_key_material *material) {
    material->handle = 0;
    if (dcn_crypt_suite_key_bytes(suite) == 0 || (version != DCN_CRYPT_TLS12 && version != DCN_CRYPT_TLS13)) {
        return -EINVAL;
    }
    int result;
    const struct dcn_crypt_engine *found = dcn_crypt_engine_find(engine, &result);
    if (found == NULL) {
        return result;
    }
    struct dcn_crypt_key *made = dcn_crypt_key_new(found, suite, material->key);
    if (made == NULL) {
        return -ENOMEM;
    }
    int is_explicit = version == DCN_CRYPT_TLS12 && suite != DCN_CRYPT_CHACHA20_POLY1305;
    made->version = version;
    made->explicit_bytes = is_explicit ? 8 : 0;
    // A salt leaves zeros behind it: XORed with the sequence they are the explicit nonce.
    memcpy(made->iv, material->iv, is_explicit ? 4 : DCN_CRYPT_NONCE_BYTES);
    material->handle = (uint64_t)(uintptr_t)made;
    return 0;
}

int dcn_crypt_key_destroy(uint64_t handle) {
    if (handle == 0) {
        return -EINVAL;
    }
    struct dcn_crypt_key *key = (struct dcn_crypt_key *)(uintptr_t)handle;
    dcn_crypt_key_wipe(key);
    free(key);
    return 0;
}
