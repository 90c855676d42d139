package dev.diskcryptnet.operator.dependent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether an object is as desired. Everything desired must be there with the value desired; what a server adds by default
 * or others own does not count. A field that is desired no longer shows in the hash that every applied object carries.
 */
public final class DesiredState {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int HASH_BYTES = 16;
    private static final Set<String> QUANTITY_FIELDS = Set.of("limits", "requests", "sizeLimit");

    private final KubernetesSerialization serialization;

    /** @param serialization of the client that reads and writes the objects */
    public DesiredState(KubernetesSerialization serialization) {
        this.serialization = serialization;
    }

    /** A copy of {@code desired} that carries its own hash. */
    public <T extends HasMetadata> T stamped(T desired) {
        T copy = serialization.clone(desired);
        var annotations = new TreeMap<String, String>();
        if (copy.getMetadata().getAnnotations() != null) {
            annotations.putAll(copy.getMetadata().getAnnotations());
        }
        annotations.put(Applier.HASH_ANNOTATION, hash(json(desired)));
        copy.getMetadata().setAnnotations(annotations);
        return copy;
    }

    /**
     * Compares.
     *
     * @param stamped from {@link #stamped}
     */
    public boolean matches(HasMetadata stamped, HasMetadata actual) {
        return contains(json(stamped), json(actual), "");
    }

    /** {@code actual} with everything that {@code stamped} says, for a replacement under actual's resourceVersion. */
    @SuppressWarnings("unchecked")
    public <T extends HasMetadata> T merged(T stamped, T actual) {
        ObjectNode result = json(actual).deepCopy();
        json(stamped).properties().forEach(field -> {
            if (field.getKey().equals("metadata")) {
                mergeMetadata((ObjectNode) result.get("metadata"), (ObjectNode) field.getValue());
            } else {
                result.set(field.getKey(), field.getValue());
            }
        });
        return (T) serialization.convertValue(result, actual.getClass());
    }

    private static void mergeMetadata(ObjectNode into, ObjectNode stamped) {
        stamped.properties().forEach(field -> {
            JsonNode present = into.get(field.getKey());
            if (present instanceof ObjectNode map && field.getValue() instanceof ObjectNode wanted) {
                map.setAll(wanted);
            } else {
                into.set(field.getKey(), field.getValue());
            }
        });
    }

    /** Hash of {@code value}'s content; the order of keys does not count. */
    public static String hash(JsonNode value) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(sorted(value).toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private ObjectNode json(HasMetadata object) {
        return serialization.convertValue(object, ObjectNode.class);
    }

    private static JsonNode sorted(JsonNode value) {
        if (value instanceof ObjectNode object) {
            var fields = new TreeMap<String, JsonNode>();
            object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
            ObjectNode result = MAPPER.createObjectNode();
            fields.forEach(result::set);
            return result;
        }
        if (value instanceof ArrayNode array) {
            ArrayNode result = MAPPER.createArrayNode();
            array.forEach(element -> result.add(sorted(element)));
            return result;
        }
        return value;
    }

    private static boolean contains(JsonNode desired, JsonNode actual, String field) {
        if (isEmpty(desired)) {
            return true;
        }
        if (actual == null) {
            return false;
        }
        if (desired instanceof ObjectNode object) {
            return actual.isObject() && containsFields(object, actual, field);
        }
        if (desired instanceof ArrayNode array) {
            return actual.isArray() && containsElements(array, actual, field);
        }
        return desired.equals(actual) || sameQuantity(desired, actual, field);
    }

    private static boolean containsFields(ObjectNode desired, JsonNode actual, String field) {
        for (Map.Entry<String, JsonNode> entry : desired.properties()) {
            String name = QUANTITY_FIELDS.contains(field) ? field : entry.getKey();
            if (!contains(entry.getValue(), actual.get(entry.getKey()), name)) {
                return false;
            }
        }
        return true;
    }

    private static boolean containsElements(ArrayNode desired, JsonNode actual, String field) {
        if (desired.size() != actual.size()) {
            return false;
        }
        Iterator<JsonNode> others = actual.elements();
        for (JsonNode element : desired) {
            if (!contains(element, others.next(), field)) {
                return false;
            }
        }
        return true;
    }

    /** A server leaves empty fields out. An empty object may mean something ({@code emptyDir: {}}), and is kept. */
    private static boolean isEmpty(JsonNode value) {
        return value.isNull() || value.isArray() && value.isEmpty();
    }

    /** A server writes quantities its own way: 1024Mi becomes 1Gi. */
    private static boolean sameQuantity(JsonNode desired, JsonNode actual, String field) {
        return QUANTITY_FIELDS.contains(field)
                && desired.isTextual()
                && actual.isTextual()
                && new Quantity(desired.asText())
                                .getNumericalAmount()
                                .compareTo(new Quantity(actual.asText()).getNumericalAmount())
                        == 0;
    }
}
