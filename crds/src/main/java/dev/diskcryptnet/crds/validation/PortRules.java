package dev.diskcryptnet.crds.validation;

import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.Patterns;
import dev.diskcryptnet.crds.PortDriver;
import dev.diskcryptnet.crds.PortSpec;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;

/** The rules of {@code ports}. */
final class PortRules {
    private static final String ZERO_MAC = "00:00:00:00:00:00";

    private PortRules() {}

    static void check(Problems problems, List<PortSpec> ports) {
        List<Cidr> addresses = new ArrayList<>();
        problems.each(
                "ports", ports, Limits.MAX_PORTS, (path, port) -> addresses.addAll(checkPort(problems, path, port)));
        if (ports == null) {
            return;
        }
        distinct(problems, ports, port -> port.interfaceName == null ? null : "interfaceName " + port.interfaceName);
        distinct(problems, ports, PortRules::virtualFunctionName);
        distinct(
                problems,
                ports,
                port -> port.macAddress == null ? null : "macAddress " + port.macAddress.toLowerCase(Locale.ROOT));
        problems.distinct(
                "ports",
                addresses.stream().map(address -> "address " + address.address().getHostAddress()));
    }

    private static void distinct(Problems problems, List<PortSpec> ports, Function<PortSpec, String> name) {
        problems.distinct(
                "ports", ports.stream().filter(Objects::nonNull).map(name).filter(Objects::nonNull));
    }

    private static String virtualFunctionName(PortSpec port) {
        return port.physicalFunction == null
                ? null
                : "virtualFunction " + Objects.requireNonNullElse(port.virtualFunction, 0) + " of "
                        + port.physicalFunction;
    }

    private static List<Cidr> checkPort(Problems problems, String path, PortSpec port) {
        checkDevice(problems, path, port);
        if (port.physicalFunction == null && port.interfaceName != null) {
            checkNoVirtualFunction(problems, path, port);
        }
        if (port.interfaceName != null && port.interfaceName.contains(":") && port.driver != PortDriver.NETMAP) {
            problems.add(
                    path + ".interfaceName",
                    " '" + port.interfaceName
                            + "' is a port of a VALE switch, which goes with driver netmap only; write "
                            + "driver: netmap, or a name as ip link shows it");
        }
        if (port.zeroCopy != null && port.driver != PortDriver.XDP) {
            problems.add(path + ".zeroCopy", " goes with driver xdp only; remove it, or write driver: xdp");
        }
        problems.range(path + ".virtualFunction", port.virtualFunction, 0, Limits.MAX_VIRTUAL_FUNCTION);
        checkMac(problems, path + ".macAddress", port.macAddress);
        problems.range(path + ".vlan", port.vlan, Limits.MIN_VLAN, Limits.MAX_VLAN);
        problems.range(path + ".mtu", port.mtu, Limits.MIN_MTU, Limits.MAX_MTU);
        List<Cidr> addresses = new ArrayList<>();
        problems.each(path + ".addresses", port.addresses, Limits.MAX_ADDRESSES, (field, text) -> {
            Cidr address = parsed(problems, field, text, Cidr::parse);
            if (address != null) {
                addresses.add(address);
            }
        });
        checkGateways(problems, path + ".gateways", port.gateways, addresses);
        return addresses;
    }

    private static void checkDevice(Problems problems, String path, PortSpec port) {
        if ((port.physicalFunction == null) == (port.interfaceName == null)) {
            problems.add(
                    path,
                    " must have exactly one of physicalFunction and interfaceName; write one and remove the other");
            return;
        }
        problems.syntax(
                path + ".physicalFunction",
                port.physicalFunction,
                Patterns.PCI_ADDRESS,
                Limits.MAX_PCI_ADDRESS_LENGTH,
                "is not a PCI address; write it in lower case as lspci -D does, for example 0000:5e:00.0");
        String name = port.interfaceName;
        if (name != null && !isInterfaceName(name)) {
            problems.add(
                    path + ".interfaceName",
                    " is '" + name + "'; write a name as ip link shows it, 1 to 15 letters, digits and - _ ., or "
                            + "vale0:video for a port of a VALE switch");
        }
    }

    private static boolean isInterfaceName(String name) {
        return name.matches(Patterns.INTERFACE_NAME)
                && name.length() <= Limits.MAX_INTERFACE_NAME_LENGTH
                && !name.equals(".")
                && !name.equals("..");
    }

    private static void checkNoVirtualFunction(Problems problems, String path, PortSpec port) {
        if (port.virtualFunction != null) {
            problems.add(path + ".virtualFunction", " goes with physicalFunction only; leave it out");
        }
        if (port.macAddress != null) {
            problems.add(
                    path + ".macAddress",
                    " goes with physicalFunction only; use ip link set " + port.interfaceName + " address");
        }
        if (port.vlan != null) {
            problems.add(path + ".vlan", " goes with physicalFunction only; name an interface of type vlan instead");
        }
    }

    private static void checkMac(Problems problems, String path, String mac) {
        if (mac != null && (!mac.matches(Patterns.MAC_ADDRESS) || mac.equals(ZERO_MAC))) {
            problems.add(path, " '" + mac + "' is not a unicast MAC address; write it like 02:00:00:00:00:01");
        }
    }

    private static void checkGateways(Problems problems, String path, List<String> gateways, List<Cidr> addresses) {
        List<InetAddress> parsed = new ArrayList<>();
        problems.eachOfOptional(path, gateways, Limits.MAX_GATEWAYS, (field, text) -> {
            InetAddress gateway = parsed(problems, field, text, Cidr::parseIp);
            if (gateway == null) {
                return;
            }
            parsed.add(gateway);
            if (addresses.stream().anyMatch(own -> own.address().equals(gateway))) {
                problems.add(field, " '" + text + "' is the port's own address; write the router's");
            } else if (!addresses.isEmpty() && addresses.stream().noneMatch(own -> isOnLink(own, gateway))) {
                problems.add(
                        field,
                        " '" + text + "' is in no subnet of the port's addresses; write a router on the same link");
            }
        });
        long ipv4 = parsed.stream().filter(Inet4Address.class::isInstance).count();
        if (ipv4 > 1 || parsed.size() - ipv4 > 1) {
            problems.add(path, " has two routers for " + (ipv4 > 1 ? "IPv4" : "IPv6") + "; keep one");
        }
    }

    /** Every port with IPv6 has a link-local address beside the ones given. */
    private static boolean isOnLink(Cidr own, InetAddress gateway) {
        boolean ipv6 = gateway instanceof Inet6Address && own.address() instanceof Inet6Address;
        return own.contains(gateway) || ipv6 && gateway.isLinkLocalAddress();
    }

    private static <T> T parsed(Problems problems, String path, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            problems.add(path, " '" + text + "' " + e.getMessage());
            return null;
        }
    }
}
