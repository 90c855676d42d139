package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;

/** Processors and memory of the agent's pod; quantities by resource name, as Kubernetes has them. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.requests) || !has(self.limits) || self.requests.all(name, !(name in self.limits) || "
                + "!isQuantity(string(self.requests[name])) || !isQuantity(string(self.limits[name])) || "
                + "quantity(string(self.requests[name])).compareTo(quantity(string(self.limits[name]))) <= 0)",
        message = "requests must not exceed limits; write less in requests or more in limits")
public final class ResourcesSpec {
    @JsonPropertyDescription("What the pod is scheduled for, for example cpu: \"4\".")
    @Size(max = Limits.MAX_RESOURCES)
    @ValidationRule(
            value = "self.all(name, name.matches('" + Patterns.LABEL_KEY + "'))",
            message = "requests must have names of resources; write them like cpu, memory or hugepages-2Mi")
    @ValidationRule(
            value = "self.all(name, string(self[name]).matches('" + Patterns.QUANTITY + "'))",
            message = "requests must have quantities; write them like 4, 500m or 1Gi")
    public Map<String, @Pattern(Patterns.QUANTITY) @Size(min = 1, max = Limits.MAX_QUANTITY_LENGTH) String> requests;

    @JsonPropertyDescription("What the pod may use at most, for example memory: 1Gi.")
    @Size(max = Limits.MAX_RESOURCES)
    @ValidationRule(
            value = "self.all(name, name.matches('" + Patterns.LABEL_KEY + "'))",
            message = "limits must have names of resources; write them like cpu, memory or hugepages-2Mi")
    @ValidationRule(
            value = "self.all(name, string(self[name]).matches('" + Patterns.QUANTITY + "'))",
            message = "limits must have quantities; write them like 4, 500m or 1Gi")
    public Map<String, @Pattern(Patterns.QUANTITY) @Size(min = 1, max = Limits.MAX_QUANTITY_LENGTH) String> limits;
}
