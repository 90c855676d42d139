package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;

/** One TCP port that takes HTTP requests, plain or under TLS. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class ListenerSpec {
    @JsonPropertyDescription("TCP port, 1 to 65535, once per node.")
    @Required
    @Min(Limits.MIN_TCP_PORT)
    @Max(Limits.MAX_TCP_PORT)
    public Integer port;

    @JsonPropertyDescription("Serves HTTPS with this key and certificate; plain HTTP when not given.")
    public TlsSpec tls;

    @JsonProperty(defaultValue = "cubic")
    @JsonPropertyDescription(
            "Congestion control of its connections: cubic, or bbr, to which random loss costs little. Clients without SACK "
                    + "get cubic.")
    public CongestionControlPolicy congestionControl;

    @JsonProperty(defaultValue = "true")
    @JsonPropertyDescription(
            "Whether clients that ask for it get explicit congestion notification (ECN): routers may then mark packets instead of "
                    + "dropping them. Connections with bbr have none.")
    public Boolean ecn;
}
