#include "record.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <string.h>
#include <sys/socket.h>

/* HKDF-Expand-Label(secret, label, "", bytes), RFC 8446 7.1. */
static bool expand_label(EVP_KDF *tls13_kdf, const EVP_MD *digest, const uint8_t *secret, char *label, uint8_t *bytes,
                         size_t length_bytes)
{
    static char mode[] = "EXPAND_ONLY", prefix[] = "tls13 ";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(digest), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, (size_t)EVP_MD_get_size(digest)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, strlen(prefix)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(tls13_kdf);
    bool derived = context != NULL && EVP_KDF_derive(context, bytes, length_bytes, params) > 0;
    EVP_KDF_CTX_free(context);
    return derived;
}

bool record_reader_open(struct record_reader *reader, EVP_KDF *tls13_kdf, const EVP_CIPHER *cipher,
                        const EVP_MD *digest, const uint8_t *secret)
{
    static char key_label[] = "key", iv_label[] = "iv";
    uint8_t key[EVP_MAX_KEY_LENGTH];
    reader->sequence = 0;
    reader->padding_bytes = 0;
    reader->header_bytes = 0;
    reader->cipher = EVP_CIPHER_CTX_new();
    return reader->cipher != NULL &&
           expand_label(tls13_kdf, digest, secret, key_label, key, (size_t)EVP_CIPHER_get_key_length(cipher)) &&
           expand_label(tls13_kdf, digest, secret, iv_label, reader->iv, sizeof reader->iv) &&
           EVP_DecryptInit_ex(reader->cipher, cipher, NULL, key, NULL) > 0;
}

void record_reader_close(struct record_reader *reader)
{
    EVP_CIPHER_CTX_free(reader->cipher);
    reader->cipher = NULL;
}

/* Checks the tag and turns the body into content and zeros; the nonce is RFC 8446 5.3's. */
static bool decrypt(struct record_reader *reader)
{
    uint8_t nonce[RECORD_IV_BYTES];
    memcpy(nonce, reader->iv, sizeof nonce);
    for (int i = 0; i < 8; i++)
        nonce[RECORD_IV_BYTES - 1 - i] ^= (uint8_t)(reader->sequence >> 8 * i);
    int sealed_bytes = (int)reader->body_bytes - RECORD_TAG_BYTES, length;
    EVP_CIPHER_CTX *cipher = reader->cipher;
    return EVP_DecryptInit_ex(cipher, NULL, NULL, NULL, nonce) > 0 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, RECORD_TAG_BYTES, reader->body + sealed_bytes) > 0 &&
           EVP_DecryptUpdate(cipher, NULL, &length, reader->header, RECORD_HEADER_BYTES) > 0 &&
           EVP_DecryptUpdate(cipher, reader->body, &length, reader->body, sealed_bytes) > 0 &&
           EVP_DecryptFinal_ex(cipher, reader->body + length, &length) > 0;
}

static enum record_result nothing_received(ssize_t result)
{
    if (result == 0)
        return RECORD_END;
    return errno == EAGAIN || errno == EINTR ? RECORD_LATER : RECORD_RESET;
}

static enum record_result take_header(struct record_reader *reader, int fd, bool look)
{
    ssize_t received =
        recv(fd, reader->header + reader->header_bytes, RECORD_HEADER_BYTES - reader->header_bytes, 0);
    if (received <= 0)
        return nothing_received(received);
    reader->header_bytes += (uint32_t)received;
    if (reader->header_bytes < RECORD_HEADER_BYTES)
        return RECORD_LATER;
    const uint8_t *header = reader->header;
    reader->body_bytes = (uint32_t)header[3] << 8 | header[4];
    reader->received_bytes = 0;
    reader->opens = look || reader->body_bytes <= RECORD_SMALL_BYTES;
    if (header[0] != RECORD_DATA || header[1] != 3 || header[2] != 3 || reader->body_bytes <= RECORD_TAG_BYTES ||
        reader->body_bytes > RECORD_MAX_BYTES)
        return RECORD_BAD;
    return RECORD_TAKEN;
}

/* Opens the record that is all here and takes it apart. */
static bool open_record(struct record_reader *reader, struct record *record)
{
    if (!decrypt(reader))
        return false;
    uint32_t inner_bytes = reader->body_bytes - RECORD_TAG_BYTES, end = inner_bytes;
    while (end > 0 && reader->body[end - 1] == 0)
        end--;
    if (end == 0) /* no type at all: RFC 8446 5.4 */
        return false;
    *record = (struct record){reader->body, end - 1, reader->body[end - 1]};
    if (record->type == RECORD_DATA)
        reader->padding_bytes = inner_bytes - end;
    return true;
}

enum record_result record_take(struct record_reader *reader, int fd, bool look, struct record *record)
{
    if (reader->header_bytes < RECORD_HEADER_BYTES) {
        enum record_result result = take_header(reader, fd, look);
        if (result != RECORD_TAKEN)
            return result;
    }
    ssize_t received = recv(fd, reader->body + reader->received_bytes, reader->body_bytes - reader->received_bytes,
                            reader->opens ? 0 : MSG_TRUNC);
    if (received <= 0)
        return nothing_received(received);
    reader->received_bytes += (uint32_t)received;
    if (reader->received_bytes < reader->body_bytes)
        return RECORD_LATER;
    if (reader->opens) {
        if (!open_record(reader, record))
            return RECORD_BAD;
    } else {
        uint32_t around_bytes = RECORD_TAG_BYTES + 1 + reader->padding_bytes;
        if (reader->body_bytes < around_bytes)
            return RECORD_BAD; /* a padding that changes, which no server is known to do */
        *record = (struct record){NULL, reader->body_bytes - around_bytes, RECORD_DATA};
    }
    reader->sequence++;
    reader->header_bytes = 0;
    return RECORD_TAKEN;
}
