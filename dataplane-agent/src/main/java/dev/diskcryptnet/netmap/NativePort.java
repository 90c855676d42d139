package dev.diskcryptnet.netmap;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.ffi.NativeErrors;
import dev.diskcryptnet.ffi.NativeException;
import dev.diskcryptnet.ffi.NetLayout;
import dev.diskcryptnet.ffi.NetLibrary;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A port of one of the native library's drivers: the URI's scheme says which, and nothing here or above depends on it.
 */
public final class NativePort implements Port {
    private static final int FACTS = NetLayout.OPENED_FACTS;

    private final NetLibrary library;
    private final PortFacts facts;
    private final List<String> notes;
    private final List<String> conflicts;
    private final boolean copies;
    private final List<Integer> memberships = new ArrayList<>();
    private long handle;

    private NativePort(NetLibrary library, long handle, PortFacts facts, String kernelDriver, int flags) {
        this.library = library;
        this.handle = handle;
        this.facts = facts;
        this.notes = notes(facts, kernelDriver, flags);
        this.conflicts = conflicts(facts.interfaceName(), flags);
        this.copies = (flags & NetLibrary.DCN_PORT_COPIES) != 0;
    }

    /** See {@link Ports#open}. */
    static NativePort open(String uri) {
        NetLibrary library = NetLibrary.get();
        OffHeapRegion opened = OffHeapRegion.allocate(NetLayout.OPENED_SIZE);
        int result = library.dcn_port_open(uri, opened.address());
        UnsafeBuffer buffer = opened.buffer();
        if (result < 0) {
            throw failure(buffer, NetLayout.OPENED_MESSAGE, "port=" + uri, result);
        }
        int flags = buffer.getInt(FACTS + NetLayout.FACTS_FLAGS);
        PortFacts facts = facts(uri, buffer, flags);
        String kernelDriver = NativeErrors.text(buffer, FACTS + NetLayout.FACTS_KERNEL_DRIVER, 32);
        return new NativePort(library, buffer.getLong(NetLayout.OPENED_PORT), facts, kernelDriver, flags);
    }

    private static PortFacts facts(String uri, UnsafeBuffer buffer, int flags) {
        long mac = 0;
        for (int i = 0; i < 6; i++) {
            mac = mac << 8 | buffer.getByte(FACTS + NetLayout.FACTS_MAC + i) & 0xff;
        }
        return new PortFacts(
                uri,
                NativeErrors.text(buffer, FACTS + NetLayout.FACTS_DRIVER, 16),
                NativeErrors.text(buffer, FACTS + NetLayout.FACTS_INTERFACE_NAME, 16),
                mac,
                buffer.getInt(FACTS + NetLayout.FACTS_MTU),
                (flags & NetLibrary.DCN_PORT_SEGMENTATION_IPV4) != 0,
                (flags & NetLibrary.DCN_PORT_SEGMENTATION_IPV6) != 0,
                (flags & NetLibrary.DCN_PORT_CHECKSUM) != 0,
                buffer.getInt(FACTS + NetLayout.FACTS_MAX_FRAME_BYTES),
                buffer.getInt(FACTS + NetLayout.FACTS_FRAME_LIMIT_BYTES),
                (flags & NetLibrary.DCN_PORT_ZERO_COPY) != 0,
                (flags & NetLibrary.DCN_PORT_COPIES) != 0 ? "copy" : "ring",
                buffer.getInt(FACTS + NetLayout.FACTS_NUMA_NODE));
    }

    private static List<String> conflicts(String name, int flags) {
        List<String> conflicts = new ArrayList<>();
        if ((flags & NetLibrary.DCN_PORT_DEFAULT_ROUTE) != 0) {
            // Its address is not mentioned: who followed that advice too would cut the machine off.
            conflicts.add("interface=" + name + " carries the default route of this network namespace; name another"
                    + " interface, or, where the machine has another way out, clear the route: ip route delete default"
                    + " dev " + name + " (ip -6 for that of IPv6)");
        } else if ((flags & NetLibrary.DCN_PORT_HAS_ADDRESS) != 0 && (flags & NetLibrary.DCN_PORT_PASSES_OTHERS) == 0) {
            // A slash in place of a dot is how sysctl takes the name of a VLAN interface.
            conflicts.add("interface=" + name + " has an IP address of the kernel's, which would answer in our place;"
                    + " clear it: sysctl -w net.ipv6.conf." + name.replace('.', '/')
                    + ".disable_ipv6=1 && ip address flush dev " + name);
        }
        return List.copyOf(conflicts);
    }

