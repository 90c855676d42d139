// Records: the published ones, and what no good peer sends.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/hex.h"
#include "crypt/rfc8448.h"
#include "dcn/crypt.h"

static int engine;

static uint64_t make_key(int suite, int version) {
    struct dcn_crypt_key_material material = {.key = {1, 2, 3}, .iv = {4, 5, 6, 7}};
    CHECK_EQUAL(0, dcn_crypt_key_create(engine, suite, version, &material));
    CHECK(material.handle != 0);
    return material.handle;
}

// Seals from and into heap blocks of just the right size, so that the sanitizer sees a byte too much. Returns the record,
// for the caller to free.
static uint8_t *seal(uint64_t key, uint64_t sequence, uint8_t type, const uint8_t *plaintext, uint32_t length,
                     uint32_t overhead) {
    uint8_t *source = malloc(length > 0 ? length : 1);
    uint8_t *target = malloc(length + overhead);
    if (length > 0) {
        memcpy(source, plaintext, length);
    }
    struct dcn_crypt_record record = {.key = key,
                                      .sequence = sequence,
                                      .source = (uintptr_t)source,
                                      .target = (uintptr_t)target,
                                      .length = length,
                                      .type = type};
    CHECK_EQUAL(1, dcn_crypt_seal(&record, 1));
    CHECK_EQUAL(length + overhead, record.result);
    CHECK(length == 0 || memcmp(source, plaintext, length) == 0);
    free(source);
    return target;
}

// Returns what dcn_crypt_open says of the `length` bytes; plaintext and type go out.
static int open(uint64_t key, uint64_t sequence, const uint8_t *sealed, uint32_t length, uint8_t *plaintext,
                uint8_t *type) {
    uint8_t *source = malloc(length > 0 ? length : 1);
    if (length > 0) {
        memcpy(source, sealed, length);
    }
    struct dcn_crypt_record record = {.key = key,
                                      .sequence = sequence,
                                      .source = (uintptr_t)source,
                                      .target = (uintptr_t)plaintext,
                                      .length = length};
    int opened = dcn_crypt_open(&record, 1);
    CHECK_EQUAL(record.result >= 0, opened);
    *type = record.type;
    free(source);
    return record.result;
}

static void should_know_the_records_of_rfc_8448(const struct rfc8448_record *published) {
    struct hex bytes = hex(published->key);
    struct hex iv = hex(published->iv);
    struct hex sealed = hex(published->record);
    struct dcn_crypt_key_material material = {0};
    memcpy(material.key, bytes.bytes, bytes.length);
    memcpy(material.iv, iv.bytes, iv.length);
    CHECK_EQUAL(0, dcn_crypt_key_create(engine, DCN_CRYPT_AES_128_GCM, DCN_CRYPT_TLS13, &material));
    uint8_t plaintext[HEX_BYTES_MAX];
    uint8_t type;
    int length = open(material.handle, published->sequence, sealed.bytes, sealed.length, plaintext, &type);
    CHECK_EQUAL(sealed.length - 22, length);
    CHECK_EQUAL(published->type, type);
    struct hex expected = hex(published->payload != NULL ? published->payload : published->begins);
    CHECK(published->payload == NULL || expected.length == (uint32_t)length);
    CHECK(memcmp(expected.bytes, plaintext, expected.length) == 0);

    uint8_t *again = seal(material.handle, published->sequence, type, plaintext, (uint32_t)length, 22);
    CHECK(memcmp(sealed.bytes, again, sealed.length) == 0);
    free(again);
    CHECK_EQUAL(-EBADMSG,
                open(material.handle, published->sequence + 1, sealed.bytes, sealed.length, plaintext, &type));
    CHECK_EQUAL(0, dcn_crypt_key_destroy(material.handle));
}

