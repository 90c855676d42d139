package dev.diskcryptnet.device;

import dev.diskcryptnet.device.Refusal.Rule;
import java.util.ArrayList;
import java.util.List;

/** What the kernel uses a network interface for. */
final class InterfaceUse {
    private static final String ALL_IPV6 = "00000000000000000000000000000000";
    private static final String NETS = "/sys/class/net/";
    /** The flag of a route that is in use (RTF_UP, linux/route.h), and of one that refuses (RTF_REJECT). */
    private static final int ROUTE_UP = 1;

    private static final int ROUTE_REJECT = 0x200;

    private InterfaceUse() {}

    /** All uses of the interface {@code name}; empty when it is free. */
    static List<Refusal> of(String name, MachineFiles files, Links links) {
        List<Refusal> found = new ArrayList<>();
        String device = "interface=" + name;
        if (hasDefaultRoute(name, files)) {
            found.add(new Refusal(
                    Rule.DEFAULT_ROUTE,
                    device + " carries the machine's default route",
                    "name another function, or give the machine another way out first; see ip route"));
        }
        List<String> addresses = links.addresses(name);
        if (!addresses.isEmpty()) {
            found.add(new Refusal(
                    Rule.HAS_ADDRESS,
                    device + " has addresses of the kernel's: " + String.join(", ", addresses),
                    "name another function, or take them off: ip address flush dev " + name
                            + ", and see that nothing gives it new ones (NetworkManager, systemd-networkd)"));
        }
        files.linkName(NETS + name + "/master")
                .ifPresent(master -> found.add(new Refusal(
                        Rule.ENSLAVED,
                        device + " is part of " + master + " (a bridge, bond or team)",
                        "name another function, or take it out: ip link set " + name + " nomaster")));
        for (String entry : files.list(NETS + name)) {
            if (entry.startsWith("upper_") && !files.exists(NETS + name + "/master")) {
                found.add(new Refusal(
                        Rule.ENSLAVED,
                        device + " carries the interface " + entry.substring("upper_".length()),
                        "name another function, or delete that interface: ip link delete "
                                + entry.substring("upper_".length())));
            }
        }
        return found;
    }

    static boolean hasDefaultRoute(String name, MachineFiles files) {
        return hasDefaultIpv4(name, files) || hasDefaultIpv6(name, files);
    }

    /** Fields of /proc/net/route: interface, destination, gateway, flags, ..., mask at 7. */
    private static boolean hasDefaultIpv4(String name, MachineFiles files) {
        return files.lines("/proc/net/route").stream()
                .map(line -> line.split("\\s+"))
                .anyMatch(fields -> fields.length > 7
                        && fields[0].equals(name)
                        && fields[1].equals("00000000")
                        && fields[7].equals("00000000"));
    }

    /** Fields of /proc/net/ipv6_route: destination, prefix length, ..., flags at 8, interface at 9. */
    private static boolean hasDefaultIpv6(String name, MachineFiles files) {
        return files.lines("/proc/net/ipv6_route").stream()
                .map(line -> line.split("\\s+"))
                .anyMatch(fields -> fields.length > 9
                        && fields[9].equals(name)
                        && fields[0].equals(ALL_IPV6)
                        && fields[1].equals("00")
                        && (Integer.parseUnsignedInt(fields[8], 16) & (ROUTE_UP | ROUTE_REJECT)) == ROUTE_UP);
    }
}
