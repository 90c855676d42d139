package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether the agent may format disks when it starts. */
public enum FormatPolicy {
    /** Disks must hold a volume already. */
    @JsonProperty("Never")
    NEVER,
    /** Disks that hold nothing are formatted; foreign data is refused. */
    @JsonProperty("IfEmpty")
    IF_EMPTY
}
