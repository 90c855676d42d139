package dev.diskcryptnet.crds.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What an API server makes of a resource under a definition: it refuses unknown fields (strict field validation, as
 * kubectl asks for), fills in defaults, and checks the schema and the CEL rules.
 */
final class ApiServerChecks {
    /** After one of these an API server looks at no rule. */
    private static final Set<String> BLOCKING =
            Set.of("type", "required", "enum", "maxLength", "maxItems", "maxProperties");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final KubernetesCel cel = new KubernetesCel();
    private final ObjectNode schema;
    private final JsonSchema validator;

    ApiServerChecks(CustomResourceDefinition definition) {
        schema = MAPPER.valueToTree(
                definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema());
        validator = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(
                        schema,
                        SchemaValidatorsConfig.builder()
                                .pathType(PathType.LEGACY)
                                .locale(Locale.ROOT)
                                .build());
    }

    /**
     * Checks a resource that is created, or that takes the place of another.
     *
     * @param before the resource as it was, or null
     * @return every problem, none when the resource is accepted
     */
    List<String> problems(ObjectNode resource, ObjectNode before) {
        ObjectNode after = withDefaults(resource);
        List<String> found = new ArrayList<>();
        findUnknown("", schema, after, found);
        Set<ValidationMessage> messages = validator.validate(after);
        messages.forEach(message -> found.add(message.getMessage().replaceFirst("^[$][.]?", "")));
        if (messages.stream().map(ValidationMessage::getType).noneMatch(BLOCKING::contains)) {
            checkRules("", schema, after, before == null ? null : withDefaults(before), found);
        }
        return found;
    }

    private ObjectNode withDefaults(ObjectNode resource) {
        ObjectNode copy = resource.deepCopy();
        fillIn(schema, copy);
        return copy;
    }

    private static void fillIn(JsonNode schema, JsonNode value) {
        if (value instanceof ArrayNode items) {
            items.forEach(item -> fillIn(schema.path("items"), item));
        }
        if (value instanceof ObjectNode object) {
            schema.path("properties").properties().forEach(property -> {
                JsonNode fallback = property.getValue().get("default");
                if (fallback != null && !object.has(property.getKey())) {
                    object.set(property.getKey(), fallback);
                }
                if (object.has(property.getKey())) {
                    fillIn(property.getValue(), object.get(property.getKey()));
                }
            });
        }
    }

    private static void findUnknown(String path, JsonNode schema, JsonNode value, List<String> found) {
        if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                findUnknown(path + "[" + i + "]", schema.path("items"), value.get(i), found);
            }
        }
        if (!value.isObject() || !schema.has("properties")) {
            return;
        }
        value.properties().forEach(property -> {
            String name = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
            if (schema.get("properties").has(property.getKey())) {
                findUnknown(name, schema.get("properties").get(property.getKey()), property.getValue(), found);
            } else if (!List.of("apiVersion", "kind", "metadata").contains(name)) {
                found.add("unknown field \"" + name + "\"");
            }
        });
    }

    private void checkRules(String path, JsonNode schema, JsonNode value, JsonNode before, List<String> found) {
        schema.path("x-kubernetes-validations").forEach(rule -> checkRule(path, schema, rule, value, before, found));
        if (value.isArray()) {
            // Items of a list without keys have no counterpart in the list as it was.
            for (int i = 0; i < value.size(); i++) {
                checkRules(path + "[" + i + "]", schema.path("items"), value.get(i), null, found);
            }
        }
        if (value.isObject()) {
            schema.path("properties").properties().forEach(property -> {
                String name = property.getKey();
                if (value.has(name)) {
                    checkRules(
                            path.isEmpty() ? name : path + "." + name,
                            property.getValue(),
                            value.get(name),
                            before == null ? null : before.get(name),
                            found);
                }
            });
        }
    }

    private void checkRule(
            String path, JsonNode schema, JsonNode rule, JsonNode value, JsonNode before, List<String> found) {
        String text = rule.get("rule").asText();
        Map<String, Object> variables = new HashMap<>();
        variables.put("self", celValue(value));
        if (text.contains("oldSelf")) {
            if (before == null) {
                return;
            }
            variables.put("oldSelf", celValue(before));
        }
        if (!cel.holds(path.isEmpty() ? "root" : path.replaceAll("[0-9]+", ""), schema, text, variables)) {
            found.add(path + ": " + rule.get("message").asText());
        }
    }

    private static Object celValue(JsonNode value) {
        if (value.isIntegralNumber()) {
            return value.longValue();
        }
        if (value.isArray()) {
            List<Object> items = new ArrayList<>();
            value.forEach(item -> items.add(celValue(item)));
            return items;
        }
        if (value.isObject()) {
            Map<String, Object> fields = new HashMap<>();
            value.properties().forEach(field -> fields.put(field.getKey(), celValue(field.getValue())));
            return fields;
        }
        return value.isBoolean() ? value.booleanValue() : value.asText();
    }
}
