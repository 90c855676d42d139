package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the chart's own pods may do on a machine. Whatever Pod Security's level "restricted" would refuse, and a few things
 * that it lets pass, need a reason here.
 */
@Tag("cluster")
class ChartPrivilegesTest {
    /** Privilege, as {@link #privileges} writes it, with its reason. */
    private static final Map<String, String> REASONS = Map.of(
            "operator: token of the API server", "it is an operator",
            "profile: runs as root", "the kubelet's directory is root's",
            "profile: may run as root", "the kubelet's directory is root's",
            "profile: hostPath /var/snap/kubelet/seccomp/diskcryptnet",
                    "where the kubelet looks for profiles; nothing else");

    static List<ValuesMatrix.Values> matrix() {
        return ValuesMatrix.all();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void shouldHaveNoPrivilegeWithoutAReason(ValuesMatrix.Values values) {
        for (ObjectNode object :
                Chart.install(values.yaml(), ApiServer.MONITORING).objects()) {
            JsonNode pod = object.at("/spec/template/spec");
            if (!pod.isMissingNode()) {
                Set<String> unexplained = privileges(pod);
                unexplained.removeAll(REASONS.keySet());
                assertEquals(Set.of(), unexplained);
            }
        }
    }

    @Test
    void shouldHaveEachPrivilegeThatHasAReason() {
        Set<String> found = new TreeSet<>();
        for (ValuesMatrix.Values values : ValuesMatrix.all()) {
            Chart.install(values.yaml(), ApiServer.MONITORING)
                    .objects()
                    .forEach(object -> found.addAll(privileges(object.at("/spec/template/spec"))));
        }
        assertEquals(new TreeSet<>(REASONS.keySet()), found);
    }

    @Test
    void shouldFindPrivilegesOfAPodThatHasThem() {
        ObjectNode pod = Chart.documents("""
                hostNetwork: true
                shareProcessNamespace: true
                containers:
                - name: a
                  ports: [{containerPort: 1, hostPort: 1}]
                  securityContext: {privileged: true, runAsUser: 0, capabilities: {add: [NET_ADMIN]}}
                volumes:
                - {name: v, hostPath: {path: /}}
                """).getFirst();
        Set<String> found = privileges(pod);
        assertEquals(
                Set.of(
                        "a: hostNetwork",
                        "a: shareProcessNamespace",
                        "a: token of the API server",
                        "a: hostPort 1",
                        "a: privileged",
                        "a: runs as root",
                        "a: may run as root",
                        "a: may gain privileges",
                        "a: capability NET_ADMIN",
                        "a: capabilities not dropped",
                        "a: writable root file system",
                        "a: no seccomp profile",
                        "a: hostPath /"),
                found);
    }

    private static Set<String> privileges(JsonNode pod) {
        Set<String> found = new TreeSet<>();
        for (JsonNode container : pod.path("containers")) {
            String name = container.path("name").asText() + ": ";
            ofPod(pod).forEach(privilege -> found.add(name + privilege));
            ofContainer(container, pod.path("securityContext")).forEach(privilege -> found.add(name + privilege));
        }
        assertTrue(pod.path("initContainers").isEmpty()
                && pod.path("ephemeralContainers").isEmpty());
        return found;
    }

    private static Set<String> ofPod(JsonNode pod) {
        Set<String> found = new TreeSet<>();
        for (String flag : List.of("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")) {
            if (pod.path(flag).asBoolean()) {
                found.add(flag);
            }
        }
        if (pod.path("automountServiceAccountToken").asBoolean(true)) {
            found.add("token of the API server");
        }
        for (JsonNode volume : pod.path("volumes")) {
            if (volume.has("hostPath")) {
                found.add("hostPath " + volume.at("/hostPath/path").asText());
            } else if (!volume.has("emptyDir") && !volume.has("configMap")) {
                found.add("volume " + volume);
            }
        }
        return found;
    }

    private static Set<String> ofContainer(JsonNode container, JsonNode podContext) {
        Set<String> found = new TreeSet<>();
        JsonNode context = container.path("securityContext");
        container.path("ports").forEach(port -> {
            if (port.has("hostPort")) {
                found.add("hostPort " + port.path("hostPort").asInt());
            }
        });
        if (context.path("privileged").asBoolean()) {
            found.add("privileged");
        }
        if (!podContext.path("runAsNonRoot").asBoolean()
                && !context.path("runAsNonRoot").asBoolean()) {
            found.add("may run as root");
        }
        if (context.path("runAsUser").asInt(podContext.path("runAsUser").asInt()) == 0) {
            found.add("runs as root");
        }
        if (context.path("allowPrivilegeEscalation").asBoolean(true)) {
            found.add("may gain privileges");
        }
        context.at("/capabilities/add").forEach(added -> found.add("capability " + added.asText()));
        if (!context.at("/capabilities/drop").toString().equals("[\"ALL\"]")) {
            found.add("capabilities not dropped");
        }
        if (!context.path("readOnlyRootFilesystem").asBoolean()) {
            found.add("writable root file system");
        }
        if (!podContext.at("/seccompProfile/type").asText().equals("RuntimeDefault")) {
            found.add("no seccomp profile");
        }
        return found;
    }
}
