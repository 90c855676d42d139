package dev.diskcryptnet.agent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Turns YAML into a spec, refusing whatever the spec has no room for, with the line and the nearest known name. */
final class SpecReader {
    private static final YAMLMapper MAPPER = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    /**
     * A spec, and what stands in front of its fields' paths.
     *
     * @param pathPrefix {@code "spec."} when the spec came in a whole resource, else empty
     */
    record Document(StreamingNodeSpec spec, String pathPrefix) {}

    /** A whole resource. What is beside the spec is the API server's business. */
    record Resource(
            String apiVersion,
            String kind,
            Map<String, Object> metadata,
            StreamingNodeSpec spec,
            Map<String, Object> status) {}

    private SpecReader() {}

    static Document read(String yaml, String source) {
        try {
            JsonNode root = MAPPER.readTree(yaml);
            if (!root.isObject()) {
                throw new ConfigException(
                        source, List.of("it holds no fields; write the spec of a StreamingNode, see --help"));
            }
            if (root.has("spec") || root.has("kind") || root.has("apiVersion")) {
                return ofResource(MAPPER.readValue(yaml, Resource.class), source);
            }
            return new Document(MAPPER.readValue(yaml, StreamingNodeSpec.class), "");
        } catch (JsonProcessingException e) {
            throw new ConfigException(source, List.of(line(e) + describe(e)));
        }
    }

    private static Document ofResource(Resource resource, String source) {
        if (!StreamingNodeSpec.KIND.equals(resource.kind())) {
            throw wrongResource(source, "kind", resource.kind(), StreamingNodeSpec.KIND);
        }
        if (!StreamingNodeSpec.API_VERSION.equals(resource.apiVersion())) {
            throw wrongResource(source, "apiVersion", resource.apiVersion(), StreamingNodeSpec.API_VERSION);
        }
        if (resource.spec() == null) {
            throw new ConfigException(source, List.of("spec is missing; write what the node serves and from where"));
        }
        return new Document(resource.spec(), "spec.");
    }

    private static ConfigException wrongResource(String source, String field, String found, String wanted) {
        String what = found == null ? " is missing" : " is '" + found + "'";
        return new ConfigException(source, List.of(field + what + "; it must be " + wanted));
    }

    private static String line(JsonProcessingException e) {
        JsonLocation location = e.getLocation();
        return location == null || location.getLineNr() < 1 ? "" : "line " + location.getLineNr() + ": ";
    }

    private static String describe(JsonProcessingException e) {
        if (e instanceof UnrecognizedPropertyException unknown) {
            return describeUnknown(unknown);
        }
        if (e instanceof MismatchedInputException mismatch
                && !mismatch.getPath().isEmpty()) {
            return path(mismatch) + " must be " + wanted(mismatch.getTargetType());
        }
        if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
            return path(mapping) + " cannot be read: " + e.getOriginalMessage();
        }
        return "not valid YAML: " + e.getOriginalMessage().lines().findFirst().orElse("unreadable");
    }

    private static String describeUnknown(UnrecognizedPropertyException e) {
        List<String> known =
                e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
        String nearest = nearest(e.getPropertyName(), known)
                .map(name -> "; did you mean " + name + "?")
                .orElse(";");
        return path(e) + " is not a known field" + nearest + " known here: " + String.join(", ", known);
    }

    private static String wanted(Class<?> type) {
        if (type == null) {
            return "of another type";
        }
        if (type.isEnum()) {
            return "one of " + String.join(", ", names(type));
        }
        if (type == Integer.class || type == Long.class) {
            return "a whole number that fits, without quotes";
        }
        if (type == Boolean.class) {
            return "true or false, without quotes";
        }
        if (type == String.class) {
            return "a text";
        }
        return Collection.class.isAssignableFrom(type) ? "a list" : "a mapping of field names to values";
    }

    /** Names of an enum's constants as the document writes them. */
    static List<String> names(Class<?> type) {
        return Arrays.stream(type.getFields())
                .filter(java.lang.reflect.Field::isEnumConstant)
                .map(field -> field.getAnnotation(JsonProperty.class).value())
                .toList();
    }

    private static String path(JsonMappingException e) {
        return e.getPath().stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                .collect(Collectors.joining())
                .substring(1);
    }

    /** The known name that takes the fewest single-letter edits, when that is few enough to be a slip. */
    static Optional<String> nearest(String name, List<String> known) {
        return known.stream()
                .filter(candidate -> edits(name, candidate) <= Math.max(2, candidate.length() / 3))
                .min(java.util.Comparator.comparingInt(candidate -> edits(name, candidate)));
    }

    private static int edits(String from, String to) {
        String a = from.toLowerCase(java.util.Locale.ROOT);
        String b = to.toLowerCase(java.util.Locale.ROOT);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
