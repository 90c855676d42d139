/*
 * The records of a TLS 1.3 server, taken from a socket without decrypting the bulk (RFC 8446 5.2): of a record that
 * nobody looks at the five bytes of header are read, and the kernel throws its body away. Any of them can be opened,
 * since its nonce follows from its place in the sequence. Small ones always are: there is no telling an alert or a
 * KeyUpdate from data without it.
 *
 *     | 23 | 0x0303 | length | ciphertext of (content | content's type | zeros) | tag |
 *      1    2        2        length - 16 bytes                                  16
 */
#ifndef DCN_COMPARE_RECORD_H
#define DCN_COMPARE_RECORD_H

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORD_HEADER_BYTES = 5,
    RECORD_TAG_BYTES = 16,
    RECORD_IV_BYTES = 12,
    RECORD_SMALL_BYTES = 1024,
    RECORD_MAX_BYTES = (1 << 14) + 256, /* after the header, RFC 8446 5.2 */
};

/* Types of content, RFC 8446 5.1. */
enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23 };

struct record_reader {
    EVP_CIPHER_CTX *cipher; /* holds the key */
    uint8_t iv[RECORD_IV_BYTES];
    uint64_t sequence; /* of the record that comes next or is half here */
    uint8_t header[RECORD_HEADER_BYTES];
    uint32_t header_bytes; /* how much of it is here */
    uint32_t body_bytes;   /* what the header says */
    uint32_t received_bytes;
    uint32_t padding_bytes; /* zeros in the last data record that was opened */
    bool opens;
    uint8_t body[RECORD_MAX_BYTES];
};

struct record {
    uint8_t *bytes; /* the content, valid until the next call; NULL: thrown away */
    uint32_t length_bytes;
    uint8_t type; /* a record that was thrown away is taken to be data, padded like the last that was opened */
};

enum record_result {
    RECORD_TAKEN,
    RECORD_LATER, /* not all of it is here yet */
    RECORD_END,   /* the peer closed */
    RECORD_RESET, /* errno says why */
    RECORD_BAD,   /* not a record, or its tag is wrong */
};

/* From the traffic secret to key and IV (RFC 8446 7.3); `digest` is the suite's. False when OpenSSL refuses. */
bool record_reader_open(struct record_reader *reader, EVP_KDF *tls13_kdf, const EVP_CIPHER *cipher,
                        const EVP_MD *digest, const uint8_t *secret);

void record_reader_close(struct record_reader *reader);

/* Takes what is there of one record. `look` counts when the record begins: open it, however large it is. */
enum record_result record_take(struct record_reader *reader, int fd, bool look, struct record *record);

#endif
