package dev.diskcryptnet.netmap;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A driver that keeps the contract of a port, in a mode of its: a line each. */
enum ContractDriver {
    PACKET_RING("packet:%s?slots=8&copy=0", true),
    PACKET_COPY("packet:%s?slots=8&copy=1", true),
    XDP("xdp:%s?slots=8&zerocopy=prefer", true),
    XDP_SOFTWARE("xdp:%s?slots=8&zerocopy=prefer&checksum=software", true),
    PEER("peer:%s", false);

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
        return onInterface ? PortPair.onVeth(this, 1) : PortPair.ofPeers();
    }

    /** The same with interfaces that have queues for two workers. */
    PortPair pairForTwoWorkers() {
        needInterface();
        return PortPair.onVeth(this, 2);
    }

    /** Skips the test for a driver without an interface. */
    void needInterface() {
        assumeTrue(onInterface, "driver=" + scheme() + " has no interface of the kernel's");
    }
}
