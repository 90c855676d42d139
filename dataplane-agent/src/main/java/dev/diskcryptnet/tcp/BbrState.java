package dev.diskcryptnet.tcp;

/** States of {@link Bbr}, draft-ietf-ccwg-bbr-06 5.1, with their gains. */
enum BbrState {
    STARTUP(2.77, 2),
    DRAIN(0.5, 2),
    DOWN(0.9, 2),
    CRUISE(1, 2),
    REFILL(1, 2),
    UP(1.25, 2.25),
    PROBE_RTT(1, 0.5);

    /** 5.6.1. */
    final double pacingGain;

    final double windowGain;

    BbrState(double pacingGain, double windowGain) {
        this.pacingGain = pacingGain;
        this.windowGain = windowGain;
    }

    boolean probesBandwidth() {
        return this == STARTUP || this == REFILL || this == UP;
    }

    boolean isSteady() {
        return this == DOWN || this == CRUISE || this == REFILL || this == UP;
    }
}
