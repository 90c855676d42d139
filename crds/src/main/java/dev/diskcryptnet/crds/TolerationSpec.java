package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A taint that the agent's pod tolerates; the fields of Kubernetes' own toleration. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class TolerationSpec {
    @JsonPropertyDescription("Key of the taint; all keys when not given and operator is Exists.")
    public String key;

    @JsonPropertyDescription("Exists or Equal; Equal when not given.")
    public String operator;

    @JsonPropertyDescription("Value of the taint, with operator Equal.")
    public String value;

    @JsonPropertyDescription("NoSchedule, PreferNoSchedule or NoExecute; all effects when not given.")
    public String effect;

    @JsonPropertyDescription("Seconds that a NoExecute taint is tolerated; for ever when not given.")
    public Long tolerationSeconds;
}
