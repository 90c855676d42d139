package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A taint that the agent's pod tolerates; the fields of Kubernetes' own toleration. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
        message = "key must be given unless operator is Exists; write the taint's key")
@ValidationRule(
        value = "!has(self.value) || !has(self.operator) || self.operator != 'Exists'",
        message = "value goes with operator Equal only; remove value, or write operator: Equal")
@ValidationRule(
        value = "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
        message = "tolerationSeconds goes with effect NoExecute only; remove it, or write effect: NoExecute")
public final class TolerationSpec {
    @JsonPropertyDescription("Key of the taint; all keys when not given and operator is Exists.")
    @Size(min = 1, max = Limits.MAX_LABEL_KEY_LENGTH)
    @Pattern(Patterns.LABEL_KEY)
    @ValidationRule(
            value = "self.matches('" + Patterns.LABEL_KEY + "')",
            message = "key must be the key of a taint; write it like dedicated or example.com/dedicated")
    public String key;

    @JsonPropertyDescription("Exists or Equal; Equal when not given.")
    @Size(min = 1, max = 16)
    @Pattern(Patterns.TOLERATION_OPERATOR)
    @ValidationRule(
            value = "self in ['Exists', 'Equal']",
            message = "operator must be Exists or Equal; write one of them")
    public String operator;

    @JsonPropertyDescription("Value of the taint, with operator Equal.")
    @Size(max = Limits.MAX_LABEL_LENGTH)
    @Pattern(Patterns.LABEL_VALUE)
    @ValidationRule(
            value = "self.matches('" + Patterns.LABEL_VALUE + "')",
            message = "value must be the value of a taint; write at most 63 letters, digits, - _ and .")
    public String value;

    @JsonPropertyDescription("NoSchedule, PreferNoSchedule or NoExecute; all effects when not given.")
    @Size(min = 1, max = 16)
    @Pattern(Patterns.TAINT_EFFECT)
    @ValidationRule(
            value = "self in ['NoSchedule', 'PreferNoSchedule', 'NoExecute']",
            message = "effect must be NoSchedule, PreferNoSchedule or NoExecute; write one of them")
    public String effect;

    @JsonPropertyDescription("Seconds that a NoExecute taint is tolerated; for ever when not given.")
    @Min(0)
    public Long tolerationSeconds;
}
