package dev.diskcryptnet.e2e.onemachine.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code dcn describe}. */
@Command(
        name = "describe",
        description = "Shows an object with its conditions and events, for a person.",
        mixinStandardHelpOptions = true)
public final class DescribeCommand extends ClientCommand {
    @Parameters(paramLabel = "TYPE [NAME...] | TYPE/NAME...")
    List<String> words = List.of();

    @Override
    int run(KubernetesClient client, ApiProfile profile) {
        Kinds kinds = Kinds.of(client);
        List<String> texts = new ArrayList<>();
        for (Target target : Target.parse(kinds, words)) {
            find(client, target).forEach(one -> texts.add(describe(client, kinds, one)));
        }
        System.out.println(String.join("\n\n\n", texts));
        return 0;
    }

    private List<JsonNode> find(KubernetesClient client, Target target) {
        if (target.name() == null) {
            return target.kind().list(client, namespace, null).stream()
                    .map(Output::tree)
                    .toList();
        }
        GenericKubernetesResource one =
                target.kind().named(client, namespace, target.name()).get();
        if (one == null) {
            throw new OneMachineException("Error from server (NotFound): "
                    + target.kind().titled(target.name()) + " not found in namespace=" + namespace);
        }
        return List.of(Output.tree(one));
    }

    private String describe(KubernetesClient client, Kinds kinds, JsonNode object) {
        ObjectNode shown = object.deepCopy();
        ObjectNode status = shown.get("status") instanceof ObjectNode found ? found : shown.objectNode();
        JsonNode conditions = status.remove("conditions");
        StringBuilder text = new StringBuilder(Output.yaml(shown));
        if (conditions != null && !conditions.isEmpty()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("TYPE", "STATUS", "REASON", "MESSAGE"));
            conditions.forEach(condition -> rows.add(Stream.of("type", "status", "reason", "message")
                    .map(field -> condition.path(field).asText())
                    .toList()));
            text.append("\n\nConditions:\n").append(Output.table(rows).indent(2).stripTrailing());
        }
        text.append("\n\nEvents:").append(events(client, kinds, object));
        return text.toString();
    }

    private String events(KubernetesClient client, Kinds kinds, JsonNode object) {
        String uid = object.at("/metadata/uid").asText();
        List<List<String>> rows = new ArrayList<>();
        // Both groups show the same events on a real server; each once, then.
        Stream.of("v1", "events.k8s.io/v1")
                .flatMap(apiVersion -> kinds.of(apiVersion, "Event").list(client, namespace, null).stream())
                .map(Output::tree)
                .filter(event -> uid.equals(event.at("/involvedObject/uid").asText())
                        || uid.equals(event.at("/regarding/uid").asText()))
                .sorted(Comparator.comparing(
                        event -> event.at("/metadata/creationTimestamp").asText()))
                .map(event -> List.of(
                        event.path("type").asText(),
                        event.path("reason").asText(),
                        event.path("message").asText(event.path("note").asText())))
                .distinct()
                .forEach(rows::add);
        if (rows.isEmpty()) {
            return " <none>";
        }
        rows.addFirst(List.of("TYPE", "REASON", "MESSAGE"));
        return "\n" + Output.table(rows).indent(2).stripTrailing();
    }
}
