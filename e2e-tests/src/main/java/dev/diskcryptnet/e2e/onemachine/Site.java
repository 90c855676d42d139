package dev.diskcryptnet.e2e.onemachine;

import dev.diskcryptnet.e2e.onemachine.runner.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Names, addresses and places of what {@code dcn up} makes. Fixed, so that {@code dcn down} finds all of it whatever
 * became of the process that made it: every process of it lives in one of these namespaces.
 *
 * <pre>
 *   this computer                namespace dcn-up-control        namespace dcn-up (machine "localhost")
 *   dcn-up-mgmt 198.18.1.1/30 == dcn-up-host 198.18.1.2/30
 *                                API server, node runner,
 *                                operator
 *                                dcn-up-node1 198.18.1.5/30 ==== dcn-up-admin 198.18.1.6/30: agents' admin endpoints
 *   dcn-up-view 198.18.0.1/24 ================================== dcn-up-port: no address; the agent's own stack is
 *               2001:2::1/64                                     198.18.0.2 and 2001:2::2
 * </pre>
 *
 * <p>More machines (localhost-2 and so on, each in a namespace dcn-up-2 ...) hang on the control plane in the same way.
 * 198.18.0.0/15 and 2001:2::/48 are set aside for tests of network devices (RFC 2544, RFC 5180), so they collide with nobody's
 * network.
 */
public final class Site {
    static final String NAMESPACE = "dcn-up";
    static final String CONTROL = "dcn-up-control";
    static final String VIEWER_INTERFACE = "dcn-up-view";
    static final String PORT_INTERFACE = "dcn-up-port";
    static final String VIEWER_ADDRESS = "198.18.0.1/24";
    static final String VIEWER_IPV6_ADDRESS = "2001:2::1/64";
    static final String STREAM_ADDRESS = "198.18.0.2";
    static final String STREAM_IPV6_ADDRESS = "2001:2::2";
    static final String MANAGEMENT_INTERFACE = "dcn-up-mgmt";
    static final String CONTROL_INTERFACE = "dcn-up-host";
    static final String ADMIN_INTERFACE = "dcn-up-admin";
    static final String MANAGEMENT_NETWORK = "198.18.1.0/24";
    static final String MANAGEMENT_ADDRESS = "198.18.1.1/30";
    static final String CONTROL_ADDRESS = "198.18.1.2";
    static final int API_PORT = 6443;
    static final int ADMIN_PORT = 9464;
    /** As many as the management network has room for, with some to spare. */
    static final int MAX_MACHINES = 32;

    /** Small state that need not outlive a boot. */
    static final Path STATE = Path.of("/run/diskcryptnet/up");
    /** What machines keep below /var/lib/diskcryptnet, the volumes' images among it. */
    static final Path DATA = Path.of("/var/lib/diskcryptnet/up");

    static final Path KUBECONFIG = STATE.resolve("kubeconfig");
    /** What an API server with TLS keeps. */
    static final Path API = STATE.resolve("api");

    static final Path AUTHORITY = API.resolve("apiserver.crt");
    static final Path LOGS = STATE.resolve("logs");
    static final Path TOKEN = STATE.resolve("token");

    /** What a Prometheus is told and keeps, when one was asked for: on a disk, as it keeps much. */
    static final Path PROMETHEUS = DATA.resolve("prometheus");

    static final Path TARGETS = PROMETHEUS.resolve("targets.json");
    static final int PROMETHEUS_PORT = 9090;

    static final String TLS_SECRET = "one-machine-tls";
    static final Path CERTIFICATE = STATE.resolve("tls/tls.crt");
    static final Path KEY = STATE.resolve("tls/tls.key");
    static final String IMAGE = "demo.img";
    static final long IMAGE_BYTES = 256L << 20;

    static final String SAMPLE_NAME = "one-machine";
    private static final String SAMPLE_NAMESPACE = "default";
    private static final String OPERATOR_NAMESPACE = "diskcryptnet";

    /** What there is of an API server that was given: the namespace made there, and how it is reached. */
    static final Path GIVEN_NAMESPACE = API.resolve("given-namespace");

    static final Path GIVEN_KUBECONFIG = API.resolve("given-kubeconfig");
    static final Path GIVEN_AUTHORITY = API.resolve("given-authority.crt");
    static final Path GIVEN_SOCKET = API.resolve("given.sock");
    /** What {@code ip netns exec} shows instead of /etc/hosts in the control plane's namespace. */
    static final Path CONTROL_FILES = Path.of("/etc/netns", CONTROL);

    static final List<String> HOST_INTERFACES = List.of(VIEWER_INTERFACE, MANAGEMENT_INTERFACE);

    private final Path root;

    /** @param root the checkout */
    Site(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    Path agentPrograms() {
        return root.resolve("dataplane-agent/target/dist/bin");
    }

    Path agent() {
        return agentPrograms().resolve("dcn-agent");
    }

    Path operator() {
        return root.resolve("operator/target/quarkus-app/quarkus-run.jar");
    }

    Path chart() {
        return root.resolve("helm/diskcryptnet");
    }

    Path crds() {
        return root.resolve("crds");
    }

    Path sample() {
        return root.resolve("deploy/samples/one-machine.yaml");
    }

    Path content() {
        return root.resolve("deploy/samples/video/content");
    }

    /** @param index from 0; the first one is called localhost */
    static Machine machine(int index) {
        String suffix = index == 0 ? "" : "-" + (index + 1);
        String name = "localhost" + suffix;
        return new Machine(
                name,
                NAMESPACE + suffix,
                "198.18.1." + (4 * index + 6),
                DATA.resolve("machines").resolve(name));
    }

    /** The control plane's end of a machine's link. */
    static String gateway(int index) {
        return "198.18.1." + (4 * index + 5);
    }

    /** The namespace made on a given API server; null on our own. */
    static String givenNamespace() {
        try {
            return Files.exists(GIVEN_NAMESPACE)
                    ? Files.readString(GIVEN_NAMESPACE).strip()
                    : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the sample is. On a given API server all is in one namespace, which nobody else has. */
    static String sampleNamespace() {
        return Objects.requireNonNullElse(givenNamespace(), SAMPLE_NAMESPACE);
    }

    static String operatorNamespace() {
        return Objects.requireNonNullElse(givenNamespace(), OPERATOR_NAMESPACE);
    }

    /** The log of the sample's agent. */
    static Path agentLog() {
        return LOGS.resolve(sampleNamespace() + "." + SAMPLE_NAME + "-agent-0.agent.log");
    }

    static String pageUrl() {
        return "http://" + STREAM_ADDRESS + "/";
    }

    static String securePageUrl() {
        return "https://" + STREAM_ADDRESS + "/";
    }

    static String ipv6PageUrl() {
        return "http://[" + STREAM_IPV6_ADDRESS + "]/";
    }

    static String ipv6SecurePageUrl() {
        return "https://[" + STREAM_IPV6_ADDRESS + "]/";
    }

    /** Plain ones first, then the same under TLS; over IPv4 first, then the same over IPv6. */
    static List<String> streamUrls() {
        return Stream.of(pageUrl(), securePageUrl(), ipv6PageUrl(), ipv6SecurePageUrl())
                .flatMap(page -> Stream.of(page + "clip.mp4", page + "hls/clip.m3u8"))
                .toList();
    }

    static String prometheusUrl() {
        return "http://" + CONTROL_ADDRESS + ":" + PROMETHEUS_PORT;
    }

    static String adminUrl() {
        return "http://" + machine(0).address() + ":" + ADMIN_PORT;
    }
}
