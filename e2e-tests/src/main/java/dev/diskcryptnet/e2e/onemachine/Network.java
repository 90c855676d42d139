package dev.diskcryptnet.e2e.onemachine;

import java.util.Arrays;
import java.util.List;

/** The namespace and veth pairs that {@link Site} draws. */
final class Network {
    private Network() {}

    static void create() {
        Run.checked("ip", "netns", "add", Site.NAMESPACE);
        inside("ip", "link", "set", "lo", "up");
        pair(Site.VIEWER_INTERFACE, Site.PORT_INTERFACE);
        // The agent answers for its addresses itself: the kernel must have none on this end, not even a link-local one.
        inside("sysctl", "-qw", "net.ipv6.conf." + Site.PORT_INTERFACE + ".disable_ipv6=1");
        address(Site.VIEWER_INTERFACE, Site.VIEWER_ADDRESS);
        inside("ip", "link", "set", Site.PORT_INTERFACE, "up");
        pair(Site.MANAGEMENT_INTERFACE, Site.ADMIN_INTERFACE);
        address(Site.MANAGEMENT_INTERFACE, Site.MANAGEMENT_ADDRESS);
        inside("ip", "address", "add", Site.ADMIN_ADDRESS + "/30", "dev", Site.ADMIN_INTERFACE);
        inside("ip", "link", "set", Site.ADMIN_INTERFACE, "up");
    }

    private static void pair(String host, String peer) {
        Run.checked("ip", "link", "add", host, "type", "veth", "peer", "name", peer, "netns", Site.NAMESPACE);
    }

    private static void address(String name, String address) {
        Run.checked("ip", "address", "add", address, "dev", name);
        Run.checked("ip", "link", "set", name, "up");
    }

    private static void inside(String... command) {
        String[] whole = new String[command.length + 4];
        whole[0] = "ip";
        whole[1] = "netns";
        whole[2] = "exec";
        whole[3] = Site.NAMESPACE;
        System.arraycopy(command, 0, whole, 4, command.length);
        Run.checked(whole);
    }

    static boolean exists() {
        return Run.checked("ip", "netns", "list").lines().anyMatch(line -> line.split(" ")[0].equals(Site.NAMESPACE));
    }

    /** Processes whose network is the namespace. */
    static List<Long> processes() {
        if (!exists()) {
            return List.of();
        }
        String pids = Run.checked("ip", "netns", "pids", Site.NAMESPACE).strip();
        return pids.isEmpty()
                ? List.of()
                : Arrays.stream(pids.split("\\s+")).map(Long::valueOf).toList();
    }

    static void remove() {
        for (String name : Site.HOST_INTERFACES) {
            if (Run.quietly("ip", "link", "show", "dev", name).ok()) {
                Run.checked("ip", "link", "delete", name);
            }
        }
        if (exists()) {
            Run.checked("ip", "netns", "delete", Site.NAMESPACE);
        }
    }
}
