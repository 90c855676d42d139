package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which library seals TLS records. */
public enum CryptEnginePolicy {
    /** The faster one of those on the machine. */
    @JsonProperty("auto")
    AUTO,
    /** intel-ipsec-mb. */
    @JsonProperty("ipsec-mb")
    IPSEC_MB,
    /** OpenSSL's libcrypto. */
    @JsonProperty("openssl")
    OPENSSL
}
