package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** What one network of clients may take. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class ClientsSpec {
    @JsonPropertyDescription(
            "Connections that the clients of one network may have with each worker and port, 1 to 65536; as many "
                    + "handshakes are kept, more are answered by SYN cookies. No limit when not given: thousands of clients "
                    + "may be behind one address.")
    @Min(1)
    @Max(Limits.MAX_CONNECTIONS)
    public Integer maxConnectionsPerPrefix;

    @JsonProperty(defaultValue = "24")
    @JsonPropertyDescription("Bits of an IPv4 address that name its network, 8 to 32.")
    @Min(Limits.MIN_IPV4_PREFIX_LENGTH)
    @Max(Limits.MAX_IPV4_PREFIX_LENGTH)
    public Integer ipv4PrefixLength;

    @JsonProperty(defaultValue = "56")
    @JsonPropertyDescription("Bits of an IPv6 address that name its network, 32 to 64.")
    @Min(Limits.MIN_IPV6_PREFIX_LENGTH)
    @Max(Limits.MAX_IPV6_PREFIX_LENGTH)
    public Integer ipv6PrefixLength;
}
