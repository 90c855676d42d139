package dev.diskcryptnet.agent;

import dev.diskcryptnet.device.FunctionSettings;
import dev.diskcryptnet.device.Host;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.device.LinkAttribute.Name;
import dev.diskcryptnet.device.Links;
import dev.diskcryptnet.device.MachineFiles;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.NetLayout;
import dev.diskcryptnet.ffi.NetLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Attributes of this machine's interfaces, by rtnetlink, in the network namespace of the calling thread. */
final class KernelLinks implements Links {
    private static final int ENODEV = 19;
    private static final int EINVAL = 22;
    /** netdevice(7). */
    private static final int IFF_UP = 1;

    private static final int MAC_BYTES = 6;
    private static final Path OWN_NAMESPACE = Path.of("/proc/thread-self/ns/net");
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** This machine. */
    static Host host() {
        return new Host(new KernelLinks(), MachineFiles.ofThisMachine(), KernelLinks::bootId);
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(BOOT_ID + " cannot be read; mount /proc", e);
        }
    }

    @Override
    public String namespace() {
        try {
            return Files.readSymbolicLink(OWN_NAMESPACE).toString();
        } catch (IOException e) {
            throw new HostException(OWN_NAMESPACE + " cannot be read: " + e + "; mount /proc", e);
        }
    }

    /** Looks where namespaces are kept: with a process in them, or with a name (ip-netns(8)). */
    @Override
    public boolean namespaceExists(String namespace) {
        return anyHas(Path.of("/proc"), "[0-9]*", "ns/net", namespace)
                || anyHas(Path.of("/run/netns"), "*", "", namespace);
    }

    private static boolean anyHas(Path directory, String glob, String below, String namespace) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
            for (Path entry : entries) {
                if (namespace.equals(namespaceOf(entry.resolve(below)))) {
                    return true;
                }
            }
        } catch (IOException e) {
            // Without the directory there is none in it.
        }
        return false;
    }

    private static String namespaceOf(Path file) {
        try {
            return "net:[" + Files.getAttribute(file, "unix:ino") + "]";
        } catch (IOException e) {
            return ""; // the process has ended, or is not ours to look at
        }
    }

    @Override
    public OptionalInt index(String interfaceName) {
        UnsafeBuffer link = memory();
        int result = NetLibrary.get().dcn_link_get(interfaceName, link.addressOffset());
        if (result == -ENODEV) {
            return OptionalInt.empty();
        }
        check(result, interfaceName, "cannot be read");
        return OptionalInt.of(link.getInt(NetLayout.LINK_INDEX));
    }

    @Override
    public long read(String interfaceName, Name attribute) {
        if (attribute == Name.DISABLE_IPV6) {
            return readDisableIpv6(interfaceName);
        }
        UnsafeBuffer link = memory();
        check(NetLibrary.get().dcn_link_get(interfaceName, link.addressOffset()), interfaceName, "cannot be read");
        return switch (attribute) {
            case UP -> link.getInt(NetLayout.LINK_FLAGS) & IFF_UP;
            case MTU -> link.getInt(NetLayout.LINK_MTU);
            case GSO_MAX_SIZE -> known(link.getInt(NetLayout.LINK_GSO_MAX_SIZE), interfaceName, attribute);
            case GSO_IPV4_MAX_SIZE -> known(link.getInt(NetLayout.LINK_GSO_IPV4_MAX_SIZE), interfaceName, attribute);
            case DISABLE_IPV6 -> throw new AssertionError(attribute);
        };
    }

    private static long known(int value, String interfaceName, Name attribute) {
        if (value == 0) {
            throw new HostException(
                    "interface=" + interfaceName + " has no " + attribute + " in this kernel; Linux 6.3 or newer has");
        }
        return Integer.toUnsignedLong(value);
    }

    /** A kernel without IPv6 gives nothing an address of its own. */
    private static long readDisableIpv6(String interfaceName) {
        try {
            return Long.parseLong(Files.readString(disableIpv6(interfaceName)).strip());
        } catch (NoSuchFileException e) {
            return 1;
        } catch (IOException e) {
            throw new HostException("interface=" + interfaceName + " does not tell disable_ipv6: " + e, e);
        }
    }

    private static Path disableIpv6(String interfaceName) {
        return Path.of("/proc/sys/net/ipv6/conf", interfaceName, "disable_ipv6");
    }

    @Override
    public void write(String interfaceName, Name attribute, long value) {
        if (attribute == Name.DISABLE_IPV6) {
            writeDisableIpv6(interfaceName, value);
            return;
        }
        NetLibrary library = NetLibrary.get();
        int number = (int) value;
        int result =
                switch (attribute) {
                    case GSO_MAX_SIZE -> library.dcn_link_set_gso_max_size(interfaceName, number);
                    case GSO_IPV4_MAX_SIZE -> library.dcn_link_set_gso_ipv4_max_size(interfaceName, number);
                    case MTU -> library.dcn_link_set_mtu(interfaceName, number);
                    case UP -> library.dcn_link_set_up(interfaceName, number);
                    case DISABLE_IPV6 -> throw new AssertionError(attribute);
                };
        check(
                result,
                interfaceName,
                attribute + "=" + value + " cannot be set" + (result == -EINVAL ? limit(attribute) : ""));
    }

    private static String limit(Name attribute) {
        return attribute == Name.MTU
                ? ", more than the device takes, or than its physical function is set to (ip link set PF mtu ...)"
                : ", more than the device takes (tso_max_size)";
    }

    private static void writeDisableIpv6(String interfaceName, long value) {
        try {
            Files.writeString(disableIpv6(interfaceName), Long.toString(value), StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new HostException(
                    "interface=" + interfaceName + " does not take disable_ipv6=" + value + ": " + e
                            + "; /proc/sys must be writable (privileged: true)",
                    e);
        }
    }

    @Override
    public List<String> addresses(String interfaceName) {
        try {
            NetworkInterface found = NetworkInterface.getByName(interfaceName);
            return found == null
                    ? List.of()
                    : found.getInterfaceAddresses().stream()
                            .filter(address -> !(address.getAddress() instanceof Inet6Address
                                    && address.getAddress().isLinkLocalAddress()))
                            .map(address ->
                                    address.getAddress().getHostAddress().replaceFirst("%.*", "") + "/"
                                            + address.getNetworkPrefixLength())
                            .toList();
        } catch (SocketException e) {
            throw new HostException("interface=" + interfaceName + " does not tell its addresses: " + e, e);
        }
    }

    @Override
    public FunctionSettings function(String interfaceName, int index) {
        var memory = new UnsafeBuffer(BufferUtil.allocateDirectAligned(NetLayout.FUNCTION_SIZE, Long.BYTES));
        int result = NetLibrary.get().dcn_link_function_get(interfaceName, index, memory.addressOffset());
        check(result, interfaceName, "does not tell the settings of virtual function " + index);
        byte[] mac = new byte[MAC_BYTES];
        memory.getBytes(NetLayout.FUNCTION_MAC, mac);
        return new FunctionSettings(
                HexFormat.ofDelimiter(":").formatHex(mac),
                memory.getShort(NetLayout.FUNCTION_VLAN),
                memory.getInt(NetLayout.FUNCTION_VLAN_PRIORITY),
                setting(memory.getInt(NetLayout.FUNCTION_SPOOF_CHECK)),
                setting(memory.getInt(NetLayout.FUNCTION_TRUST)));
    }

    private static Boolean setting(int value) {
        return value == NetLibrary.DCN_FUNCTION_UNKNOWN ? null : Boolean.valueOf(value != 0);
    }

    @Override
    public void setFunction(String interfaceName, int index, FunctionSettings found, FunctionSettings wanted) {
        NetLibrary library = NetLibrary.get();
        if (!wanted.macAddress().equals(found.macAddress())) {
            var mac = new UnsafeBuffer(BufferUtil.allocateDirectAligned(Long.BYTES, Long.BYTES));
            mac.putBytes(0, HexFormat.ofDelimiter(":").parseHex(wanted.macAddress()));
            int result = library.dcn_link_function_set_mac(interfaceName, index, mac.addressOffset());
            checkFunction(result, interfaceName, index, "mac " + wanted.macAddress());
        }
        if (wanted.vlan() != found.vlan() || wanted.vlanPriority() != found.vlanPriority()) {
            int result = library.dcn_link_function_set_vlan(interfaceName, index, wanted.vlan(), wanted.vlanPriority());
            checkFunction(result, interfaceName, index, "vlan " + wanted.vlan());
        }
        if (wanted.spoofCheck() != null && !wanted.spoofCheck().equals(found.spoofCheck())) {
            int on = wanted.spoofCheck() ? 1 : 0;
            int result = library.dcn_link_function_set_spoof_check(interfaceName, index, on);
            checkFunction(result, interfaceName, index, "spoofchk " + on);
        }
        if (wanted.trust() != null && !wanted.trust().equals(found.trust())) {
            int on = wanted.trust() ? 1 : 0;
            int result = library.dcn_link_function_set_trust(interfaceName, index, on);
            checkFunction(result, interfaceName, index, "trust " + on);
        }
    }

    private static void checkFunction(int result, String interfaceName, int index, String what) {
        check(result, interfaceName, "does not take vf " + index + " " + what + " (ip link set ... vf)");
    }

    /** What the library fills. */
    private static UnsafeBuffer memory() {
        return new UnsafeBuffer(BufferUtil.allocateDirectAligned(NetLayout.LINK_SIZE, Long.BYTES));
    }

    private static void check(int result, String interfaceName, String what) {
        if (result < 0) {
            throw new HostException("interface=" + interfaceName + " " + what + ": " + NativeErrors.describe(-result));
        }
    }
}
