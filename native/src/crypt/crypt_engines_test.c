// One engine against the other: random lengths, offsets, in place and not, batches of mixed keys; on two threads at once,
// which share the engines and nothing else.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dcn/crypt.h"
#include "support/test.h"

#define ROUNDS 700
#define THREADS 2
#define BATCH 12
#define SLOT (DCN_CRYPT_PLAINTEXT_MAX + 256)
#define GUARD 0xee

static _Thread_local uint64_t state;

static uint32_t random_below(uint32_t bound) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % bound;
}

static void random_bytes(uint8_t *at, size_t length) {
    for (size_t i = 0; i < length; i++) {
        at[i] = (uint8_t)random_below(256);
    }
}

struct pair {
    uint64_t keys[2];  // the same key, in each engine
    uint32_t header;
    uint32_t overhead;
};

static struct pair make_pair(int suite, int version) {
    struct dcn_crypt_key_material material;
    random_bytes(material.key, sizeof material.key);
    random_bytes(material.iv, sizeof material.iv);
    struct pair made = {.header = 5, .overhead = version == DCN_CRYPT_TLS13 ? 22 : 21};
    if (version == DCN_CRYPT_TLS12 && suite != DCN_CRYPT_CHACHA20_POLY1305) {
        made.header = 13;
        made.overhead = 29;
    }
    for (int engine = DCN_CRYPT_IPSEC_MB; engine <= DCN_CRYPT_OPENSSL; engine++) {
        CHECK_EQUAL(0, dcn_crypt_key_create(engine, suite, version, &material));
        made.keys[engine - DCN_CRYPT_IPSEC_MB] = material.handle;
    }
    return made;
}

// Short ones and full ones more often than chance has them.
static uint32_t random_length(void) {
    switch (random_below(4)) {
    case 0: return random_below(100);
    case 1: return DCN_CRYPT_PLAINTEXT_MAX - random_below(40);
    default: return random_below(DCN_CRYPT_PLAINTEXT_MAX + 1);
    }
}

static void check_guards(const uint8_t *slot, uint32_t offset, uint32_t used) {
    for (uint32_t i = 0; i < SLOT; i++) {
        if (i < offset || i >= offset + used) {
            CHECK_EQUAL(GUARD, slot[i]);
        }
    }
}

struct side {
    uint8_t *slots;  // BATCH of SLOT bytes
    struct dcn_crypt_record records[BATCH];
};

