package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Map;

/** What a user declares about a pool of streaming nodes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StreamingNodePoolSpec {
    /** Kind of the resource. */
    public static final String KIND = "StreamingNodePool";

    @JsonProperty(defaultValue = "1")
    @JsonPropertyDescription("Streaming nodes wanted, 0 to 1000. kubectl scale and autoscalers set it.")
    public Integer replicas;

    @JsonPropertyDescription(
            "Labels that a machine must carry to take a streaming node of the pool; every machine may when not given.")
    public Map<String, String> nodeSelector;

    @JsonPropertyDescription("What each streaming node of the pool is made from.")
    public StreamingNodeTemplate template;

    @JsonProperty(defaultValue = "1")
    @JsonPropertyDescription(
            "How many streaming nodes may be out of service at once while a change of the template rolls through "
                    + "the pool: a number of at least 1, or a share of replicas such as 25%, rounded down but never "
                    + "to less than 1.")
    public String maxUnavailable;
}
