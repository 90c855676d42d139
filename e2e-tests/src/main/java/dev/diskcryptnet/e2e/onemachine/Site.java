package dev.diskcryptnet.e2e.onemachine;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Names, addresses and places of what {@code dcn up} makes. Fixed, so that {@code dcn down} finds all of it whatever
 * became of the process that made it.
 *
 * <pre>
 *   this machine                          network namespace dcn-up
 *   dcn-up-view  198.18.0.1/24  ======  dcn-up-port   no address: the agent's own stack is 198.18.0.2
 *   dcn-up-mgmt  198.18.1.1/30  ======  dcn-up-admin  198.18.1.2: the agent's admin endpoint
 * </pre>
 *
 * <p>198.18.0.0/15 is set aside for tests of network devices (RFC 2544), so it collides with nobody's network.
 */
public final class Site {
    static final String NAMESPACE = "dcn-up";
    static final String VIEWER_INTERFACE = "dcn-up-view";
    static final String PORT_INTERFACE = "dcn-up-port";
    static final String VIEWER_ADDRESS = "198.18.0.1/24";
    static final String STREAM_ADDRESS = "198.18.0.2";
    static final String MANAGEMENT_INTERFACE = "dcn-up-mgmt";
    static final String ADMIN_INTERFACE = "dcn-up-admin";
    static final String MANAGEMENT_ADDRESS = "198.18.1.1/30";
    static final String ADMIN_ADDRESS = "198.18.1.2";
    static final int ADMIN_PORT = 9464;

    /** Small state that need not outlive a boot. */
    static final Path STATE = Path.of("/run/diskcryptnet/up");
    /** The volume's image; the sample StreamingNode names it. */
    static final Path DATA = Path.of("/var/lib/diskcryptnet/up");

    static final Path IMAGE = DATA.resolve("demo.img");
    static final Path LOG = STATE.resolve("agent.log");
    static final Path TOKEN = STATE.resolve("token");
    /** Where the agent looks for the secret that the sample StreamingNode names. */
    static final Path TLS = STATE.resolve("tls");

    static final Path CERTIFICATE = TLS.resolve("one-machine-tls/tls.crt");
    static final Path KEY = TLS.resolve("one-machine-tls/tls.key");
    static final String IMAGE_SIZE = "256Mi";

    static final List<String> HOST_INTERFACES = List.of(VIEWER_INTERFACE, MANAGEMENT_INTERFACE);

    private final Path root;

    /** @param root the checkout */
    Site(Path root) {
        this.root = root;
    }

    Path agent() {
        return root.resolve("dataplane-agent/target/dist/bin/dcn-agent");
    }

    Path config() {
        return root.resolve("deploy/samples/one-machine.yaml");
    }

    Path content() {
        return root.resolve("deploy/samples/video/content");
    }

    static String pageUrl() {
        return "http://" + STREAM_ADDRESS + "/";
    }

    static String securePageUrl() {
        return "https://" + STREAM_ADDRESS + "/";
    }

    /** Plain ones first, then the same under TLS. */
    static List<String> streamUrls() {
        return Stream.of(pageUrl(), securePageUrl())
                .flatMap(page -> Stream.of(page + "clip.mp4", page + "hls/clip.m3u8"))
                .toList();
    }

    static String adminUrl() {
        return "http://" + ADMIN_ADDRESS + ":" + ADMIN_PORT;
    }
}
