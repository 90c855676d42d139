package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Map;

/** Processors and memory of the agent's pod; quantities by resource name, as Kubernetes has them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class ResourcesSpec {
    @JsonPropertyDescription("What the pod is scheduled for, for example cpu: \"4\".")
    public Map<String, String> requests;

    @JsonPropertyDescription("What the pod may use at most, for example memory: 1Gi.")
    public Map<String, String> limits;
}
