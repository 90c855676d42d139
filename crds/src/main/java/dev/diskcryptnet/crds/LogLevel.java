package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Least severe events that are logged. */
public enum LogLevel {
    @JsonProperty("error")
    ERROR,
    @JsonProperty("warn")
    WARN,
    @JsonProperty("info")
    INFO,
    @JsonProperty("debug")
    DEBUG,
    @JsonProperty("trace")
    TRACE
}
