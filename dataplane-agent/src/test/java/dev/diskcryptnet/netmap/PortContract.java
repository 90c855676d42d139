package dev.diskcryptnet.netmap;

import org.junit.jupiter.params.Parameter;

/** What the tests of every port share: which driver it is, and frames for its data slots. */
abstract class PortContract extends PortBed {
    static final int SMALL = TestFrames.HEADER_BYTES + 64;

    @Parameter
    private ContractDriver driver;

    @Override
    ContractDriver driver() {
        return driver;
    }

    void fill(int slot, int number, int payloadBytes) {
        TestFrames.fillLarge(near.data(), slot, from, to, 1000, number, payloadBytes);
    }

    void send(int slot, int payloadBytes) {
        TestFrames.sendLarge(near.data(), slot, payloadBytes);
    }

    void sendLarge(int number, int payloadBytes) {
        int slot = near.data().take();
        fill(slot, number, payloadBytes);
        send(slot, payloadBytes);
    }

    /** Until every slot has come back. */
    void settle() {
        until(() -> near.data().available() == 8, near::flush);
    }
}
