package dev.diskcryptnet.e2e.onemachine;

import dev.diskcryptnet.e2e.onemachine.runner.Machine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The namespaces and veth pairs that {@link Site} draws. */
final class Network {
    private Network() {}

    static void create(int machines) {
        addNamespace(Site.CONTROL);
        inside(Site.CONTROL, "sysctl", "-qw", "net.ipv4.ip_forward=1");
        pair(Site.MANAGEMENT_INTERFACE, Site.CONTROL_INTERFACE, Site.CONTROL);
        address(Site.MANAGEMENT_INTERFACE, Site.MANAGEMENT_ADDRESS);
        addressInside(Site.CONTROL, Site.CONTROL_INTERFACE, Site.CONTROL_ADDRESS + "/30");
        Run.checked("ip", "route", "add", Site.MANAGEMENT_NETWORK, "via", Site.CONTROL_ADDRESS);
        for (int i = 0; i < machines; i++) {
            createMachine(i);
        }
    }

    private static void createMachine(int index) {
        Machine machine = Site.machine(index);
        String netns = machine.netns();
        addNamespace(netns);
        String controlEnd = "dcn-up-node" + (index + 1);
        inside(
                Site.CONTROL,
                "ip",
                "link",
                "add",
                controlEnd,
                "type",
                "veth",
                "peer",
                "name",
                Site.ADMIN_INTERFACE,
                "netns",
                netns);
        addressInside(Site.CONTROL, controlEnd, Site.gateway(index) + "/30");
        addressInside(netns, Site.ADMIN_INTERFACE, machine.address() + "/30");
        inside(netns, "ip", "route", "add", Site.MANAGEMENT_NETWORK, "via", Site.gateway(index));
        if (index == 0) {
            pair(Site.VIEWER_INTERFACE, Site.PORT_INTERFACE, netns);
        } else {
            // Machines beyond the first are there to be chosen and left; nobody watches what they stream.
            String viewer = Site.VIEWER_INTERFACE + (index + 1);
            inside(
                    Site.CONTROL,
                    "ip",
                    "link",
                    "add",
                    viewer,
                    "type",
                    "veth",
                    "peer",
                    "name",
                    Site.PORT_INTERFACE,
                    "netns",
                    netns);
            inside(Site.CONTROL, "ip", "link", "set", viewer, "up");
        }
        // The agent answers for its addresses itself: the kernel must have none on this end, not even a link-local one.
        inside(netns, "sysctl", "-qw", "net.ipv6.conf." + Site.PORT_INTERFACE + ".disable_ipv6=1");
        inside(netns, "ip", "link", "set", Site.PORT_INTERFACE, "up");
        if (index == 0) {
            address(Site.VIEWER_INTERFACE, Site.VIEWER_ADDRESS);
            addViewerIpv6();
        }
    }

    private static void addViewerIpv6() {
        // Container engines switch IPv6 off for interfaces to come, and need not let anybody write what is right
        // already.
        String disabled = "net.ipv6.conf." + Site.VIEWER_INTERFACE + ".disable_ipv6";
        if (!Run.checked("sysctl", "-n", disabled).strip().equals("0")) {
            Run.checked("sysctl", "-qw", disabled + "=0");
        }
        // Nobody else is on this link, so there is no need to ask for a second whether somebody has the address.
        Run.checked("ip", "address", "add", Site.VIEWER_IPV6_ADDRESS, "dev", Site.VIEWER_INTERFACE, "nodad");
    }

    private static void addNamespace(String netns) {
        Run.checked("ip", "netns", "add", netns);
        inside(netns, "ip", "link", "set", "lo", "up");
    }

    private static void pair(String host, String peer, String netns) {
        Run.checked("ip", "link", "add", host, "type", "veth", "peer", "name", peer, "netns", netns);
    }

    private static void address(String name, String address) {
        Run.checked("ip", "address", "add", address, "dev", name);
        Run.checked("ip", "link", "set", name, "up");
    }

    private static void addressInside(String netns, String name, String address) {
        inside(netns, "ip", "address", "add", address, "dev", name);
        inside(netns, "ip", "link", "set", name, "up");
    }

    private static void inside(String netns, String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", netns));
        whole.addAll(List.of(command));
        Run.checked(whole.toArray(String[]::new));
    }

    /** All that are of our making, the control plane's among them. */
    static List<String> namespaces() {
        return Run.checked("ip", "netns", "list")
                .lines()
                .map(line -> line.split(" ")[0])
                .filter(name -> name.equals(Site.NAMESPACE) || name.startsWith(Site.NAMESPACE + "-"))
                .toList();
    }

    /** Processes whose network is one of the namespaces. */
    static List<Long> processes() {
        return namespaces().stream()
                .flatMap(name -> processes(name).stream())
                .distinct()
                .toList();
    }

    /** Processes whose network is a namespace; none when there is no such namespace. */
    static List<Long> processes(String netns) {
        Run.Result listed = Run.quietly("ip", "netns", "pids", netns);
        String pids = listed.ok() ? listed.output().strip() : "";
        return pids.isEmpty()
                ? List.of()
                : Arrays.stream(pids.split("\\s+")).map(Long::valueOf).toList();
    }

    static void remove() {
        // A process that is just being ended still holds its namespace, and so a link's other end; hence these first.
        for (String name : Site.HOST_INTERFACES) {
            if (Run.quietly("ip", "link", "show", "dev", name).ok()) {
                Run.checked("ip", "link", "delete", name);
            }
        }
        for (String name : namespaces()) {
            Run.checked("ip", "netns", "delete", name);
        }
    }
}
