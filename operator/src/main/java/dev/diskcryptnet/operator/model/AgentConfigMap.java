package dev.diskcryptnet.operator.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.dependent.DesiredState;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.Map;

/** The agent's configuration: the spec itself, as YAML. */
public final class AgentConfigMap {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .build();

    private AgentConfigMap() {}

    /** The ConfigMap of {@code node}. */
    public static ConfigMap of(StreamingNode node) {
        try {
            return new ConfigMapBuilder()
                    .withMetadata(
                            Names.meta(node, Names.config(node.getMetadata().getName()), Names.AGENT))
                    .withData(Map.of(Names.CONFIG_KEY, YAML.writeValueAsString(node.getSpec())))
                    .build();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a spec that was read can be written", e);
        }
    }

    /**
     * Changes whenever the agent has to start again to be as the spec says: it reads its configuration at start only. What
     * lies in a TLS Secret is no part of it, for the agent loads changed certificates by itself.
     */
    public static String hash(StreamingNode node) {
        return DesiredState.hash(YAML.valueToTree(node.getSpec()));
    }
}
