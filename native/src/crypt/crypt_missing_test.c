// A machine without a library, or with one that is another.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dcn/crypt.h"
#include "support/test.h"

int main(void) {
    char text[256];
    CHECK_EQUAL(0, setenv("DCN_IPSEC_MB", "/nowhere/libIPSec_MB.so.1", 1));
    CHECK_EQUAL(0, setenv("DCN_LIBCRYPTO", "libm.so.6", 1));

    CHECK_EQUAL(-ELIBACC, dcn_crypt_engine_available(DCN_CRYPT_IPSEC_MB, text, sizeof text));
    CHECK(strstr(text, "/nowhere/libIPSec_MB.so.1") != NULL);
    CHECK_EQUAL(-ELIBBAD, dcn_crypt_engine_available(DCN_CRYPT_OPENSSL, text, sizeof text));
    CHECK(strstr(text, "library=libm.so.6") != NULL);
    CHECK(strstr(text, "symbol=OPENSSL_init_crypto") != NULL);

    struct dcn_crypt_key_material material = {0};
    CHECK_EQUAL(-ELIBACC, dcn_crypt_key_create(DCN_CRYPT_IPSEC_MB, DCN_CRYPT_AES_128_GCM, DCN_CRYPT_TLS13, &material));
    CHECK_EQUAL(-ELIBBAD, dcn_crypt_key_create(DCN_CRYPT_OPENSSL, DCN_CRYPT_AES_128_GCM, DCN_CRYPT_TLS13, &material));
    CHECK_EQUAL(0, material.handle);

    // A text that does not fit is cut, and still ends in NUL; none at all is no crash.
    char small[5];
    CHECK_EQUAL(-ELIBACC, dcn_crypt_engine_available(DCN_CRYPT_IPSEC_MB, small, sizeof small));
    CHECK_EQUAL(4, strlen(small));
    CHECK_EQUAL(-ELIBACC, dcn_crypt_engine_available(DCN_CRYPT_IPSEC_MB, NULL, 0));
    CHECK_EQUAL(-EINVAL, dcn_crypt_engine_available(0, text, sizeof text));
    CHECK_EQUAL(-EINVAL, dcn_crypt_engine_available(3, text, sizeof text));
    return 0;
}
