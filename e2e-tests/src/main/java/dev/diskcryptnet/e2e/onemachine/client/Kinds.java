package dev.diskcryptnet.e2e.onemachine.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The kinds that can be named: those of Kubernetes that a streaming node is made of, and every custom resource that the
 * server knows, with the printer columns of its definition.
 */
final class Kinds {
    private static final Column AGE = column("AGE", object -> age(object.at("/metadata/creationTimestamp")));

    private static final List<Kind> BUILT_IN = List.of(
            kind(
                    "",
                    "v1",
                    "Pod",
                    "pods",
                    List.of("po"),
                    true,
                    Stream.of(
                            column("READY", Kinds::readyContainers),
                            column("STATUS", Kinds::podStatus),
                            column("RESTARTS", Kinds::restarts),
                            AGE,
                            wide("IP", "/status/podIP"),
                            wide("NODE", "/spec/nodeName"))),
            kind(
                    "",
                    "v1",
                    "Node",
                    "nodes",
                    List.of("no"),
                    false,
                    Stream.of(
                            column("STATUS", Kinds::nodeStatus),
                            AGE,
                            wide("INTERNAL-IP", "/status/addresses/0/address"))),
            kind(
                    "",
                    "v1",
                    "ConfigMap",
                    "configmaps",
                    List.of("cm"),
                    true,
                    Stream.of(
                            column(
                                    "DATA",
                                    object ->
                                            Integer.toString(object.path("data").size())),
                            AGE)),
            kind(
                    "",
                    "v1",
                    "Secret",
                    "secrets",
                    List.of(),
                    true,
                    Stream.of(
                            column("TYPE", object -> object.path("type").asText("Opaque")),
                            column(
                                    "DATA",
                                    object ->
                                            Integer.toString(object.path("data").size())),
                            AGE)),
            kind(
                    "",
                    "v1",
                    "Service",
                    "services",
                    List.of("svc"),
                    true,
                    Stream.of(Column.path("CLUSTER-IP", ".spec.clusterIP"), AGE)),
            kind("", "v1", "ServiceAccount", "serviceaccounts", List.of("sa"), true, Stream.of(AGE)),
            kind("", "v1", "Namespace", "namespaces", List.of("ns"), false, Stream.of(AGE)),
            kind("", "v1", "Event", "events", List.of("ev"), true, eventColumns()),
            kind("events.k8s.io", "v1", "Event", "events", List.of(), true, newEventColumns()),
            kind(
                    "apps",
                    "v1",
                    "StatefulSet",
                    "statefulsets",
                    List.of("sts"),
                    true,
                    Stream.of(column("READY", Kinds::readyReplicas), AGE)),
            kind(
                    "apps",
                    "v1",
                    "Deployment",
                    "deployments",
                    List.of("deploy"),
                    true,
                    Stream.of(column("READY", Kinds::readyReplicas), AGE)),
            kind(
                    "batch",
                    "v1",
                    "Job",
                    "jobs",
                    List.of(),
                    true,
                    Stream.of(
                            column(
                                    "COMPLETIONS",
                                    object -> object.at("/status/succeeded").asInt() + "/"
                                            + object.at("/spec/completions").asInt(1)),
                            AGE)),
            kind(
                    "coordination.k8s.io",
                    "v1",
                    "Lease",
                    "leases",
                    List.of(),
                    true,
                    Stream.of(Column.path("HOLDER", ".spec.holderIdentity"), AGE)),
            kind(
                    "apiextensions.k8s.io",
                    "v1",
                    "CustomResourceDefinition",
                    "customresourcedefinitions",
                    List.of("crd", "crds"),
                    false,
                    Stream.of(AGE)));

    private final List<Kind> all = new ArrayList<>(BUILT_IN);

    private Kinds() {}

    /** Those of this server. */
    static Kinds of(KubernetesClient client) {
        var kinds = new Kinds();
        for (CustomResourceDefinition definition :
                client.apiextensions().v1().customResourceDefinitions().list().getItems()) {
            kinds.all.add(kind(definition));
        }
        return kinds;
    }

    /**
     * The kinds that a name means: one, or those of a category; {@code all} means what runs.
     *
     * @throws OneMachineException when there is none
     */
    List<Kind> find(String name) {
        if (name.equals("all")) {
            return all.stream()
                    .filter(kind -> List.of("Pod", "Service", "StatefulSet", "Deployment", "Job")
                                    .contains(kind.kind())
                            || kind.categories().contains("all"))
                    .toList();
        }
        List<Kind> found = all.stream().filter(kind -> kind.isCalled(name)).toList();
        if (!found.isEmpty()) {
            return found.subList(0, 1);
        }
        List<Kind> ofCategory =
                all.stream().filter(kind -> kind.categories().contains(name)).toList();
        if (ofCategory.isEmpty()) {
            throw new OneMachineException("the server has no resource type \"" + name + "\"; one of: "
                    + String.join(
                            ", ", all.stream().map(Kind::plural).distinct().toList()));
        }
        return ofCategory;
    }

