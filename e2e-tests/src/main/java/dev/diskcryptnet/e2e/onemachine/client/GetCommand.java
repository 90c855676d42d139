package dev.diskcryptnet.e2e.onemachine.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import dev.diskcryptnet.e2e.onemachine.api.ApiProfile;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dcn get}. */
@Command(
        name = "get",
        description = "Lists objects, with the columns that their definition names.",
        mixinStandardHelpOptions = true)
public final class GetCommand extends ClientCommand {
    @Parameters(
            paramLabel = "TYPE [NAME...] | TYPE/NAME...",
            description = "Such as streamingnodes, sn, pods," + " diskcryptnet (all of ours), all (what runs).")
    List<String> words = List.of();

    @Option(
            names = {"-A", "--all-namespaces"},
            description = "Of all namespaces.")
    boolean allNamespaces;

    @Option(
            names = {"-l", "--selector"},
            paramLabel = "LABELS",
            description = "Such as app=web.")
    String selector;

    @Option(names = "-o", paramLabel = "yaml|json|name|wide", defaultValue = "", description = "How to print.")
    String output;

    @Override
    int run(KubernetesClient client, ApiProfile profile) {
        if (!List.of("", "yaml", "json", "name", "wide").contains(output)) {
            throw new OneMachineException("output=" + output + " is not known; use yaml, json, name or wide");
        }
        List<Target> targets = Target.parse(Kinds.of(client), words);
        Map<Kind, List<JsonNode>> found = new LinkedHashMap<>();
        boolean missing = false;
        for (Target target : targets) {
            List<JsonNode> objects = find(client, target);
            if (objects.isEmpty() && target.name() != null) {
                System.err.println("Error from server (NotFound): "
                        + target.kind().titled(target.name()) + " not found in namespace=" + namespace);
                missing = true;
            }
            found.computeIfAbsent(target.kind(), kind -> new ArrayList<>()).addAll(objects);
        }
        boolean single = targets.size() == 1 && targets.getFirst().name() != null;
        print(found, single, missing);
        return missing ? 1 : 0;
    }

    private List<JsonNode> find(KubernetesClient client, Target target) {
        if (target.name() != null) {
            GenericKubernetesResource one =
                    target.kind().named(client, namespace, target.name()).get();
            return one == null ? List.of() : List.of(Output.tree(one));
        }
        return target.kind().list(client, allNamespaces ? null : namespace, selector).stream()
                .sorted(Comparator.comparing((GenericKubernetesResource one) ->
                                String.valueOf(one.getMetadata().getNamespace()))
                        .thenComparing(one -> one.getMetadata().getName()))
                .map(Output::tree)
                .toList();
    }

    private void print(Map<Kind, List<JsonNode>> found, boolean single, boolean missing) {
        List<JsonNode> all = found.values().stream().flatMap(List::stream).toList();
        if (output.equals("yaml") || output.equals("json")) {
            if (single && all.isEmpty()) {
                return;
            }
            JsonNode tree = single ? all.getFirst() : Output.list(all);
            System.out.println(output.equals("yaml") ? Output.yaml(tree) : Output.json(tree));
            return;
        }
        if (all.isEmpty() && !missing) {
            System.err.println(allNamespaces ? "No resources found" : "No resources found in namespace=" + namespace);
        }
        List<Kind> shown = found.keySet().stream()
                .filter(kind -> !found.get(kind).isEmpty())
                .toList();
        boolean first = true;
        for (Kind kind : shown) {
            if (output.equals("name")) {
                found.get(kind)
                        .forEach(one -> System.out.println(
                                kind.titled(one.at("/metadata/name").asText())));
                continue;
            }
            if (!first) {
                System.out.println();
            }
            first = false;
            System.out.println(Output.table(rows(kind, found.get(kind), shown.size() > 1)));
        }
    }

    private List<List<String>> rows(Kind kind, List<JsonNode> objects, boolean titled) {
        List<Column> columns = kind.columns().stream()
                .filter(column -> !column.wide() || output.equals("wide"))
                .toList();
        boolean withNamespace = allNamespaces && kind.namespaced();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(withNamespace ? List.of("NAMESPACE", "NAME") : List.of("NAME"));
        columns.forEach(column -> head.add(column.name()));
        rows.add(head);
        for (JsonNode object : objects) {
            String name = object.at("/metadata/name").asText();
            List<String> row = new ArrayList<>();
            if (withNamespace) {
                row.add(object.at("/metadata/namespace").asText());
            }
            row.add(titled ? kind.titled(name) : name);
            columns.forEach(column -> row.add(column.value().apply(object)));
            rows.add(row);
        }
        return rows;
    }
}
