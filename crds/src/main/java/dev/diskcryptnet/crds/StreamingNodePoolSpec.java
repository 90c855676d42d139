package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.SchemaFrom;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.Map;

/** What a user declares about a pool of streaming nodes. */
@JsonClassDescription("How many streaming nodes, on which machines, made from what.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StreamingNodePoolSpec {
    /** Kind of the resource. */
    public static final String KIND = "StreamingNodePool";

    @JsonProperty(defaultValue = "1")
    @JsonPropertyDescription("Streaming nodes wanted, 0 to 1000. kubectl scale and autoscalers set it.")
    @Min(0)
    @Max(Limits.MAX_REPLICAS)
    @SpecReplicas
    public Integer replicas;

    @JsonPropertyDescription(
            "Labels that a machine must carry to take a streaming node of the pool; every machine may when not given.")
    @Size(max = Limits.MAX_LABELS)
    @ValidationRule(
            value = "self.all(key, key.matches('" + Patterns.LABEL_KEY + "'))",
            message = "nodeSelector must have keys of labels; write them like streaming or example.com/streaming")
    @ValidationRule(
            value = "self.all(key, self[key].matches('" + Patterns.LABEL_VALUE + "'))",
            message = "nodeSelector must have values of labels; write at most 63 letters, digits, - _ and .")
    public Map<String, @Pattern(Patterns.LABEL_VALUE) @Size(max = Limits.MAX_LABEL_LENGTH) String> nodeSelector;

    @JsonPropertyDescription("What each streaming node of the pool is made from.")
    @Required
    public StreamingNodeTemplate template;

    @JsonProperty(defaultValue = "1")
    @JsonPropertyDescription(
            "How many streaming nodes may be out of service at once while a change of the template rolls through "
                    + "the pool: a number of at least 1, or a share of replicas such as 25%, rounded down but never "
                    + "to less than 1.")
    @SchemaFrom(type = IntOrString.class)
    @Pattern(Patterns.COUNT_OR_SHARE)
    @Size(max = Limits.MAX_COUNT_LENGTH)
    @ValidationRule(
            value = "type(self) == int ? self >= 1 && self <= " + Limits.MAX_REPLICAS + " : self.matches('"
                    + Patterns.COUNT_OR_SHARE + "')",
            message = "maxUnavailable must be a number of at least 1 or a share of replicas; write it like 1 or 25%")
    public String maxUnavailable;
}
