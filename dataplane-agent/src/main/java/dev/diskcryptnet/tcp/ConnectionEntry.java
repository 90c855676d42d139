package dev.diskcryptnet.tcp;

import dev.diskcryptnet.wire.IpAddress;

/**
 * What {@link ConnectionTable} holds under a 4-tuple: a half-open connection, an open one, or one in TIME-WAIT, each
 * no larger than its state needs. Its timer is its own.
 */
abstract class ConnectionEntry extends TimerEntry {
    long localHigh;
    long localLow;
    long remoteHigh;
    long remoteLow;
    int localPort;
    int remotePort;
    /** Keyed hash of the six above. */
    long tupleHash;
    /** Neighbours in the {@link AgeQueue} that holds this, if one does. */
    ConnectionEntry older;

    ConnectionEntry newer;

    final void address(TcpSegment received, long hash) {
        localHigh = received.localHigh;
        localLow = received.localLow;
        remoteHigh = received.remoteHigh;
        remoteLow = received.remoteLow;
        localPort = received.localPort;
        remotePort = received.remotePort;
        tupleHash = hash;
    }

    final void address(ConnectionEntry other) {
        localHigh = other.localHigh;
        localLow = other.localLow;
        remoteHigh = other.remoteHigh;
        remoteLow = other.remoteLow;
        localPort = other.localPort;
        remotePort = other.remotePort;
        tupleHash = other.tupleHash;
    }

    final boolean isIpv4() {
        return IpAddress.isIpv4(remoteHigh, remoteLow);
    }

    final void addressTo(TcpSegment segment) {
        segment.localHigh = localHigh;
        segment.localLow = localLow;
        segment.remoteHigh = remoteHigh;
        segment.remoteLow = remoteLow;
        segment.localPort = localPort;
        segment.remotePort = remotePort;
    }

    final boolean matches(TcpSegment segment, long hash) {
        return tupleHash == hash
                && remotePort == segment.remotePort
                && localPort == segment.localPort
                && remoteLow == segment.remoteLow
                && remoteHigh == segment.remoteHigh
                && localLow == segment.localLow
                && localHigh == segment.localHigh;
    }
}