    /** The kind of an object; null when it is not known here. */
    Kind of(String apiVersion, String name) {
        return all.stream()
                .filter(kind -> kind.kind().equals(name)
                        && apiVersion.equals(
                                kind.group().isEmpty() ? kind.version() : kind.group() + "/" + kind.version()))
                .findFirst()
                .orElse(null);
    }

    private static Kind kind(
            String group,
            String version,
            String kind,
            String plural,
            List<String> aliases,
            boolean namespaced,
            Stream<Column> columns) {
        return new Kind(group, version, kind, plural, aliases, List.of(), namespaced, columns.toList());
    }

    private static Kind kind(CustomResourceDefinition definition) {
        var names = definition.getSpec().getNames();
        CustomResourceDefinitionVersion version = definition.getSpec().getVersions().stream()
                .filter(CustomResourceDefinitionVersion::getStorage)
                .findFirst()
                .orElseThrow();
        List<Column> columns = new ArrayList<>();
        version.getAdditionalPrinterColumns().forEach(column -> columns.add(column(column)));
        if (columns.isEmpty()) {
            columns.add(AGE);
        }
        return new Kind(
                definition.getSpec().getGroup(),
                version.getName(),
                names.getKind(),
                names.getPlural(),
                Objects.requireNonNullElse(names.getShortNames(), List.of()),
                Objects.requireNonNullElse(names.getCategories(), List.of()),
                definition.getSpec().getScope().equals("Namespaced"),
                columns);
    }

    private static Column column(CustomResourceColumnDefinition column) {
        boolean isDate = column.getType().equals("date");
        boolean wide = column.getPriority() != null && column.getPriority() > 0;
        return new Column(column.getName().toUpperCase(java.util.Locale.ROOT), wide, object -> {
            String text = JsonPath.text(object, column.getJsonPath());
            return isDate && !text.isEmpty() ? Ages.since(text, Instant.now()) : text;
        });
    }

    private static Column column(String name, java.util.function.Function<JsonNode, String> value) {
        return new Column(name, false, value);
    }

    private static Column wide(String name, String pointer) {
        return new Column(name, true, object -> object.at(pointer).asText());
    }

    private static Stream<Column> eventColumns() {
        return eventColumns("lastTimestamp", "involvedObject", ".message");
    }

    private static Stream<Column> newEventColumns() {
        return eventColumns("eventTime", "regarding", ".note");
    }

    private static Stream<Column> eventColumns(String time, String about, String message) {
        return Stream.of(
                column("LAST SEEN", object -> age(object.path(time))),
                Column.path("TYPE", ".type"),
                Column.path("REASON", ".reason"),
                column(
                        "OBJECT",
                        object -> object.path(about).path("kind").asText() + "/"
                                + object.path(about).path("name").asText()),
                Column.path("MESSAGE", message));
    }

    private static String age(JsonNode time) {
        return time.isTextual() ? Ages.since(time.asText(), Instant.now()) : "";
    }

    private static String readyContainers(JsonNode pod) {
        int ready = 0;
        for (JsonNode container : pod.at("/status/containerStatuses")) {
            ready += container.path("ready").asBoolean() ? 1 : 0;
        }
        return ready + "/" + pod.at("/spec/containers").size();
    }

    private static String podStatus(JsonNode pod) {
        if (pod.at("/metadata/deletionTimestamp").isTextual()) {
            return "Terminating";
        }
        for (JsonNode container : pod.at("/status/containerStatuses")) {
            if (container.at("/state/waiting/reason").isTextual()) {
                return container.at("/state/waiting/reason").asText();
            }
        }
        return pod.at("/status/phase").asText("Pending");
    }

    private static String restarts(JsonNode pod) {
        int restarts = 0;
        for (JsonNode container : pod.at("/status/containerStatuses")) {
            restarts += container.path("restartCount").asInt();
        }
        return Integer.toString(restarts);
    }

    private static String nodeStatus(JsonNode node) {
        return JsonPath.text(node, ".status.conditions[?(@.type==\"Ready\")].status")
                        .equals("True")
                ? "Ready"
                : "NotReady";
    }

    private static String readyReplicas(JsonNode workload) {
        return workload.at("/status/readyReplicas").asInt() + "/"
                + workload.at("/spec/replicas").asInt(1);
    }
}
