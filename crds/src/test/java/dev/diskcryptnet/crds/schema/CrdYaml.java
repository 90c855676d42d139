package dev.diskcryptnet.crds.schema;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolSpec;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.StreamingNodeStatus;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The CustomResourceDefinitions, generated from the Java types by fabric8, with what its annotations have no word for.
 */
final class CrdYaml {
    /** The one way to write the files anew. */
    static final String COMMAND = "mvn -pl crds test -Dtest=CrdYamlTest -Ddcn.crds.write=true";

    private static final String HEADER =
            "# Generated from the Java types in crds/src/main/java by\n# " + COMMAND + "\n";

    private CrdYaml() {}

    /** The definition of StreamingNode. */
    static CustomResourceDefinition streamingNode() {
        return generate(StreamingNode.class, StreamingNodeSpec.class, StreamingNodeStatus.class);
    }

    /** The definition of StreamingNodePool. */
    static CustomResourceDefinition streamingNodePool() {
        return generate(StreamingNodePool.class, StreamingNodePoolSpec.class, StreamingNodePoolStatus.class);
    }

    /** Text of the file that holds a definition. */
    static String yaml(CustomResourceDefinition definition) {
        return HEADER + new KubernetesSerialization().asYaml(definition).substring("---\n".length());
    }

    private static CustomResourceDefinition generate(
            Class<? extends CustomResource<?, ?>> type, Class<?> spec, Class<?> status) {
        List<CustomResourceDefinition> generated = new ArrayList<>();
        new CRDGenerator()
                .customResourceClasses(type)
                .withOutput(new Discarded())
                .withPostProcessor(new CRDPostProcessor() {
                    @Override
                    public HasMetadata process(HasMetadata crd, String crdSpecVersion) {
                        generated.add((CustomResourceDefinition) crd);
                        return crd;
                    }
                })
                .generate();
        CustomResourceDefinition definition = generated.getFirst();
        CustomResourceDefinitionVersion version =
                definition.getSpec().getVersions().getFirst();
        version.getAdditionalPrinterColumns().sort(Comparator.comparingInt(column -> position(type, column)));
        // 0 is what the API server leaves out.
        version.getAdditionalPrinterColumns().stream()
                .filter(column -> column.getPriority() == 0)
                .forEach(column -> column.setPriority(null));
        JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
        root.setDescription(description(type));
        root.setRequired(new ArrayList<>(List.of("spec")));
        root.getProperties().get("spec").setDescription(description(spec));
        root.getProperties().get("status").setDescription(description(status));
        refine(root);
        return definition;
    }

    private static int position(Class<?> type, CustomResourceColumnDefinition column) {
        List<String> names = java.util.Arrays.stream(type.getAnnotationsByType(AdditionalPrinterColumn.class))
                .map(AdditionalPrinterColumn::name)
                .toList();
        return names.indexOf(column.getName());
    }

    private static String description(Class<?> type) {
        return type.getAnnotation(JsonClassDescription.class).value();
    }

    private static void refine(JSONSchemaProps schema) {
        // The generator asks for fields that a SchemaSwap took away.
        schema.getRequired().retainAll(schema.getProperties().keySet());
        for (Map.Entry<String, JSONSchemaProps> property :
                schema.getProperties().entrySet()) {
            JSONSchemaProps value = property.getValue();
            switch (property.getKey()) {
                case "conditions" -> {
                    value.setXKubernetesListType("map");
                    value.setXKubernetesListMapKeys(List.of("type"));
                }
                // As Kubernetes' own resources have it: cpu: 4 needs no quotes.
                case "requests", "limits" ->
                    value.getAdditionalProperties()
                            .setSchema(
                                    intOrString(value.getAdditionalProperties().getSchema()));
                // The default is a number, as people write it.
                case "maxUnavailable" -> value.setDefault(IntNode.valueOf(1));
                default -> {
                    // Nothing to add.
                }
            }
            refine(value);
            if (value.getItems() != null) {
                refine(value.getItems().getSchema());
            }
        }
    }

    private static JSONSchemaProps intOrString(JSONSchemaProps text) {
        return new JSONSchemaPropsBuilder(text)
                .withType(null)
                .withMinLength(null)
                .withXKubernetesIntOrString(true)
                .addNewAnyOf()
                .withType("integer")
                .endAnyOf()
                .addNewAnyOf()
                .withType("string")
                .endAnyOf()
                .build();
    }

    /** The generator insists on writing its own text somewhere. */
    private static final class Discarded implements CRDGenerator.CRDOutput<java.io.OutputStream> {
        @Override
        public java.io.OutputStream outputFor(String crdName) {
            return java.io.OutputStream.nullOutputStream();
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
