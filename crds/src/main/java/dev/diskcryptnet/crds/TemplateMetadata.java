package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;

/** Metadata that a pool gives to its streaming nodes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public final class TemplateMetadata {
    @JsonPropertyDescription("Labels of each streaming node, beside those that the pool sets itself.")
    @Size(max = Limits.MAX_LABELS)
    @ValidationRule(
            value = "self.all(key, key.matches('" + Patterns.LABEL_KEY + "'))",
            message = "labels must have keys of labels; write them like streaming or example.com/streaming")
    @ValidationRule(
            value = "self.all(key, self[key].matches('" + Patterns.LABEL_VALUE + "'))",
            message = "labels must have values of labels; write at most 63 letters, digits, - _ and .")
    @ValidationRule(
            value = "self.all(key, !key.matches('" + Patterns.RESERVED_KEY + "'))",
            message =
                    "labels must have no keys of diskcryptnet.dev or app.kubernetes.io, as the operator sets these; remove "
                            + "them")
    public Map<String, @Pattern(Patterns.LABEL_VALUE) @Size(max = Limits.MAX_LABEL_LENGTH) String> labels;

    @JsonPropertyDescription("Annotations of each streaming node.")
    @Size(max = Limits.MAX_ANNOTATIONS)
    @ValidationRule(
            value = "self.all(key, key.matches('" + Patterns.LABEL_KEY + "'))",
            message = "annotations must have keys like note or example.com/note; write such keys")
    @ValidationRule(
            value = "self.all(key, !key.matches('" + Patterns.RESERVED_KEY + "'))",
            message =
                    "annotations must have no keys of diskcryptnet.dev or app.kubernetes.io, as the operator sets these; remove "
                            + "them")
    public Map<String, @Size(max = Limits.MAX_ANNOTATION_LENGTH) String> annotations;
}
