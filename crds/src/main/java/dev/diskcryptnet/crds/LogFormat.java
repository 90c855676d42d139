package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How events are written to the log. */
public enum LogFormat {
    /** Key=value pairs. */
    @JsonProperty("text")
    TEXT,
    /** One JSON object a line. */
    @JsonProperty("json")
    JSON
}
