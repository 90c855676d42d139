// TLS records around an engine's authenticated encryption: header, nonce and additional data.
#include <errno.h>
#include <string.h>

#include "crypt/engine.h"

#define HEADER_BYTES 5
#define APPLICATION_DATA 23
#define AAD_BYTES_MAX 13

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t get16(const uint8_t *at) {
    return (uint32_t)at[0] << 8 | at[1];
}

static void put64(uint8_t *at, uint64_t value) {
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof value);
}

// The sequence, padded on the left, XORed into the IV (RFC 8446 5.3, RFC 7905 2). Over a salt and zeros that is the salt
// and the sequence (RFC 5288 3).
static void make_nonce(const struct dcn_crypt_key *key, uint64_t sequence, uint8_t nonce[DCN_CRYPT_NONCE_BYTES]) {
    uint8_t padded[DCN_CRYPT_NONCE_BYTES] = {0};
    put64(padded + 4, sequence);
    for (int i = 0; i < DCN_CRYPT_NONCE_BYTES; i++) {
        nonce[i] = key->iv[i] ^ padded[i];
    }
}

// Additional data of TLS 1.2 (RFC 5246 6.2.3.3). Returns its length.
static uint32_t make_aad12(uint8_t aad[AAD_BYTES_MAX], uint64_t sequence, uint8_t type, uint32_t length) {
    put64(aad, sequence);
    aad[8] = type;
    put16(aad + 9, DCN_CRYPT_TLS12);
    put16(aad + 11, length);
    return AAD_BYTES_MAX;
}

static int seal(struct dcn_crypt_record *record) {
    struct dcn_crypt_key *key = (struct dcn_crypt_key *)(uintptr_t)record->key;
    if (key == NULL) {
        return -EINVAL;
    }
    uint32_t length = record->length;
    if (length > DCN_CRYPT_PLAINTEXT_MAX) {
        return -EMSGSIZE;
    }
    uint8_t *target = (uint8_t *)(uintptr_t)record->target;
    uint8_t *ciphertext = target + HEADER_BYTES + key->explicit_bytes;
    int is13 = key->version == DCN_CRYPT_TLS13;
    uint32_t encrypted = length + (is13 ? 1 : 0);
    uint8_t header[HEADER_BYTES] = {is13 ? APPLICATION_DATA : record->type};
    put16(header + 1, DCN_CRYPT_TLS12);
    put16(header + 3, key->explicit_bytes + encrypted + DCN_CRYPT_TAG_BYTES);

    uint8_t nonce[DCN_CRYPT_NONCE_BYTES];
    make_nonce(key, record->sequence, nonce);
    uint8_t aad[AAD_BYTES_MAX];
    struct dcn_crypt_text text = {.nonce = nonce,
                                  .length = length,
                                  .source = (const uint8_t *)(uintptr_t)record->source,
                                  .target = ciphertext,
                                  .tag = ciphertext + encrypted};
    if (is13) {
        text.aad = header;
        text.aad_bytes = HEADER_BYTES;
        text.trailer = &record->type;
    } else {
        text.aad = aad;
        text.aad_bytes = make_aad12(aad, record->sequence, record->type, length);
    }
    int result = key->seal(key, &text);
    if (result != 0) {
        return result;
    }
    memcpy(target, header, HEADER_BYTES);
    if (key->explicit_bytes > 0) {
        put64(target + HEADER_BYTES, record->sequence);
    }
    return (int)(HEADER_BYTES + key->explicit_bytes + encrypted + DCN_CRYPT_TAG_BYTES);
}

// Plaintext without padding and inner type, which goes to `type` (RFC 8446 5.4).
static int strip(const uint8_t *inner, uint32_t length, uint8_t *type) {
    while (length > 0 && inner[length - 1] == 0) {
        length--;
    }
    if (length == 0) {
        return -ENOMSG;
    }
    *type = inner[length - 1];
    return (int)(length - 1);
}

// Bytes of ciphertext without the tag, from header and length alone; or -EPROTO, -EMSGSIZE.
static int measure(const struct dcn_crypt_key *key, const uint8_t *source, uint32_t length) {
    uint32_t overhead = HEADER_BYTES + key->explicit_bytes + DCN_CRYPT_TAG_BYTES;
    if (length < overhead || get16(source + 3) != length - HEADER_BYTES) {
        return -EPROTO;
    }
    // The version of a TLS 1.3 record says nothing (RFC 8446 5.1), though the tag covers it.
    int is13 = key->version == DCN_CRYPT_TLS13;
    if (is13 ? source[0] != APPLICATION_DATA : get16(source + 1) != DCN_CRYPT_TLS12) {
        return -EPROTO;
    }
    uint32_t encrypted = length - overhead;
    return encrypted > DCN_CRYPT_PLAINTEXT_MAX + (is13 ? 1u : 0u) ? -EMSGSIZE : (int)encrypted;
}

static int unseal(struct dcn_crypt_record *record) {
    struct dcn_crypt_key *key = (struct dcn_crypt_key *)(uintptr_t)record->key;
    if (key == NULL) {
        return -EINVAL;
    }
    const uint8_t *source = (const uint8_t *)(uintptr_t)record->source;
    uint8_t *target = (uint8_t *)(uintptr_t)record->target;
    int measured = measure(key, source, record->length);
    if (measured < 0) {
        return measured;
    }
    uint32_t encrypted = (uint32_t)measured;
    const uint8_t *ciphertext = source + HEADER_BYTES + key->explicit_bytes;
    int is13 = key->version == DCN_CRYPT_TLS13;
    uint8_t nonce[DCN_CRYPT_NONCE_BYTES];
    make_nonce(key, record->sequence, nonce);
    if (key->explicit_bytes > 0) {
        // Whatever the sender chose; the sequence is authenticated through the additional data (RFC 5288 3).
        memcpy(nonce + 4, source + HEADER_BYTES, key->explicit_bytes);
    }
    uint8_t aad[AAD_BYTES_MAX];
    uint8_t tag[DCN_CRYPT_TAG_BYTES];
    memcpy(tag, ciphertext + encrypted, sizeof tag);
    struct dcn_crypt_text text = {.nonce = nonce, .length = encrypted, .source = ciphertext, .target = target, .tag = tag};
    uint8_t type = source[0];
    if (is13) {
        memcpy(aad, source, HEADER_BYTES);
        text.aad_bytes = HEADER_BYTES;
    } else {
        text.aad_bytes = make_aad12(aad, record->sequence, type, encrypted);
    }
    text.aad = aad;
    int result = key->open(key, &text);
    if (result != 0) {
        memset(target, 0, encrypted);
        return result;
    }
    if (is13) {
        return strip(target, encrypted, &record->type);
    }
    record->type = type;
    return (int)encrypted;
}

int dcn_crypt_seal(struct dcn_crypt_record *records, uint32_t count) {
    int sealed = 0;
    for (uint32_t i = 0; i < count; i++) {
        records[i].result = seal(&records[i]);
        sealed += records[i].result >= 0;
    }
    return sealed;
}

int dcn_crypt_open(struct dcn_crypt_record *records, uint32_t count) {
    int opened = 0;
    for (uint32_t i = 0; i < count; i++) {
        records[i].result = unseal(&records[i]);
        opened += records[i].result >= 0;
    }
    return opened;
}
