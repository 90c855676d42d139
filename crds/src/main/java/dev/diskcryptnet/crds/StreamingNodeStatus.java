package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import java.util.Locale;

/** What has been observed of a streaming node; nothing in it is assumed. */
@JsonClassDescription("What has been observed of the node; written by the operator alone.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StreamingNodeStatus {
    @JsonPropertyDescription("Generation of the spec that this status speaks of.")
    public Long observedGeneration;

    @JsonPropertyDescription("Ready, DevicesPrepared, Serving and Degraded, each at most once.")
    public List<ConditionStatus> conditions;

    @JsonPropertyDescription("Addresses that answer requests, without prefix length.")
    public List<String> addresses;

    @JsonPropertyDescription("The disks as the agent's drivers found them.")
    public List<DiskStatus> disks;

    @JsonPropertyDescription("The network ports as the agent's drivers found them.")
    public List<PortStatus> ports;

    @JsonPropertyDescription("Bits sent per second on all ports, mean over the last observation interval.")
    public Long transmitBitsPerSecond;

    @JsonPropertyDescription(
            "transmitBitsPerSecond in Gbit/s with one decimal, for people and for columns, for example 37.2.")
    public String transmitGbitPerSecond;

    @JsonPropertyDescription("TCP connections that are established.")
    public Long connections;

    @JsonPropertyDescription(
            "Bytes moved to and from memory for each byte sent, as a decimal number; absent where the machine "
                    + "has no counter for it.")
    public String memoryBytesPerNetworkByte;

    /**
     * Text of a rate for {@link #transmitGbitPerSecond}.
     *
     * @param bitsPerSecond 0 or more
     * @return Gbit/s with one decimal
     */
    public static String gbitPerSecond(long bitsPerSecond) {
        return String.format(Locale.ROOT, "%.1f", bitsPerSecond / 1e9);
    }
}
