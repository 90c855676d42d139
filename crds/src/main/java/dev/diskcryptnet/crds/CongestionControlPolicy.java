package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Congestion control of a listener's connections. */
public enum CongestionControlPolicy {
    /** RFC 9438: what most servers on the internet use. */
    @JsonProperty("cubic")
    CUBIC,
    /** BBRv3: random loss costs it little. Clients without SACK get CUBIC. */
    @JsonProperty("bbr")
    BBR
}
