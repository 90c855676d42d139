package dev.diskcryptnet.atlas;

import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tcp.TcpConnection;
import dev.diskcryptnet.tls.RecordRun;
import dev.diskcryptnet.wire.IpAddress;

/**
 * How much goes into one frame of a port, in one family. What a frame costs beside its bytes, interrupts and acknowledgements, is most of
 * what sending costs, so frames are as long as the port takes.
 *
 * @param maxPayloadBytes most TCP payload
 * @param records sealed records that it takes as a whole; 0 where a frame is one packet, or too short for one
 * @param segmentation whether a frame may hold several packets
 */
record FrameSize(int maxPayloadBytes, int records, boolean segmentation) {
    /** TCP, IP and Ethernet headers and the tail of a head must fit in front of the payload. */
    static final int HEADER_ROOM_BYTES = 128;
    /** The largest record: TLS 1.2 with its explicit nonce. */
    static final int MAX_RECORD_BYTES = RecordRun.RECORD_BYTES + 29;

    /** An IPv6 header tells no more, but with a jumbo payload option that not every device takes in a frame to be cut up. */
    private static final int MAX_IPV6_FRAME_BYTES = 65_535;

    private static final int PAGE_BYTES = 4096;
    /** Reads of less are not worth it from a disk: 127 KiB. */
    private static final int MIN_UNIT_RECORDS = 8;

    /**
     * The sizes of a port's two families.
     *
     * @param ipv4 the longer ones
     */
    record Families(FrameSize ipv4, FrameSize ipv6) {
        FrameSize towards(TcpConnection connection) {
            return IpAddress.isIpv4(connection.remoteHigh(), connection.remoteLow()) ? ipv4 : ipv6;
        }
    }

    static Families of(PortFacts facts, TxRing ring) {
        int longest = facts.maxFrameBytes();
        return new Families(
                of(longest, facts.segmentationIpv4(), ring),
                of(Math.min(longest, MAX_IPV6_FRAME_BYTES), facts.segmentationIpv6(), ring));
    }

    private static FrameSize of(int maxFrameBytes, boolean segmentation, TxRing ring) {
        int payload = Math.min(ring.maxPayloadBytes(), maxFrameBytes - HEADER_ROOM_BYTES);
        return new FrameSize(payload, segmentation ? payload / MAX_RECORD_BYTES : 0, segmentation);
    }

    /**
     * Bytes of one read into a frame: whole pages, as reads that meet at page boundaries read nothing twice. Of a frame of
     * 64 KiB - 1 they are 15 pages, and there are 17 page fragments; a response's head comes on top.
     */
    int readBytes() {
        return maxPayloadBytes > PAGE_BYTES ? maxPayloadBytes & -PAGE_BYTES : PAGE_BYTES;
    }

    /** Records of a unit, and so of a read: of whole frames. */
    int unitRecords() {
        int each = Math.max(1, records);
        return (MIN_UNIT_RECORDS + each - 1) / each * each;
    }
}
