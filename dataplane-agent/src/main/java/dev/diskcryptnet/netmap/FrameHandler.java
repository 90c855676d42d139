package dev.diskcryptnet.netmap;

import org.agrona.DirectBuffer;

/** Receives frames of a {@link PortQueue}. */
@FunctionalInterface
public interface FrameHandler {
    /** The transport checksum is known to be good, or need not be looked at (the frame never left this machine). */
    int CHECKSUM_GOOD = 1;
    /** The frame was longer than {@code lengthBytes}; its tail is lost. */
    int TRUNCATED = 2;

    /**
     * @param buffer holds the frame off the heap, Ethernet header first (a VLAN tag has been taken out)
     * @param offset of the frame's first byte
     * @param lengthBytes bytes present
     * @param flags {@link #CHECKSUM_GOOD}, {@link #TRUNCATED}
     */
    void onFrame(DirectBuffer buffer, int offset, int lengthBytes, int flags);
}
