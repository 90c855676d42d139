package dev.diskcryptnet.e2e.onemachine.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.e2e.onemachine.api.ApiServerChoice.Wish;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiServerChoiceTest {
    private static final ApiServerChoice.Download NO_NETWORK = (cache, reasons) -> {
        reasons.add("no network");
        return null;
    };

    @TempDir
    Path home;

    private static Path programs(Path directory) throws IOException {
        Files.createDirectories(directory);
        for (String name : new String[] {"kube-apiserver", "etcd"}) {
            assertTrue(Files.createFile(directory.resolve(name)).toFile().setExecutable(true));
        }
        return directory;
    }

    @Test
    void shouldTakeWhatKubebuilderAssetsNames() throws IOException {
        Path assets = programs(home.resolve("assets"));
        programs(home.resolve(".kubeapitest/k8s/1.34.0-linux-amd64"));
        ApiServerChoice choice =
                ApiServerChoice.make(Wish.auto, Map.of("KUBEBUILDER_ASSETS", assets.toString()), home, NO_NETWORK);
        assertEquals(assets, choice.programs());
        assertEquals(ApiProfile.SERVER, choice.profile());
    }

    @Test
    void shouldRefuseAssetsWithoutPrograms() {
        Map<String, String> environment = Map.of("KUBEBUILDER_ASSETS", home.toString());
        IOException refusal =
                assertThrows(IOException.class, () -> ApiServerChoice.make(Wish.auto, environment, home, NO_NETWORK));
        assertTrue(refusal.getMessage().contains("KUBEBUILDER_ASSETS=" + home), refusal.getMessage());
    }

    @Test
    void shouldTakeTheNewestOfTheCacheAndNoneThatIsIncomplete() throws IOException {
        programs(home.resolve(".kubeapitest/k8s/1.9.2-linux-amd64"));
        Path newest = programs(home.resolve(".kubeapitest/k8s/1.34.1-linux-amd64"));
        Files.createDirectories(home.resolve(".kubeapitest/k8s/1.35.0-linux-amd64"));
        assertEquals(
                newest,
                ApiServerChoice.make(Wish.auto, Map.of(), home, NO_NETWORK).programs());
    }

    @Test
    void shouldTakeWhatIsDownloadedWhenNothingIsThere() throws IOException {
        Path downloaded = home.resolve("downloaded");
        assertEquals(
                downloaded,
                ApiServerChoice.make(Wish.auto, Map.of(), home, (cache, reasons) -> downloaded)
                        .programs());
    }

    @Test
    void shouldSayWhyItIsTheOneInMemory() throws IOException {
        ApiServerChoice choice = ApiServerChoice.make(Wish.auto, Map.of(), home, NO_NETWORK);
        assertEquals(ApiProfile.IN_MEMORY, choice.profile());
        assertTrue(choice.why().contains("KUBEBUILDER_ASSETS is not set"), choice.why());
        assertTrue(choice.why().contains("no network"), choice.why());
        assertFalse(choice.profile().lacks().isEmpty());
    }

    @Test
    void shouldFailWhenOnlyARealServerWillDo() {
        assertThrows(IOException.class, () -> ApiServerChoice.make(Wish.server, Map.of(), home, NO_NETWORK));
    }

    @Test
    void shouldNotLookAnywhereWhenMemoryIsAskedFor() throws IOException {
        ApiServerChoice choice = ApiServerChoice.make(
                Wish.memory, Map.of("KUBEBUILDER_ASSETS", home.toString()), home, (cache, reasons) -> {
                    throw new AssertionError("looked");
                });
        assertEquals(ApiProfile.IN_MEMORY, choice.profile());
    }

    @Test
    void shouldTakeKubeconfigOnlyWhenThatIsAskedFor() throws IOException {
        Map<String, String> environment = Map.of("KUBECONFIG", "/some/where/config");
        assertEquals(
                ApiProfile.IN_MEMORY,
                ApiServerChoice.make(Wish.auto, environment, home, NO_NETWORK).profile());
        ApiServerChoice choice = ApiServerChoice.make(Wish.kubeconfig, environment, home, NO_NETWORK);
        assertEquals(Path.of("/some/where/config"), choice.given());
        assertEquals(ApiProfile.SERVER, choice.profile());
        IOException refusal = assertThrows(
                IOException.class, () -> ApiServerChoice.make(Wish.kubeconfig, Map.of(), home, NO_NETWORK));
        assertTrue(refusal.getMessage().contains("KUBECONFIG is not set"), refusal.getMessage());
    }
}
