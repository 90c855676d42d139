// Crypt: TLS records sealed and opened in batches, by an engine that its number names.
//
//   DCN_CRYPT_IPSEC_MB   intel-ipsec-mb, libIPSec_MB.so.1
//   DCN_CRYPT_OPENSSL    OpenSSL 3, libcrypto.so.3
//
// Both libraries are loaded when they are first asked for, so that a machine without one has one engine less and nothing
// worse. The environment variables DCN_IPSEC_MB and DCN_LIBCRYPTO name another file to load.
//
// A record on the wire (RFC 8446 5.2, RFC 5246 6.2.3.3, RFC 5288 3, RFC 7905 2):
//
//              0      1         3        5                  5 + e            5 + e + n [+ 1]
//              | type | version | length | explicit nonce   | ciphertext     | tag, 16 bytes |
//   TLS 1.3      23     0x0303             e = 0              n + inner type
//   TLS 1.2 GCM  type   0x0303             e = 8: sequence    n
//   TLS 1.2 ChaCha20    0x0303             e = 0              n
//
// Who owns what:
//
//   caller                      library
//   records[]     -----------   read and written only during the call that names them
//   source        -----------   only read: memory that a device writes elsewhere in, or that nobody may write, will do
//   keys          -----------   the library's from create to destroy; a key serves one thread at a time
//
// No function here locks or allocates once a key exists.
#ifndef DCN_CRYPT_H
#define DCN_CRYPT_H

#include <stddef.h>
#include <stdint.h>

#include "dcn/error.h"

// Engines.
#define DCN_CRYPT_IPSEC_MB 1
#define DCN_CRYPT_OPENSSL 2

// Cipher suites.
#define DCN_CRYPT_AES_128_GCM 1
#define DCN_CRYPT_AES_256_GCM 2
#define DCN_CRYPT_CHACHA20_POLY1305 3

// Protocol versions, as they are on the wire.
#define DCN_CRYPT_TLS12 0x0303
#define DCN_CRYPT_TLS13 0x0304

// Most plaintext of one record (RFC 8446 5.1), and the tag of all three suites.
#define DCN_CRYPT_PLAINTEXT_MAX 16384
#define DCN_CRYPT_TAG_BYTES 16

// What a key is made from. The caller wipes it.
struct dcn_crypt_key_material {
    uint8_t key[32];  // 16 bytes for DCN_CRYPT_AES_128_GCM, 32 for the others
    uint8_t iv[12];   // 4 bytes, the salt of RFC 5288 3, for an AES suite under DCN_CRYPT_TLS12
    uint8_t zero[4];
    uint64_t handle;  // out
};

// One record to seal or to open.
struct dcn_crypt_record {
    uint64_t key;       // of dcn_crypt_key_create
    uint64_t sequence;  // the record's number under this key
    uint64_t source;    // address: plaintext to seal; whole record to open
    uint64_t target;    // address: whole record when sealed; plaintext when opened
    uint32_t length;    // bytes at source
    uint8_t type;       // content type: in when sealing, out when opening
    uint8_t zero[3];
    int32_t result;  // out: bytes at target, or -errno
    uint32_t zero2;
};

// Whether the engine can be used here. Loads its library at the first call and lets every suite seal a published vector.
// `version` receives the library's version, or on failure the reason for a person; `size` counts the final NUL.
// Returns 0; -ELIBACC when the library is not there, -ELIBBAD when it is not usable, -EINVAL for an unknown engine.
DCN_API int dcn_crypt_engine_available(int engine, char *version, size_t size);

// Expands a traffic key from what `material` holds. Returns 0 and the key in `material->handle`; -EINVAL for numbers that
// name nothing, -ENOMEM, or what dcn_crypt_engine_available returned.
DCN_API int dcn_crypt_key_create(int engine, int suite, int version, struct dcn_crypt_key_material *material);

// Wipes the key and frees it. No batch may name it any more. Returns 0, or -EINVAL for 0.
DCN_API int dcn_crypt_key_destroy(uint64_t handle);

// Seals `count` records, of any keys, in order. Of each: `length` bytes from `source` on become one whole record at
// `target`, which has room for length + 22 bytes (TLS 1.3), length + 29 (TLS 1.2 with AES) or length + 21 (TLS 1.2 with
// ChaCha20). Source and target do not overlap, or source is exactly where the ciphertext goes: target + 5, or
// target + 13 in TLS 1.2 with AES. TLS 1.3 records carry no padding; the explicit nonce of TLS 1.2 is the sequence.
// `result` is the number of bytes at target; -EMSGSIZE for length above DCN_CRYPT_PLAINTEXT_MAX, -EINVAL for no key,
// -EIO when the library failed: then target holds nothing of use.
// Returns how many records were sealed.
DCN_API int dcn_crypt_seal(struct dcn_crypt_record *records, uint32_t count);

// Opens `count` records, of any keys, in order. Of each: `length` bytes at `source` are one whole protected record. Target
// has room for length less header and tag: at most DCN_CRYPT_PLAINTEXT_MAX + 1 bytes, for in TLS 1.3 inner type and
// padding are written there too. Target and source do not overlap, or target is where the ciphertext is.
// `result` is the number of plaintext bytes, without inner type and padding, and `type` the content type; or
//   -EPROTO    the header does not fit `length`, or is none of a protected record
//   -EMSGSIZE  more than DCN_CRYPT_PLAINTEXT_MAX bytes of plaintext; nothing was written
//   -EBADMSG   the tag does not hold; target is zeroed as far as plaintext would have gone
//   -ENOMSG    TLS 1.3: authentic, but nothing but padding (RFC 8446 5.4)
//   -EINVAL    no key
// Returns how many records were opened.
DCN_API int dcn_crypt_open(struct dcn_crypt_record *records, uint32_t count);

#endif
