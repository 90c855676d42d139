package dev.diskcryptnet.netmap;

import java.util.function.LongSupplier;

/** The send side of a {@link FaultPort}: a lost or late frame gives its slot back, a late one leaves a copy behind. */
final class FaultTxRing extends WrappedTxRing {
    private final FaultDice dice;
    private final HeldFrames held;
    private final LongSupplier nowNs;

    FaultTxRing(TxRing ring, FaultDice dice, HeldFrames held, LongSupplier nowNs) {
        super(ring);
        this.dice = dice;
        this.held = held;
        this.nowNs = nowNs;
    }

    @Override
    public void send(int slot, int frameOffset, int frameBytes, int segmentBytes, int headerBytes, int checksumStart) {
        if (segmentBytes != 0 || checksumStart != 0) {
            throw new IllegalArgumentException("segmentBytes=" + segmentBytes + " checksumStart=" + checksumStart
                    + " ask for offloads that a port with faults does not report");
        }
        if (dice.drops(frameBytes)) {
            ring.cancel(slot);
            return;
        }
        if (dice.corrupts()) {
            FaultPort.flip(ring.buffer(), frameOffset, dice.bit(frameBytes));
        }
        if (dice.duplicates()) {
            hold(frameOffset, frameBytes, 0);
        }
        long holdNs = dice.holdNs();
        if (holdNs > 0) {
            hold(frameOffset, frameBytes, holdNs);
            ring.cancel(slot);
        } else {
            ring.send(slot, frameOffset, frameBytes, 0, 0, 0);
        }
    }

    private void hold(int frameOffset, int frameBytes, long holdNs) {
        if (!held.hold(ring.buffer(), frameOffset, frameBytes, 0, nowNs.getAsLong() + holdNs)) {
            dice.overflowed(frameBytes);
        }
    }
}
