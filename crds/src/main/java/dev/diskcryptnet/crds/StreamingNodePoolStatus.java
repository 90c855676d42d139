package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** What has been observed of a pool. */
@JsonClassDescription("What has been observed of the pool; written by the operator alone.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StreamingNodePoolStatus {
    @JsonPropertyDescription("Generation of the spec that this status speaks of.")
    public Long observedGeneration;

    @JsonPropertyDescription("Streaming nodes of the pool that exist.")
    @StatusReplicas
    public Integer replicas;

    @JsonPropertyDescription("Streaming nodes of the pool whose condition Ready is True.")
    public Integer readyReplicas;

    @JsonPropertyDescription("Streaming nodes of the pool that have the template's present spec.")
    public Integer updatedReplicas;

    @JsonPropertyDescription("Label selector of the pool's streaming nodes, as text, for the scale subresource.")
    @LabelSelector
    public String selector;

    @JsonPropertyDescription(
            "Machines that carry or once carried a streaming node of the pool, the latest first, at most 1000. New "
                    + "streaming nodes go to these before others: their disks hold the content already.")
    public List<String> machines;

    @JsonPropertyDescription("Ready and Degraded, each at most once.")
    public List<ConditionStatus> conditions;

    @JsonPropertyDescription("What is missing, for a person, for example: 3 of 5: 2 eligible machines short.")
    public String message;
}
