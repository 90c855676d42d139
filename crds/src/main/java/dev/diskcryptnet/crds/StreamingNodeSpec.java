package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** What a user declares about one streaming node. The agent reads the same document as its configuration file. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StreamingNodeSpec {
    /** API group and version of the resource. */
    public static final String API_VERSION = "diskcryptnet.dev/v1alpha1";
    /** Kind of the resource. */
    public static final String KIND = "StreamingNode";

    @JsonPropertyDescription(
            "Kubernetes node that the agent runs on. Required and immutable in a cluster; an agent that is "
                    + "started by hand ignores it.")
    public String nodeName;

    @JsonPropertyDescription("Disks that make up the volume, 1 to 16, each given to this node alone.")
    public List<DiskSpec> disks;

    @JsonPropertyDescription("Network ports that serve streams, 1 to 8, each given to this node alone.")
    public List<PortSpec> ports;

    @JsonPropertyDescription("TCP ports that take requests on every address of every network port, 1 to 16.")
    public List<ListenerSpec> listeners;

    @JsonPropertyDescription("The loops that do the work. One worker when not given.")
    public WorkersSpec workers;

    @JsonProperty(defaultValue = "Never")
    @JsonPropertyDescription(
            "Whether disks that hold nothing are formatted at start: Never or IfEmpty. Foreign data is never "
                    + "overwritten.")
    public FormatPolicy format;

    @JsonProperty(defaultValue = "60s")
    @JsonPropertyDescription(
            "How long running responses may go on after a stop was asked for, as a duration such as 90s or 5m. "
                    + "0s to 1h.")
    public String drainTimeout;

    @JsonPropertyDescription("How the agent's pod is run, how much it logs, and what seals its records.")
    public AgentSpec agent;
}
