package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** Where a listener's key and certificate come from. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class TlsSpec {
    @JsonPropertyDescription("Secret of type kubernetes.io/tls in the node's namespace, with tls.crt and tls.key.")
    public String secretName;
}
