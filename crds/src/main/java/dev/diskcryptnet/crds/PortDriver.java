package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a network port is driven. */
public enum PortDriver {
    /** AF_PACKET rings with virtio-net headers, on any interface. */
    @JsonProperty("packet")
    PACKET,
    /** AF_XDP sockets. */
    @JsonProperty("xdp")
    XDP,
    /** The netmap kernel module. */
    @JsonProperty("netmap")
    NETMAP
}
