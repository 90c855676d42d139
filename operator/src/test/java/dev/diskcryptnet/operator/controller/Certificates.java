package dev.diskcryptnet.operator.controller;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A key and a certificate that were made for these tests and are used nowhere else. */
final class Certificates {
    static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBhDCCASugAwIBAgIUDDX40JiL4RqE9Kolypkkz8FxUicwCgYIKoZIzj0EAwIw
            FzEVMBMGA1UEAwwMZWRnZS5leGFtcGxlMCAXDTI2MTEyMjIyMTg1N1oYDzIxMjYx
            MDI5MjIxODU3WjAXMRUwEwYDVQQDDAxlZGdlLmV4YW1wbGUwWTATBgcqhkjOPQIB
            BggqhkjOPQMBBwNCAARJFkeErpkYM5NY1Rp3Gm1oLatijveMBYATNKXyeI+Dbzav
            mGpXkSfmmq6XqppiNeBsV/HYSeQcJ24bHAHAWQLHo1MwUTAdBgNVHQ4EFgQUpLDl
            Hc4gNKOy7PEp+62GCHMdMbgwHwYDVR0jBBgwFoAUpLDlHc4gNKOy7PEp+62GCHMd
            MbgwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAapi28pZ15Qn5U
            6FuxWdSYwxIhhUaDVLEEVSvd7TA8egIgFUZj0UvkR3ShpeoZMNquVb4QB/4WgAPo
            fgGNu8HNA2Q=
            -----END CERTIFICATE-----
            """;

    static final String KEY = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpWZwEyPAzPenyy8W
            aTdh3v2TwFZN8UeWSig0kfzKsIihRANCAARJFkeErpkYM5NY1Rp3Gm1oLatijveM
            BYATNKXyeI+DbzavmGpXkSfmmq6XqppiNeBsV/HYSeQcJ24bHAHAWQLH
            -----END PRIVATE KEY-----
            """;

    private Certificates() {}

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
