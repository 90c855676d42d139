package dev.diskcryptnet.ip;

import org.agrona.MutableDirectBuffer;

/** Writes what stands in front of a transport header, in one family. */
interface HeaderWriter {
    /** Ethernet and IP header, in bytes. */
    int headerBytes();

    /**
     * Writes both.
     *
     * @param offset of the Ethernet header
     * @param station where the frame goes
     * @param trafficClass of the IP header, eight bits
     * @param protocol of the transport
     * @param transportBytes transport header and payload
     */
    void writeHeaders(
            MutableDirectBuffer buffer,
            int offset,
            long station,
            long localHigh,
            long localLow,
            long remoteHigh,
            long remoteLow,
            int trafficClass,
            int protocol,
            int transportBytes);
}
