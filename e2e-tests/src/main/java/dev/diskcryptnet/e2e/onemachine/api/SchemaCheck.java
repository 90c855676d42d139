package dev.diskcryptnet.e2e.onemachine.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What of an OpenAPI schema a custom resource breaks: types, enumerations, patterns, bounds, required and unknown
 * fields. Rules in CEL and defaults are left to real servers.
 */
final class SchemaCheck {
    private final List<String> problems = new ArrayList<>();

    private SchemaCheck() {}

    /**
     * Compares an object with its kind's schema.
     *
     * @return what is wrong, each with the path of the field; empty when nothing is
     */
    static List<String> problems(JsonNode schema, JsonNode object) {
        var check = new SchemaCheck();
        check.required(schema, object, "");
        // Status is its own resource, and metadata has no schema.
        check.check(schema.path("properties").path("spec"), object.path("spec"), "spec");
        return check.problems;
    }

    private void check(JsonNode schema, JsonNode value, String path) {
        if (value.isNull() || value.isMissingNode()) {
            return;
        }
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            if (!value.isIntegralNumber() && !value.isTextual()) {
                wrongType(path, "integer or string", value);
            } else if (value.isTextual()) {
                text(schema, value.asText(), path);
            }
            return;
        }
        String type = schema.path("type").asText();
        boolean fits =
                switch (type) {
                    case "object" -> value.isObject();
                    case "array" -> value.isArray();
                    case "string" -> value.isTextual();
                    case "integer" -> value.isIntegralNumber();
                    case "number" -> value.isNumber();
                    case "boolean" -> value.isBoolean();
                    default -> true;
                };
        if (!fits) {
            wrongType(path, type, value);
            return;
        }
        oneOf(schema, value, path);
        switch (type) {
            case "object" -> object(schema, value, path);
            case "array" -> array(schema, value, path);
            case "string" -> text(schema, value.asText(), path);
            case "integer", "number" -> number(schema, value.decimalValue(), path);
            default -> {
                // A boolean has no bounds.
            }
        }
    }

    private void wrongType(String path, String type, JsonNode value) {
        problems.add(path + ": Invalid value: " + value + ": must be of type " + type);
    }

    private void oneOf(JsonNode schema, JsonNode value, String path) {
        JsonNode allowed = schema.path("enum");
        if (allowed.isEmpty()) {
            return;
        }
        for (JsonNode one : allowed) {
            if (one.equals(value)) {
                return;
            }
        }
        problems.add(path + ": Unsupported value: " + value + ": supported values: " + allowed);
    }

    private void object(JsonNode schema, JsonNode value, String path) {
        required(schema, value, path);
        count(schema, "minProperties", "maxProperties", value.size(), path, "fields");
        JsonNode properties = schema.path("properties");
        JsonNode additional = schema.path("additionalProperties");
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            String place = path + "." + field.getKey();
            if (properties.has(field.getKey())) {
                check(properties.get(field.getKey()), field.getValue(), place);
            } else if (additional.isObject()) {
                check(additional, field.getValue(), place);
            } else if (!additional.asBoolean()
                    && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
                problems.add(place + ": unknown field");
            }
        }
    }

    private void required(JsonNode schema, JsonNode value, String path) {
        for (JsonNode name : schema.path("required")) {
            if (!value.hasNonNull(name.asText())) {
                problems.add((path.isEmpty() ? "" : path + ".") + name.asText() + ": Required value");
            }
        }
    }

    private void array(JsonNode schema, JsonNode value, String path) {
        count(schema, "minItems", "maxItems", value.size(), path, "items");
        for (int i = 0; i < value.size(); i++) {
            check(schema.path("items"), value.get(i), path + "[" + i + "]");
        }
    }

    private void text(JsonNode schema, String text, String path) {
        count(schema, "minLength", "maxLength", text.codePointCount(0, text.length()), path, "characters");
        String pattern = schema.path("pattern").asText("");
        if (!pattern.isEmpty() && !Pattern.compile(pattern).matcher(text).find()) {
            problems.add(path + ": Invalid value: \"" + text + "\": should match '" + pattern + "'");
        }
    }

    private void count(JsonNode schema, String least, String most, int count, String path, String what) {
        if (schema.has(least) && count < schema.get(least).asInt()) {
            problems.add(path + ": Invalid value: should have at least "
                    + schema.get(least).asInt() + " " + what);
        }
        if (schema.has(most) && count > schema.get(most).asInt()) {
            problems.add(path + ": Invalid value: should have at most "
                    + schema.get(most).asInt() + " " + what);
        }
    }

    private void number(JsonNode schema, BigDecimal value, String path) {
        if (schema.has("minimum") && value.compareTo(schema.get("minimum").decimalValue()) < 0) {
            problems.add(path + ": Invalid value: " + value + ": should be greater than or equal to "
                    + schema.get("minimum"));
        }
        if (schema.has("maximum") && value.compareTo(schema.get("maximum").decimalValue()) > 0) {
            problems.add(
                    path + ": Invalid value: " + value + ": should be less than or equal to " + schema.get("maximum"));
        }
    }
}
