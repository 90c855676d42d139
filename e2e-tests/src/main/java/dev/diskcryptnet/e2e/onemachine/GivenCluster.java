package dev.diskcryptnet.e2e.onemachine;

import dev.diskcryptnet.e2e.onemachine.api.GivenKubeConfig;
import dev.diskcryptnet.e2e.onemachine.api.RelayProcess;
import dev.diskcryptnet.e2e.onemachine.runner.Evidence;
import dev.diskcryptnet.e2e.onemachine.runner.Played;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/**
 * An API server that a person brought, by itself or with a cluster around it. This machine takes part in it: its
 * machines are nodes there, and everything else is in one namespace that nobody else has. What controllers the cluster
 * lacks is played, for that namespace alone.
 */
final class GivenCluster {
    /** Of what is cluster-wide and of our making, and of the namespace; its value is the namespace's name. */
    static final String LABEL = "diskcryptnet.dev/one-machine";

    private static final int NAME_BYTES = 4;

    private final String namespace;
    private final GivenKubeConfig config;

    private GivenCluster(String namespace, GivenKubeConfig config) {
        this.namespace = namespace;
        this.config = config;
    }

    /** Reads the kubeconfig and chooses a namespace. */
    static GivenCluster of(Path kubeconfig) throws IOException {
        byte[] random = new byte[NAME_BYTES];
        ThreadLocalRandom.current().nextBytes(random);
        String namespace = "dcn-up-" + HexFormat.of().formatHex(random);
        return new GivenCluster(namespace, GivenKubeConfig.read(kubeconfig, namespace));
    }

    String namespace() {
        return namespace;
    }

    /**
     * Makes a way from the control plane's namespace to the server: by the address of its URL, so that its certificate
     * holds.
     *
     * @return arguments for the process that is the namespace's half of it
     */
    List<String> lead() throws IOException {
        writePrivately(Site.GIVEN_KUBECONFIG, config.text());
        if (config.authority() != null) {
            Files.write(Site.GIVEN_AUTHORITY, config.authority());
        }
        InetAddress address = InetAddress.getByName(config.host());
        if (!address.isLoopbackAddress()) {
            String prefix = address instanceof Inet6Address ? "/128" : "/32";
            Run.checked("ip", "-n", Site.CONTROL, "address", "add", address.getHostAddress() + prefix, "dev", "lo");
        }
        if (!config.host().equals(address.getHostAddress())) {
            // No name server is reached from there.
            Files.createDirectories(Site.CONTROL_FILES);
            Files.writeString(
                    Site.CONTROL_FILES.resolve("hosts"),
                    Files.readString(Path.of("/etc/hosts")) + "\n" + address.getHostAddress() + " " + config.host()
                            + "\n");
        }
        startRelay(address);
        return List.of(
                "--given=" + Site.GIVEN_KUBECONFIG,
                "--socket=" + Site.GIVEN_SOCKET,
                "--address=" + address.getHostAddress(),
                "--port=" + config.port());
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    private void startRelay(InetAddress address) throws IOException {
        Files.createDirectories(Site.LOGS);
        List<String> command = new ArrayList<>(List.of(
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx64m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), RelayProcess.class.getName()));
        command.addAll(List.of(
                "--socket=" + Site.GIVEN_SOCKET,
                "--target-host=" + address.getHostAddress(),
                "--target-port=" + config.port()));
        new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Site.LOGS.resolve("api-relay.log").toFile())
                .start()
                .getOutputStream()
                .close();
    }

    /**
     * Makes the namespace and looks which controllers are there.
     *
     * @return arguments for the node runner, which plays the others
     */
    List<String> prepare(KubernetesClient client) throws IOException, InterruptedException {
        writePrivately(Site.GIVEN_NAMESPACE, namespace);
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        // Agents with devices are privileged, whatever the cluster enforces otherwise.
                        .withLabels(Map.of(LABEL, namespace, "pod-security.kubernetes.io/enforce", "privileged"))
                        .endMetadata()
                        .build())
                .create();
        Set<Played> found = Evidence.of(client, namespace);
        Set<Played> played = EnumSet.complementOf(EnumSet.copyOf(found));
        System.out.println("  cluster    has of its own: " + orNone(found) + "; played here: " + orNone(played));
        List<String> arguments = new ArrayList<>(List.of("--namespace=" + namespace));
        arguments.add("--play=" + names(played));
        if (config.authority() != null) {
            arguments.add("--authority=" + Site.GIVEN_AUTHORITY);
        }
        return arguments;
    }

    private static String names(Set<Played> some) {
        return some.stream().map(Played::name).collect(Collectors.joining(","));
    }

    private static String orNone(Set<Played> some) {
        return some.isEmpty() ? "none" : names(some).toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
