package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** How the agent's pod is run. The agent itself reads the log's settings and {@code cryptEngine} only. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class AgentSpec {
    @JsonPropertyDescription("Container image; the operator's own version of the agent when not given.")
    @Size(min = 1, max = Limits.MAX_IMAGE_LENGTH)
    @Pattern(Patterns.IMAGE)
    @ValidationRule(
            value = "self.matches('" + Patterns.IMAGE + "')",
            message = "image must be the reference of a container image; write it like registry.example/dcn-agent:1.0")
    public String image;

    @JsonProperty(defaultValue = "info")
    @JsonPropertyDescription("Least severe events that are logged: error, warn, info, debug or trace.")
    public LogLevel logLevel;

    @JsonProperty(defaultValue = "text")
    @JsonPropertyDescription("How events are written to the log, one a line: text (key=value) or json.")
    public LogFormat logFormat;

    @JsonProperty(defaultValue = "0")
    @JsonPropertyDescription(
            "One of how many responses each worker writes to the access log: 1 for all, 100 for one of a hundred, 0 for "
                    + "none, 1000000 at most.")
    @Min(0)
    @Max(Limits.MAX_ACCESS_LOG_EVERY)
    public Integer accessLogEvery;

    @JsonProperty(defaultValue = "auto")
    @JsonPropertyDescription(
            "Library that seals TLS records: ipsec-mb, openssl, or auto for the faster one, which the agent finds out "
                    + "at start.")
    public CryptEnginePolicy cryptEngine;

    @JsonProperty(defaultValue = "9464")
    @JsonPropertyDescription(
            "TCP port of the agent's health, metrics and status, 1024 to 65535. The agent is in the machine's own network, "
                    + "so that two streaming nodes on one machine need different ones.")
    @Min(Limits.MIN_ADMIN_PORT)
    @Max(Limits.MAX_TCP_PORT)
    public Integer adminPort;

    @JsonPropertyDescription("Taints of the node that the pod tolerates.")
    @Size(max = Limits.MAX_TOLERATIONS)
    public List<TolerationSpec> tolerations;

    @JsonPropertyDescription("Processors and memory of the pod; worked out from workers when not given.")
    public ResourcesSpec resources;
}
