package dev.diskcryptnet.crds.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.Immutable;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The CEL types that an API server sees in a schema, so that a rule with a misspelt field does not compile. */
final class SchemaTypes {
    private final Map<String, CelType> structs = new HashMap<>();

    /** The type of what a schema describes. */
    CelType of(String path, JsonNode schema) {
        if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return SimpleType.DYN;
        }
        return switch (schema.path("type").asText()) {
            case "string" -> SimpleType.STRING;
            case "integer" -> SimpleType.INT;
            case "boolean" -> SimpleType.BOOL;
            case "array" -> ListType.create(of(path + ".items", schema.get("items")));
            case "object" -> object(path, schema);
            default -> throw new AssertionError(path + " has type " + schema.path("type") + ", which is not mapped");
        };
    }

    /** Types that were asked for so far. */
    CelTypeProvider provider() {
        return new Structs(ImmutableMap.copyOf(structs));
    }

    private CelType object(String path, JsonNode schema) {
        if (schema.has("additionalProperties")) {
            return MapType.create(SimpleType.STRING, of(path + ".values", schema.get("additionalProperties")));
        }
        Map<String, CelType> fields = new HashMap<>();
        schema.path("properties")
                .properties()
                .forEach(property ->
                        fields.put(property.getKey(), of(path + "." + property.getKey(), property.getValue())));
        if (path.equals("root")) {
            // All that rules see of a resource's metadata.
            fields.put("metadata", struct("metadata", Map.of("name", SimpleType.STRING)));
        }
        return struct(path, fields);
    }

    private CelType struct(String name, Map<String, CelType> fields) {
        ImmutableMap<String, CelType> known = ImmutableMap.copyOf(fields);
        CelType type = StructType.create(
                name, ImmutableSet.copyOf(known.keySet()), field -> Optional.ofNullable(known.get(field)));
        structs.put(name, type);
        return type;
    }

    @Immutable
    @SuppressWarnings("Immutable")
    private record Structs(ImmutableMap<String, CelType> byName) implements CelTypeProvider {
        @Override
        public ImmutableCollection<CelType> types() {
            return ImmutableList.copyOf(byName.values());
        }

        @Override
        public Optional<CelType> findType(String typeName) {
            return Optional.ofNullable(byName.get(typeName));
        }
    }
}
