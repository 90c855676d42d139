package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** A driver that keeps the contract of a port, in a mode of its: a line each. */
enum ContractDriver {
    PACKET_RING("packet:%s?slots=8&copy=0", true),
    PACKET_COPY("packet:%s?slots=8&copy=1", true),
    XDP("xdp:%s?slots=8&zerocopy=prefer", true),
    XDP_SOFTWARE("xdp:%s?slots=8&zerocopy=prefer&checksum=software", true),
    NETMAP("netmap:%s?slots=8", true),
    NETMAP_SWITCH("netmap:%s?slots=8", false),
    PEER("peer:%s", false);

    private static final Path NETMAP_DEVICE = Path.of("/dev/netmap");

    private final String uri;
    private final boolean onInterface;

    /**
     * @param uri of a port with 8 data slots, on the interface that is filled in
     * @param onInterface whether it is one of the kernel's
     */
    ContractDriver(String uri, boolean onInterface) {
        this.uri = uri;
        this.onInterface = onInterface;
    }

    String scheme() {
        return uri.substring(0, uri.indexOf(':'));
    }

    String uri(String interfaceName) {
        return uri.formatted(interfaceName);
    }

    /** Two ports joined back to back: this driver's, and one to look with. Skips the test where it cannot run. */
    PortPair pair() {
        String only = System.getProperty("dcn.contract.driver", scheme());
        assumeTrue(scheme().equals(only), "only driver=" + only + " is asked for (dcn.contract.driver)");
        needModule();
        return switch (this) {
            case NETMAP_SWITCH -> PortPair.onSwitch(this);
            case PEER -> PortPair.ofPeers();
            default -> PortPair.onVeth(this, 1);
        };
    }

    /** The same with interfaces that have queues for two workers. */
    PortPair pairForTwoWorkers() {
        needInterface();
        assumeTrue(this != NETMAP, "driver=netmap finds all that veth receives in one ring in emulated mode");
        return PortPair.onVeth(this, 2);
    }

    private void needModule() {
        boolean there = !scheme().equals("netmap") || Files.exists(NETMAP_DEVICE);
        assumeTrue(there, "driver=netmap needs the netmap kernel module: modprobe netmap");
    }

    /** Skips the test for a driver whose buffers, as they are by default, are shorter than such a packet. */
    void needLongPackets() {
        assumeTrue(this != NETMAP, "driver=netmap has buffers of 2048 bytes, unless the module is told otherwise");
    }

    /** Skips the test for a driver that nobody tells of frames lost on their way to it. */
    void needCountOfLost() {
        assumeTrue(this != NETMAP, "driver=netmap is not told of what it loses in emulated mode");
    }

    /** Skips the test for a driver without an interface. */
    void needInterface() {
        assumeTrue(onInterface, "driver=" + scheme() + " has no interface of the kernel's");
    }
}