static void should_write_the_headers_of_the_rfcs(int suite) {
    static const uint8_t plaintext[300] = {42};
    uint64_t key = make_key(suite, DCN_CRYPT_TLS13);
    uint8_t *record = seal(key, UINT64_C(0x0102030405060708), 21, plaintext, 300, 22);
    CHECK(memcmp(record, "\x17\x03\x03\x01\x3d", 5) == 0);
    free(record);
    CHECK_EQUAL(0, dcn_crypt_key_destroy(key));

    key = make_key(suite, DCN_CRYPT_TLS12);
    if (suite == DCN_CRYPT_CHACHA20_POLY1305) {
        record = seal(key, UINT64_C(0x0102030405060708), 21, plaintext, 300, 21);
        CHECK(memcmp(record, "\x15\x03\x03\x01\x3c", 5) == 0);
    } else {
        record = seal(key, UINT64_C(0x0102030405060708), 21, plaintext, 300, 29);
        CHECK(memcmp(record, "\x15\x03\x03\x01\x44\1\2\3\4\5\6\7\x8", 13) == 0);
    }
    free(record);
    CHECK_EQUAL(0, dcn_crypt_key_destroy(key));
}

// Any one bit: of the record, of the sequence, of the key's other half.
static void should_refuse_every_flipped_bit(int suite, int version) {
    static const uint8_t plaintext[40] = "0123456789012345678901234567890123456789";
    uint64_t key = make_key(suite, version);
    uint32_t overhead = version == DCN_CRYPT_TLS13 ? 22 : suite == DCN_CRYPT_CHACHA20_POLY1305 ? 21 : 29;
    uint32_t length = sizeof plaintext + overhead;
    uint8_t *record = seal(key, 3, 23, plaintext, sizeof plaintext, overhead);
    uint8_t *out = malloc(sizeof plaintext + 1);
    uint8_t type;
    for (uint32_t bit = 0; bit < length * 8; bit++) {
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(out, 'x', sizeof plaintext);
        int result = open(key, 3, record, length, out, &type);
        CHECK(result == -EBADMSG || (bit < 40 && result == -EPROTO));
        CHECK(result != -EBADMSG || memcmp(out, (const uint8_t[40]){0}, sizeof plaintext) == 0);
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_EQUAL(-EBADMSG, open(key, 2, record, length, out, &type));
    for (uint32_t cut = 0; cut < length; cut++) {
        CHECK_EQUAL(-EPROTO, open(key, 3, record, cut, out, &type));
        if (cut >= 5) {
            uint8_t high = record[3];
            uint8_t low = record[4];
            record[3] = (uint8_t)((cut - 5) >> 8);
            record[4] = (uint8_t)(cut - 5);
            int result = open(key, 3, record, cut, out, &type);
            CHECK(result == -EBADMSG || (result == -EPROTO && cut < overhead));
            record[3] = high;
            record[4] = low;
        }
    }
    CHECK_EQUAL(sizeof plaintext, open(key, 3, record, length, out, &type));
    CHECK(memcmp(plaintext, out, sizeof plaintext) == 0);
    CHECK_EQUAL(23, type);
    free(out);
    free(record);
    CHECK_EQUAL(0, dcn_crypt_key_destroy(key));
}

// Padding of TLS 1.3 comes out of sealing type 0 behind bytes that end in a type and zeros.
static void should_strip_padding(int suite) {
    uint64_t key = make_key(suite, DCN_CRYPT_TLS13);
    uint8_t inner[DCN_CRYPT_PLAINTEXT_MAX] = {0};
    uint8_t *out = malloc(DCN_CRYPT_PLAINTEXT_MAX + 1);
    uint8_t type;
    static const uint32_t lengths[] = {0, 1, 15, 16, 17, 1000, DCN_CRYPT_PLAINTEXT_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t *record = seal(key, i, 0, inner, lengths[i], 22);
        CHECK_EQUAL(-ENOMSG, open(key, i, record, lengths[i] + 22, out, &type));
        free(record);
    }
    memcpy(inner, "GET\x17", 4);
    uint8_t *record = seal(key, 9, 0, inner, DCN_CRYPT_PLAINTEXT_MAX, 22);
    CHECK_EQUAL(3, open(key, 9, record, DCN_CRYPT_PLAINTEXT_MAX + 22, out, &type));
    CHECK_EQUAL(23, type);
    CHECK(memcmp(out, "GET", 3) == 0);
    free(record);
    free(out);
    CHECK_EQUAL(0, dcn_crypt_key_destroy(key));
}

static void should_bound_lengths(int suite, int version) {
    uint64_t key = make_key(suite, version);
    uint32_t overhead = version == DCN_CRYPT_TLS13 ? 22 : suite == DCN_CRYPT_CHACHA20_POLY1305 ? 21 : 29;
    static uint8_t plaintext[DCN_CRYPT_PLAINTEXT_MAX + 1];
    uint8_t *record = seal(key, 0, 23, plaintext, DCN_CRYPT_PLAINTEXT_MAX, overhead);
    uint8_t *out = malloc(DCN_CRYPT_PLAINTEXT_MAX + 1);
    uint8_t type;
    CHECK_EQUAL(DCN_CRYPT_PLAINTEXT_MAX,
                open(key, 0, record, DCN_CRYPT_PLAINTEXT_MAX + overhead, out, &type));
    free(record);

    struct dcn_crypt_record tooLong = {.key = key,
                                       .source = (uintptr_t)plaintext,
                                       .target = (uintptr_t)out,
                                       .length = DCN_CRYPT_PLAINTEXT_MAX + 1,
                                       .type = 23};
    CHECK_EQUAL(0, dcn_crypt_seal(&tooLong, 1));
    CHECK_EQUAL(-EMSGSIZE, tooLong.result);

    // One byte more than there may be, whatever its tag: nothing is written, where nothing would fit.
    uint32_t length = DCN_CRYPT_PLAINTEXT_MAX + 1 + overhead;
    record = calloc(1, length);
    memcpy(record, (const uint8_t[5]){23, 3, 3, (uint8_t)((length - 5) >> 8), (uint8_t)(length - 5)}, 5);
    CHECK_EQUAL(-EMSGSIZE, open(key, 0, record, length, NULL, &type));
    free(record);
    free(out);
    CHECK_EQUAL(0, dcn_crypt_key_destroy(key));
}

static void should_refuse_what_names_nothing(void) {
    struct dcn_crypt_key_material material = {.handle = 1};
    CHECK_EQUAL(-EINVAL, dcn_crypt_key_create(engine, 0, DCN_CRYPT_TLS13, &material));
    CHECK_EQUAL(0, material.handle);
    CHECK_EQUAL(-EINVAL, dcn_crypt_key_create(engine, 4, DCN_CRYPT_TLS13, &material));
    CHECK_EQUAL(-EINVAL, dcn_crypt_key_create(engine, DCN_CRYPT_AES_128_GCM, 0x0302, &material));
    CHECK_EQUAL(-EINVAL, dcn_crypt_key_create(3, DCN_CRYPT_AES_128_GCM, DCN_CRYPT_TLS13, &material));
    CHECK_EQUAL(-EINVAL, dcn_crypt_key_destroy(0));
    struct dcn_crypt_record record = {0};
    CHECK_EQUAL(0, dcn_crypt_seal(&record, 1));
    CHECK_EQUAL(-EINVAL, record.result);
    CHECK_EQUAL(0, dcn_crypt_open(&record, 1));
    CHECK_EQUAL(-EINVAL, record.result);
}

int main(void) {
    char text[256];
    int engines = 0;
    for (engine = DCN_CRYPT_IPSEC_MB; engine <= DCN_CRYPT_OPENSSL; engine++) {
        if (dcn_crypt_engine_available(engine, text, sizeof text) != 0) {
            continue;
        }
        engines++;
        for (size_t i = 0; i < sizeof rfc8448_records / sizeof rfc8448_records[0]; i++) {
            should_know_the_records_of_rfc_8448(&rfc8448_records[i]);
        }
        for (int suite = DCN_CRYPT_AES_128_GCM; suite <= DCN_CRYPT_CHACHA20_POLY1305; suite++) {
            should_write_the_headers_of_the_rfcs(suite);
            should_strip_padding(suite);
            for (int version = DCN_CRYPT_TLS12; version <= DCN_CRYPT_TLS13; version++) {
                should_refuse_every_flipped_bit(suite, version);
                should_bound_lengths(suite, version);
            }
        }
        should_refuse_what_names_nothing();
    }
    return engines > 0 ? 0 : DCN_TEST_SKIPPED;
}
