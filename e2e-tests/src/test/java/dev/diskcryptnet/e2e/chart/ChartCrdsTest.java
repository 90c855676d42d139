package dev.diskcryptnet.e2e.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The CRDs in the chart: the same as those of the source tree, upgraded with it, and never taken away. */
@Tag("cluster")
class ChartCrdsTest {
    private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
    private static final String NODES = CRDS + "streamingnodes.diskcryptnet.dev";
    private static final Path OF_THE_TREE = Chart.ROOT.resolve("crds");
    private static final Path OF_THE_CHART = Chart.SOURCE.resolve("files/crds");

    @TempDir
    Path scratch;

    private static List<Path> yamlFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> crdPaths(ApiServer server) {
        return server.paths().stream().filter(path -> path.startsWith(CRDS)).toList();
    }

    @Test
    void shouldLinkEachCrdOfTheSourceTree() throws IOException {
        assertEquals(
                yamlFiles(OF_THE_TREE).stream().map(Path::getFileName).toList(),
                yamlFiles(OF_THE_CHART).stream().map(Path::getFileName).toList());
        for (Path link : yamlFiles(OF_THE_CHART)) {
            assertTrue(Files.isSymbolicLink(link), link + " is a copy: link it to /crds");
            assertEquals(OF_THE_TREE.resolve(link.getFileName()), link.toRealPath());
        }
    }

    @Test
    void shouldInstallTheCrdsOfTheSourceTreeUnchanged() throws IOException {
        Map<String, JsonNode> expected = new TreeMap<>();
        for (Path file : yamlFiles(OF_THE_TREE)) {
            ObjectNode crd = Chart.documents(Files.readString(file)).getFirst();
            expected.put(crd.at("/metadata/name").asText(), crd);
        }
        Map<String, JsonNode> installed = new TreeMap<>();
        for (ObjectNode crd : Chart.install("{}").all("CustomResourceDefinition")) {
            ObjectNode metadata = (ObjectNode) crd.path("metadata");
            assertEquals(
                    "keep", metadata.at("/annotations/helm.sh~1resource-policy").asText());
            metadata.remove(List.of("annotations", "labels"));
            installed.put(metadata.path("name").asText(), crd);
        }
        assertEquals(2, expected.size());
        assertEquals(expected, installed);
    }

    @Test
    void shouldLeaveNothingButTheCrdsWhenUninstalled() {
        try (ApiServer server = new ApiServer(ApiServer.POD_MONITORS)) {
            Chart.install(server, ValuesMatrix.HIGHLY_AVAILABLE);
            Chart.uninstall(server);
            assertEquals(crdPaths(server), server.paths());
            assertEquals(2, crdPaths(server).size());
        }
    }

    @Test
    void shouldTakeItsCrdsBackWhenInstalledAgain() {
        try (ApiServer server = new ApiServer()) {
            Chart.install(server, "{}");
            Chart.uninstall(server);
            server.takeChanges();
            assertEquals(
                    2,
                    Chart.install(server, "{}").all("CustomResourceDefinition").size());
        }
    }

    @Test
    void shouldKeepTheCrdsWhenTheyAreNoLongerWanted() {
        try (ApiServer server = new ApiServer()) {
            Chart.install(server, "{}");
            Chart.Release release = Chart.upgrade(server, Chart.DIRECTORY, 2, "crds: {install: false}");
            assertEquals(List.of(), release.all("CustomResourceDefinition"));
            assertEquals(2, crdPaths(server).size());
        }
    }

    @Test
    void shouldBringNewFieldsWithAnUpgrade() throws IOException {
        Path next = copyWithNewField("fieldOfTheNextVersion");
        try (ApiServer server = new ApiServer()) {
            Chart.install(server, "{}");
            assertFalse(server.get(NODES).toString().contains("fieldOfTheNextVersion"));
            Chart.upgrade(server, next, 2, "{}");
            assertTrue(server.get(NODES).toString().contains("fieldOfTheNextVersion"));
        }
    }

    /** The chart as it might look one version on. */
    private Path copyWithNewField(String name) throws IOException {
        Path copy = Chart.copy(scratch.resolve("diskcryptnet"));
        Path crd = copy.resolve("files/crds/streamingnodes.diskcryptnet.dev.yaml");
        String text = Files.readString(crd);
        String changed = text.replaceFirst("(?m)^( +)nodeName:$", "$1" + name + ":\n$1  type: string\n$0");
        assertFalse(text.equals(changed), "the CRD has no nodeName");
        Files.writeString(crd, changed);
        return copy;
    }

    @Test
    void shouldLeaveCrdsThatKubectlAppliedAsTheyAreAndSaySo() throws IOException {
        try (ApiServer server = new ApiServer()) {
            ObjectNode applied = Chart.documents(
                            Files.readString(OF_THE_TREE.resolve("streamingnodes.diskcryptnet.dev.yaml")))
                    .getFirst();
            server.put(NODES, applied);
            Chart.Release release = Chart.install(server, "{}");
            assertEquals(
                    List.of("streamingnodepools.diskcryptnet.dev"),
                    release.all("CustomResourceDefinition").stream()
                            .map(crd -> crd.at("/metadata/name").asText())
                            .toList());
            assertEquals(applied, server.get(NODES));
            assertTrue(
                    release.notes().contains("streamingnodes.diskcryptnet.dev (none of Helm's releases)"),
                    release.notes());
            assertTrue(release.notes().contains("kubectl apply --server-side -f crds/"), release.notes());
        }
    }

    @Test
    void shouldLeaveCrdsToTheReleaseThatHasThem() {
        try (ApiServer server = new ApiServer()) {
            Chart.install(server, "{}");
            Chart.Release second = Chart.install(server, "second", "elsewhere", "{}");
            assertEquals(List.of(), second.all("CustomResourceDefinition"));
            assertTrue(second.notes().contains("(release diskcryptnet in namespace streaming)"), second.notes());
        }
    }

    @Test
    void shouldSayWhereCrdsComeFromWhenTheyAreMissing() {
        Chart.Release release = Chart.install("crds: {install: false}");
        assertTrue(release.notes().contains("This version needs the CRDs"), release.notes());
        assertFalse(Chart.install("{}").notes().contains("This version needs the CRDs"));
    }
}
