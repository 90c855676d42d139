package dev.diskcryptnet.agent;

import dev.diskcryptnet.device.Host;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.device.LinkAttribute.Name;
import dev.diskcryptnet.device.Links;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.NetLayout;
import dev.diskcryptnet.ffi.NetLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.agrona.BufferUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Attributes of this machine's interfaces, by rtnetlink, in the network namespace of the calling thread. */
final class KernelLinks implements Links {
    private static final int ENODEV = 19;
    private static final int EINVAL = 22;
    private static final Path OWN_NAMESPACE = Path.of("/proc/thread-self/ns/net");
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /** This machine. */
    static Host host() {
        return new Host(new KernelLinks(), KernelLinks::bootId);
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
        UnsafeBuffer link = memory();
        check(NetLibrary.get().dcn_link_get(interfaceName, link.addressOffset()), interfaceName, "cannot be read");
        int offset =
                switch (attribute) {
                    case GSO_MAX_SIZE -> NetLayout.LINK_GSO_MAX_SIZE;
                    case GSO_IPV4_MAX_SIZE -> NetLayout.LINK_GSO_IPV4_MAX_SIZE;
                };
        long value = Integer.toUnsignedLong(link.getInt(offset));
        if (value == 0) {
            throw new HostException(
                    "interface=" + interfaceName + " has no " + attribute + " in this kernel; Linux 6.3 or newer has");
        }
        return value;
    }

    @Override
    public void write(String interfaceName, Name attribute, long value) {
        int bytes = (int) value;
        int result =
                switch (attribute) {
                    case GSO_MAX_SIZE -> NetLibrary.get().dcn_link_set_gso_max_size(interfaceName, bytes);
                    case GSO_IPV4_MAX_SIZE -> NetLibrary.get().dcn_link_set_gso_ipv4_max_size(interfaceName, bytes);
                };
        String limit = result == -EINVAL ? ", more than the device takes (tso_max_size)" : "";
        check(result, interfaceName, attribute + "=" + value + " cannot be set" + limit);
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
