package dev.diskcryptnet.ip;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.ArpDescriptor;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.MacAddress;

/** Writes ARP packets to the control ring. */
final class ArpOutput implements NeighbourCache.Requester {
    /** Requests for everybody's hosts together: a scan of the prefix must not become a storm of ours. */
    static final int REQUEST_BURST = 64;

    static final long REQUEST_INTERVAL_NS = 5_000_000L;
    private static final int FRAME_BYTES = EthernetDescriptor.HEADER_BYTES + ArpDescriptor.PACKET_BYTES;

    private final TxRing control;
    private final long ownStation;
    private final Ipv4Addresses local;
    private final IpCounters counters;
    private final RateLimit requests = new RateLimit(REQUEST_BURST, REQUEST_INTERVAL_NS);

    ArpOutput(TxRing control, long ownStation, Ipv4Addresses local, IpCounters counters) {
        this.control = control;
        this.ownStation = ownStation;
        this.local = local;
        this.counters = counters;
    }

    @Override
    public boolean request(long nowNs, long high, long low, long station) {
        if (!requests.tryTake(nowNs)) {
            return false;
        }
        long destination = station == Neighbour.NO_STATION ? MacAddress.BROADCAST : station;
        int address = (int) low;
        int source = local.sourceFor(address);
        return send(destination, ArpDescriptor.OPERATION_REQUEST, source, 0, address, counters.arpRequestsSent);
    }

    /** Answers a request of {@code station} for our {@code ownAddress}. */
    void reply(int ownAddress, long station, int address) {
        send(station, ArpDescriptor.OPERATION_REPLY, ownAddress, station, address, counters.arpRepliesSent);
    }

    /** Tells everybody that {@code ownAddress} is ours (RFC 5227 3: a request for oneself). */
    void announce(int ownAddress) {
        int operation = ArpDescriptor.OPERATION_REQUEST;
        send(MacAddress.BROADCAST, operation, ownAddress, 0, ownAddress, counters.arpRequestsSent);
    }

    private boolean send(
            long destination, int operation, int ownAddress, long targetStation, int targetAddress, Counter sent) {
        int slot = control.take();
        if (slot < 0) {
            counters.arpUnsent.increment();
            return false;
        }
        int packet = control.slotOffset(slot) + control.payloadOffset();
        int frame = packet - EthernetDescriptor.HEADER_BYTES;
        EthernetFlyweight.write(control.buffer(), frame, destination, ownStation, EthernetDescriptor.TYPE_ARP);
        ArpFlyweight.write(control.buffer(), packet, operation, ownStation, ownAddress, targetStation, targetAddress);
        control.send(slot, frame, FRAME_BYTES, 0, 0, 0);
        sent.increment();
        return true;
    }
}
