package dev.diskcryptnet.netmap;

import org.agrona.DirectBuffer;

/** The other end of one queue of a {@link PeerPort}: what a wire and a client would be. Called by the queue's thread. */
public interface PeerFarSide {
    /**
     * A frame that the port sends, during {@link PortQueue#flush}; parameters as {@link TxRing#send}. It is valid until
     * the call returns, and unsegmented and with a partial checksum where the sender left that to the device.
     */
    void onFrame(
            DirectBuffer buffer, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart);

    /** Hands over frames for the port to receive, during {@link PortQueue#receive}: at most {@code limit}. */
    int deliver(FrameHandler handler, int limit);
}
