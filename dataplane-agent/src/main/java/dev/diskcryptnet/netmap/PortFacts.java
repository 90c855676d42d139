package dev.diskcryptnet.netmap;

/**
 * What a driver reports about the interface, or the port of a VALE switch, that it opened.
 *
 * @param uri as configured, for example {@code packet:eth1}
 * @param driver the driver in use, as it names itself: {@code packet}, {@code peer}
 * @param interfaceName name for metrics and messages
 * @param macAddress station address in the low 48 bits, first octet highest
 * @param mtu largest IP packet on the wire, bytes
 * @param segmentationIpv4 a frame of up to {@code maxFrameBytes} may be sent with a segment size (TSO or GSO), TCP over IPv4
 * @param segmentationIpv6 the same over IPv6
 * @param checksumOffload TCP checksums may be left partial (pseudo header only)
 * @param maxFrameBytes longest frame that {@link TxRing#send} takes, Ethernet header included
 * @param frameLimitBytes what that would be if the interface were set to the most that it takes
 * @param zeroCopy the device reads the slots' memory itself
 * @param transmitMode {@code ring}: slots go to the kernel as they lie; {@code copy}: the send call copies them
 * @param numaNode NUMA node, or -1
 */
public record PortFacts(
        String uri,
        String driver,
        String interfaceName,
        long macAddress,
        int mtu,
        boolean segmentationIpv4,
        boolean segmentationIpv6,
        boolean checksumOffload,
        int maxFrameBytes,
        int frameLimitBytes,
        boolean zeroCopy,
        String transmitMode,
        int numaNode) {
    /** Whether the kernel has an interface of that name. */
    public boolean isInterface() {
        return interfaceName.indexOf(':') < 0;
    }
}