static void should_seal_the_same_bytes(const struct pair *pairs, int count, struct side sides[2], uint8_t *plaintext) {
    uint32_t lengths[BATCH];
    uint32_t offsets[BATCH];
    int used[BATCH];
    uint32_t batch = 1 + random_below(BATCH);
    for (uint32_t i = 0; i < batch; i++) {
        used[i] = (int)random_below((uint32_t)count);
        const struct pair *pair = &pairs[used[i]];
        lengths[i] = random_length();
        offsets[i] = random_below(65);
        int in_place = random_below(2) == 0;
        uint8_t type = (uint8_t)(20 + random_below(4));
        uint64_t sequence = random_below(8) == 0 ? UINT64_MAX - random_below(3) : random_below(1u << 30);
        uint8_t *source = plaintext + (size_t)i * SLOT + random_below(65);
        random_bytes(source, lengths[i] < 64 ? lengths[i] : 64);
        for (int side = 0; side < 2; side++) {
            uint8_t *slot = sides[side].slots + (size_t)i * SLOT;
            memset(slot, GUARD, SLOT);
            if (in_place) {
                memcpy(slot + offsets[i] + pair->header, source, lengths[i]);
            }
            sides[side].records[i] = (struct dcn_crypt_record){
                .key = pair->keys[side],
                .sequence = sequence,
                .source = (uintptr_t)(in_place ? slot + offsets[i] + pair->header : source),
                .target = (uintptr_t)(slot + offsets[i]),
                .length = lengths[i],
                .type = type};
        }
    }
    CHECK_EQUAL(batch, dcn_crypt_seal(sides[0].records, batch));
    CHECK_EQUAL(batch, dcn_crypt_seal(sides[1].records, batch));
    for (uint32_t i = 0; i < batch; i++) {
        uint32_t bytes = lengths[i] + pairs[used[i]].overhead;
        for (int side = 0; side < 2; side++) {
            CHECK_EQUAL(bytes, sides[side].records[i].result);
            check_guards(sides[side].slots + (size_t)i * SLOT, offsets[i], bytes);
        }
        CHECK(memcmp(sides[0].slots + (size_t)i * SLOT, sides[1].slots + (size_t)i * SLOT, SLOT) == 0);
    }

    // Each opens what the other sealed, in place or aside.
    uint8_t *aside = malloc((size_t)BATCH * SLOT);
    memset(aside, GUARD, (size_t)BATCH * SLOT);
    for (int side = 0; side < 2; side++) {
        uint8_t types[BATCH];
        for (uint32_t i = 0; i < batch; i++) {
            struct dcn_crypt_record *record = &sides[side].records[i];
            types[i] = record->type;
            record->source = record->target;
            record->key = pairs[used[i]].keys[1 - side];
            record->length = (uint32_t)record->result;
            record->target = random_below(2) == 0 ? record->source + pairs[used[i]].header
                                                  : (uintptr_t)(aside + (size_t)i * SLOT);
            record->type = 0;
        }
        CHECK_EQUAL(batch, dcn_crypt_open(sides[side].records, batch));
        for (uint32_t i = 0; i < batch; i++) {
            CHECK_EQUAL(lengths[i], sides[side].records[i].result);
            CHECK_EQUAL(types[i], sides[side].records[i].type);
        }
    }
    for (uint32_t i = 0; i < batch; i++) {
        CHECK(memcmp((void *)(uintptr_t)sides[0].records[i].target, (void *)(uintptr_t)sides[1].records[i].target,
                     lengths[i]) == 0);
    }
    free(aside);
}

static void *run(void *seed) {
    state = *(uint64_t *)seed;
    struct pair pairs[6];
    int count = 0;
    for (int suite = DCN_CRYPT_AES_128_GCM; suite <= DCN_CRYPT_CHACHA20_POLY1305; suite++) {
        for (int version = DCN_CRYPT_TLS12; version <= DCN_CRYPT_TLS13; version++) {
            pairs[count++] = make_pair(suite, version);
        }
    }
    uint8_t *plaintext = malloc((size_t)BATCH * SLOT);
    random_bytes(plaintext, (size_t)BATCH * SLOT);
    struct side sides[2] = {{.slots = malloc((size_t)BATCH * SLOT)}, {.slots = malloc((size_t)BATCH * SLOT)}};
    for (int round = 0; round < ROUNDS; round++) {
        should_seal_the_same_bytes(pairs, count, sides, plaintext);
    }
    for (int i = 0; i < count; i++) {
        CHECK_EQUAL(0, dcn_crypt_key_destroy(pairs[i].keys[0]));
        CHECK_EQUAL(0, dcn_crypt_key_destroy(pairs[i].keys[1]));
    }
    free(sides[0].slots);
    free(sides[1].slots);
    free(plaintext);
    return NULL;
}

int main(void) {
    char text[256];
    for (int engine = DCN_CRYPT_IPSEC_MB; engine <= DCN_CRYPT_OPENSSL; engine++) {
        if (dcn_crypt_engine_available(engine, text, sizeof text) != 0) {
            (void)fprintf(stderr, "needs both engines: %s\n", text);
            return DCN_TEST_SKIPPED;
        }
    }
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS];
    for (int i = 0; i < THREADS; i++) {
        seeds[i] = 0x9e3779b97f4a7c15u + (uint64_t)i;
        CHECK_EQUAL(0, pthread_create(&threads[i], NULL, run, &seeds[i]));
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(0, pthread_join(threads[i], NULL));
    }
    return 0;
}
