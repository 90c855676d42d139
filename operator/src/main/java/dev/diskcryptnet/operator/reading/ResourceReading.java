package dev.diskcryptnet.operator.reading;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.Unread;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads StreamingNodes and pools whatever is in their specs, and writes back what it did not understand as it was. A
 * watch or a list that one object makes fail would show none of the others either.
 */
public final class ResourceReading {
    private static final String SPEC = "spec";

    /** For one resource at a time, strict but for {@link Forgiving}. */
    private static final ObjectMapper MAPPER = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .addHandler(new Forgiving());

    private ResourceReading() {}

    /** What a client's mapper has to have registered. */
    public static Module module() {
        var module = new SimpleModule("diskcryptnet-resources");
        add(module, StreamingNode.class);
        add(module, StreamingNodePool.class);
        return module;
    }

    /** A client's way to read and write. */
    public static KubernetesSerialization serialization() {
        return new KubernetesSerialization(new ObjectMapper().registerModule(module()), true);
    }

    private static <T extends HasMetadata & Unread.Carrier> void add(SimpleModule module, Class<T> type) {
        module.addDeserializer(type, new Reader<>(type));
        module.addSerializer(type, new Writer<>(type));
    }

    private static final class Reader<T extends HasMetadata & Unread.Carrier> extends StdDeserializer<T> {
        private static final long serialVersionUID = 1L;
        private final Class<T> type;

        Reader(Class<T> type) {
            super(type);
            this.type = type;
        }

        @Override
        public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            JsonNode tree = context.readTree(parser);
            List<String> problems = new ArrayList<>();
            T resource = MAPPER.readerFor(type)
                    .withAttribute(Forgiving.PROBLEMS, problems)
                    .readValue(tree);
            if (!problems.isEmpty()) {
                resource.unread(new Unread(tree.path(SPEC), problems));
            }
            return resource;
        }
    }

    private static final class Writer<T extends HasMetadata & Unread.Carrier> extends StdSerializer<T> {
        private static final long serialVersionUID = 1L;

        Writer(Class<T> type) {
            super(type);
        }

        @Override
        public void serialize(T resource, JsonGenerator generator, SerializerProvider provider) throws IOException {
            ObjectNode tree = MAPPER.valueToTree(resource);
            if (resource.unread() != null) {
                tree.set(SPEC, (JsonNode) resource.unread().spec());
            }
            provider.defaultSerializeValue(tree, generator);
        }
    }
}
