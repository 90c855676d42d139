package dev.diskcryptnet.e2e.onemachine.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Config;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GivenKubeConfigTest {
    private static final String FILE = """
            apiVersion: v1
            kind: Config
            current-context: work
            clusters:
            - {name: home, cluster: {server: "https://home.example:6443"}}
            - {name: office, cluster: {server: "https://10.1.2.3", certificate-authority: pki/ca.crt}}
            users:
            - {name: me, user: {client-certificate: pki/me.crt, client-key: /abs/me.key}}
            - {name: other, user: {token: secret}}
            contexts:
            - {name: work, context: {cluster: office, user: me, namespace: mine}}
            - {name: play, context: {cluster: home, user: other}}
            """;

    @TempDir
    Path directory;

    private GivenKubeConfig read(String text) throws IOException {
        Files.createDirectories(directory.resolve("pki"));
        Files.writeString(directory.resolve("pki/ca.crt"), "CERTIFICATE");
        return GivenKubeConfig.read(Files.writeString(directory.resolve("config"), text), "ours");
    }

    @Test
    void shouldHoldTheCurrentContextAloneWithOurNamespaceAndPathsThatHoldAnywhere() throws IOException {
        GivenKubeConfig given = read(FILE);
        Config config = Serialization.unmarshal(given.text(), Config.class);
        assertEquals(1, config.getClusters().size());
        assertEquals(
                "https://10.1.2.3", config.getClusters().getFirst().getCluster().getServer());
        assertEquals("ours", config.getContexts().getFirst().getContext().getNamespace());
        var user = config.getUsers().getFirst().getUser();
        assertEquals(directory.resolve("pki/me.crt").toString(), user.getClientCertificate());
        assertEquals("/abs/me.key", user.getClientKey());
        assertFalse(given.text().contains("secret"), given.text());
        assertArrayEquals("CERTIFICATE".getBytes(), given.authority());
        assertEquals("10.1.2.3", given.host());
        assertEquals(443, given.port());
    }

    @Test
    void shouldTellHostAndPortOfAnyUrl() throws IOException {
        GivenKubeConfig home = read(FILE.replace("current-context: work", "current-context: play"));
        assertEquals("home.example", home.host());
        assertEquals(6443, home.port());
        GivenKubeConfig six = read(FILE.replace("https://10.1.2.3", "http://[fd00::7]"));
        assertEquals("fd00::7", six.host());
        assertEquals(80, six.port());
    }

    @Test
    void shouldNameWhatIsMissing() {
        IOException refusal = assertThrows(
                IOException.class, () -> read(FILE.replace("current-context: work", "current-context: gone")));
        assertTrue(refusal.getMessage().contains("context=gone"), refusal.getMessage());
        refusal = assertThrows(
                IOException.class,
                () -> read(FILE.replace("certificate-authority", "proxy-url: \"http://p\", certificate-authority")));
        assertTrue(refusal.getMessage().contains("proxy-url=http://p"), refusal.getMessage());
        refusal = assertThrows(IOException.class, () -> GivenKubeConfig.read(directory.resolve("a:b"), "ours"));
        assertTrue(refusal.getMessage().contains("one file"), refusal.getMessage());
    }
}