    private static List<String> notes(PortFacts facts, String kernelDriver, int flags) {
        String name = facts.interfaceName();
        List<String> notes = new ArrayList<>();
        if (facts.driver().equals("netmap") && kernelDriver.equals("veth")) {
            notes.add("interface=" + name + " is a veth: netmap's emulated mode takes a packet's memory again before a"
                    + " reader on this machine has read it, who may get later bytes instead; serve others than for tests"
                    + " by driver packet, by a VALE port or by a card");
        }
        if ((flags & NetLibrary.DCN_PORT_COPIES) != 0) {
            notes.add("interface=" + name + " is virtual: the kernel copies each frame that is sent");
        }
        if ((flags & NetLibrary.DCN_PORT_KERNEL_MEMORY) != 0 && facts.uri().contains("huge=1")) {
            notes.add(
                    "interface=" + name + " has its slots in a ring of the kernel's, not in huge pages: those hold only"
                            + " what TLS records are sealed from");
        }
        if ((flags & NetLibrary.DCN_PORT_COPY_MODE) != 0) {
            notes.add("interface=" + name + " has a kernel driver without zero copy: the kernel copies each packet that"
                    + " is sent and received");
        }
        if (facts.driver().equals("packet") && (flags & NetLibrary.DCN_PORT_SPARES_KERNEL) == 0) {
            notes.add(
                    "interface=" + name + " has the kernel's IP stack look at each segment too, which costs CPU; it is"
                            + " spared that on Linux 6.6 and newer, with CAP_BPF and a seccomp profile that allows bpf");
        }
        if (facts.driver().equals("packet")
                && (flags & NetLibrary.DCN_PORT_SYN_LIMIT) == 0
                && !facts.uri().contains("syns=0")) {
            notes.add("interface=" + name + " takes the SYNs of a flood until the loop has no time for streams; a limit"
                    + " wants CAP_BPF and a seccomp profile that allows bpf");
        }
        if ((flags & NetLibrary.DCN_PORT_SEGMENTS_ITSELF) != 0) {
            notes.add("interface=" + name + " takes one packet at a time: TCP is segmented here, which costs CPU");
        } else {
            addKernelNotes(name, flags, notes);
        }
        return List.copyOf(notes);
    }

    /** What the kernel does between us and the device. */
    private static void addKernelNotes(String name, int flags, List<String> notes) {
        boolean ipv4 = (flags & NetLibrary.DCN_PORT_DEVICE_TSO_IPV4) != 0;
        boolean ipv6 = (flags & NetLibrary.DCN_PORT_DEVICE_TSO_IPV6) != 0;
        if (!ipv4 || !ipv6) {
            notes.add("interface=" + name + " segments TCP in the kernel, not in the device (tso ipv4=" + ipv4
                    + " ipv6=" + ipv6 + "), which costs CPU; see `ethtool -k " + name + "`");
        }
        if ((flags & NetLibrary.DCN_PORT_QDISC_BYPASS) == 0) {
            notes.add("interface=" + name + " sends through the kernel's queueing discipline");
        }
    }

    @Override
    public PortFacts facts() {
        return facts;
    }

    @Override
    public List<String> notes() {
        return notes;
    }

    @Override
    public List<String> conflicts() {
        return conflicts;
    }

    @Override
    public void serve(List<byte[]> addresses) {
        requireOpen();
        for (byte[] address : addresses) {
            OffHeapRegion memory = OffHeapRegion.allocate(Math.max(address.length, 1));
            memory.buffer().putBytes(0, address);
            int result = library.dcn_port_address_add(handle, memory.address(), address.length);
            if (result < 0) {
                throw new NativeException(
                        "port=" + facts.uri() + " address=" + HexFormat.of().formatHex(address) + ": not taken",
                        -result);
            }
        }
    }

    private void requireOpen() {
        if (handle == 0) {
            throw new IllegalStateException("port=" + facts.uri() + " is closed");
        }
    }

    @Override
    public PortQueue openQueue(int worker, int workers) {
        requireOpen();
        OffHeapRegion opened = OffHeapRegion.allocate(NetLayout.QUEUE_OPENED_SIZE);
        int result = library.dcn_port_queue_open(handle, worker, workers, opened.address());
        if (result < 0) {
            throw failure(opened.buffer(), NetLayout.QUEUE_OPENED_MESSAGE, "port=" + facts.uri(), result);
        }
        return new NativeQueue(
                library,
                opened.buffer().getLong(NetLayout.QUEUE_OPENED_QUEUE),
                opened.buffer().getLong(NetLayout.QUEUE_OPENED_STATE),
                copies);
    }

    @Override
    public void join(long group) {
        if (!facts.isInterface()) {
            return; // it takes all that is sent to it
        }
        OffHeapRegion station = OffHeapRegion.allocate(Long.BYTES);
        for (int i = 0; i < 6; i++) {
            station.buffer().putByte(i, (byte) (group >>> 40 - 8 * i));
        }
        int result = library.dcn_link_group_join(facts.interfaceName(), station.address());
        memberships.add(
                NativeErrors.check(result, "interface=" + facts.interfaceName() + " group=" + Long.toHexString(group)));
    }

    @Override
    public void close() {
        memberships.forEach(library::dcn_link_group_leave);
        memberships.clear();
        if (handle != 0) {
            library.dcn_port_close(handle);
            handle = 0;
        }
    }

    private static NativeException failure(UnsafeBuffer buffer, int messageOffset, String what, int result) {
        return new NativeException(
                what + ": " + NativeErrors.text(buffer, messageOffset, NetLibrary.DCN_PORT_MESSAGE_BYTES), -result);
    }
}
