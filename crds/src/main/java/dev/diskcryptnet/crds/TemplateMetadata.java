package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Map;

/** Metadata that a pool gives to its streaming nodes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class TemplateMetadata {
    @JsonPropertyDescription("Labels of each streaming node, beside those that the pool sets itself.")
    public Map<String, String> labels;

    @JsonPropertyDescription("Annotations of each streaming node.")
    public Map<String, String> annotations;
}
