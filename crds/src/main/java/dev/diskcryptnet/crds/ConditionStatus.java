package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One condition, in the shape of Kubernetes' {@code metav1.Condition}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class ConditionStatus {
    @JsonPropertyDescription("Ready, DevicesPrepared, Serving or Degraded.")
    @Required
    @Size(min = 1, max = 64)
    public String type;

    @JsonPropertyDescription("True, False or Unknown.")
    @Required
    public String status;

    @JsonPropertyDescription("Why, as one CamelCase word, for example DeviceConflict.")
    public String reason;

    @JsonPropertyDescription("Why, for a person: names the device or object and the remedy.")
    public String message;

    @JsonPropertyDescription("When status last changed, RFC 3339.")
    public String lastTransitionTime;

    @JsonPropertyDescription("Generation of the spec that the condition speaks of.")
    public Long observedGeneration;
}
