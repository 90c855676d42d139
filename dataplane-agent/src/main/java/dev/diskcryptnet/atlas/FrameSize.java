package dev.diskcryptnet.atlas;

import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tls.RecordRun;

/**
 * How much goes into one frame of a port. What a frame costs beside its bytes, interrupts and acknowledgements, is most of
 * what sending costs, so frames are as long as the port takes.
 *
 * @param maxPayloadBytes most TCP payload
 * @param records sealed records that it takes as a whole; 0 where a frame is one packet, or too short for one
 */
record FrameSize(int maxPayloadBytes, int records) {
    /** TCP, IP and Ethernet headers and the tail of a head must fit in front of the payload. */
    static final int HEADER_ROOM_BYTES = 128;
    /** The largest record: TLS 1.2 with its explicit nonce. */
    static final int MAX_RECORD_BYTES = RecordRun.RECORD_BYTES + 29;

    private static final int PAGE_BYTES = 4096;
    /** Reads of less are not worth it from a disk: 127 KiB. */
    private static final int MIN_UNIT_RECORDS = 8;

    static FrameSize of(PortFacts facts, TxRing ring) {
        int payload = Math.min(ring.maxPayloadBytes(), facts.maxFrameBytes() - HEADER_ROOM_BYTES);
        return new FrameSize(payload, facts.segmentationIpv4() ? payload / MAX_RECORD_BYTES : 0);
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
