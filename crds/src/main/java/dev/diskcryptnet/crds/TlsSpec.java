package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** Where a listener's keys and certificates come from: Secrets of type kubernetes.io/tls. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class TlsSpec {
    @JsonPropertyDescription(
            "Secret of type kubernetes.io/tls in the node's namespace, with tls.crt and tls.key. Its certificate is "
                    + "shown to clients that ask for no name, or for one that no certificate has.")
    public String secretName;

    @JsonPropertyDescription(
            "Further secrets of that type, at most 31. Their certificates are shown to clients that ask for one of "
                    + "their names (SNI).")
    public List<String> additionalSecretNames;
}
