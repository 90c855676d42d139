package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** One network port as its driver found it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class PortStatus {
    @JsonPropertyDescription("Interface name, the same as in metrics.")
    public String id;

    @JsonPropertyDescription("Station address, for example 02:00:00:00:00:01.")
    public String macAddress;

    @JsonPropertyDescription("Driver in use: packet, xdp or netmap.")
    public PortDriver driver;

    @JsonPropertyDescription("Whether one frame may carry many segments for the device or the kernel to cut.")
    public Boolean segmentationOffload;

    @JsonPropertyDescription("Whether the device reads the slots' memory itself.")
    public Boolean zeroCopy;
}
