package dev.diskcryptnet.e2e.images;

import dev.diskcryptnet.e2e.onemachine.Run;
import java.util.ArrayList;
import java.util.List;

/**
 * Two network namespaces joined by a veth pair: a container is put into the server's, which has no address of the
 * kernel's on its end, and 198.18.8.1 is the client.
 */
final class TwoHosts implements AutoCloseable {
    static final String SERVER = "dcn-images-s";

    private static final String CLIENT = "dcn-images-c";

    private TwoHosts() {}

    static TwoHosts create() {
        var hosts = new TwoHosts();
        hosts.close();
        Run.checked("ip", "netns", "add", SERVER);
        Run.checked("ip", "netns", "add", CLIENT);
        Run.checked(
                "ip", "link", "add", "view", "netns", CLIENT, "type", "veth", "peer", "name", "port", "netns", SERVER);
        hosts.onServer("sysctl", "-qw", "net.ipv6.conf.port.disable_ipv6=1");
        hosts.onServer("ip", "link", "set", "port", "up");
        hosts.onServer("ip", "link", "set", "lo", "up");
        hosts.onClient("ip", "address", "add", "198.18.8.1/24", "dev", "view");
        hosts.onClient("ip", "link", "set", "view", "up");
        return hosts;
    }

    /** Runs a program on the server's host; it must succeed. */
    String onServer(String... command) {
        return Run.checked(prefixed(SERVER, command).toArray(String[]::new));
    }

    /** Runs a program on the server's host and says how it ended. */
    Run.Result tryOnServer(String... command) {
        return Run.quietly(prefixed(SERVER, command));
    }

    /** Runs a program on the client's host; it must succeed. */
    String onClient(String... command) {
        return Run.checked(prefixed(CLIENT, command).toArray(String[]::new));
    }

    private static List<String> prefixed(String namespace, String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        whole.addAll(List.of(command));
        return whole;
    }

    @Override
    public void close() {
        for (String namespace : List.of(SERVER, CLIENT)) {
            if (Run.quietly("ip", "netns", "pids", namespace).ok()) {
                Run.checked("ip", "netns", "delete", namespace);
            }
        }
    }
}
