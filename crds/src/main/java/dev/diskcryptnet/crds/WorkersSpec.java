package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** The loops that do the work: one thread per worker. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class WorkersSpec {
    @JsonProperty(defaultValue = "1")
    @JsonPropertyDescription("Workers, 1 to 256, each a thread.")
    public Integer count;

    @JsonProperty(defaultValue = "false")
    @JsonPropertyDescription(
            "Whether the processors belong to the workers alone: whole CPUs and Guaranteed quality of service, "
                    + "each worker is pinned to one and may spin.")
    public Boolean dedicated;

    @JsonPropertyDescription(
            "Memory for bytes on their way from disk to network, of all workers and ports together, as a "
                    + "quantity of bytes such as 256Mi; 4Mi to 1Gi for each worker. It bounds the bytes in flight: more than a "
                    + "share of the last-level cache costs memory bandwidth. 16Mi for each worker and port when not given.")
    public String bufferMemory;

    @JsonPropertyDescription(
            "Huge pages for the buffers, as a quantity of bytes such as 1Gi; ordinary pages when not given.")
    public String hugepages;
}
