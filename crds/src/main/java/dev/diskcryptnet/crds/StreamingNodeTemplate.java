package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** What the streaming nodes of a pool are made from. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class StreamingNodeTemplate {
    @JsonPropertyDescription("Labels and annotations that each streaming node of the pool carries.")
    public TemplateMetadata metadata;

    @JsonPropertyDescription("The spec of each streaming node of the pool; nodeName is filled in by the pool.")
    @Required
    public StreamingNodeSpec spec;
}
