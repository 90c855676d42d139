package dev.diskcryptnet.netmap;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;

/** Shows a queue's {@link PortStatistics} as counters of its worker. */
public final class PortCounters {
    private static final String RECEIVE_DROPPED = "dcn_port_receive_dropped_frames";
    private static final String TRANSMIT_DROPPED = "dcn_port_transmit_dropped_frames";
    private static final String RECEIVE_DROPPED_HELP = "Received frames that were lost, by reason.";
    private static final String TRANSMIT_DROPPED_HELP = "Frames that were not sent, by reason.";

    private final Counter receivedFrames;
    private final Counter receivedBytes;
    private final Counter receiveTruncated;
    private final Counter receiveRingFull;
    private final Counter sentFrames;
    private final Counter sentBytes;
    private final Counter sentPackets;
    private final Counter sendLinkDown;
    private final Counter sendRefused;
    private final Counter sendInvalid;
    private final Counter sendRetries;
    private final Counter linkUp;
    private final Counter dataSlots;
    private final Counter usedDataSlots;
    private final Counter controlSlots;
    private final Counter usedControlSlots;

    /**
     * @param counters of the worker that owns the queue
     * @param port label value: the interface's name
     */
    public PortCounters(CounterSet counters, String port) {
        receivedFrames = counters.counter("dcn_port_receive_frames", "", "Frames received.", "port", port);
        receivedBytes = counters.counter("dcn_port_receive_bytes", "bytes", "Bytes of frames received.", "port", port);
        receiveRingFull =
                counters.counter(RECEIVE_DROPPED, "", RECEIVE_DROPPED_HELP, "port", port, "reason", "ring_full");
        receiveTruncated =
                counters.counter(RECEIVE_DROPPED, "", RECEIVE_DROPPED_HELP, "port", port, "reason", "truncated");
        sentFrames = counters.counter(
                "dcn_port_transmit_frames", "", "Frames sent, one of many segments counted once.", "port", port);
        sentBytes = counters.counter(
                "dcn_port_transmit_bytes",
                "bytes",
                "Bytes of frames sent, as the kernel counts them: headers of a frame of many segments count once.",
                "port",
                port);
        sentPackets = counters.counter(
                "dcn_port_transmit_packets",
                "",
                "Packets that the frames sent are on the wire, after segmentation.",
                "port",
                port);
        sendLinkDown =
                counters.counter(TRANSMIT_DROPPED, "", TRANSMIT_DROPPED_HELP, "port", port, "reason", "link_down");
        sendRefused = counters.counter(TRANSMIT_DROPPED, "", TRANSMIT_DROPPED_HELP, "port", port, "reason", "refused");
        sendInvalid = counters.counter(TRANSMIT_DROPPED, "", TRANSMIT_DROPPED_HELP, "port", port, "reason", "invalid");
        sendRetries = counters.counter(
                "dcn_port_transmit_retries", "", "Times the device had not taken all that was ready.", "port", port);
        linkUp = counters.gauge("dcn_port_link_up", "", "1 while the interface is up and has carrier.", "port", port);
        dataSlots = slots(counters, port, "data");
        usedDataSlots = usedSlots(counters, port, "data");
        controlSlots = slots(counters, port, "control");
        usedControlSlots = usedSlots(counters, port, "control");
    }

    private static Counter slots(CounterSet counters, String port, String ring) {
        return counters.gauge("dcn_port_ring_slots", "", "Slots of a transmit ring.", "port", port, "ring", ring);
    }

    private static Counter usedSlots(CounterSet counters, String port, String ring) {
        return counters.gauge(
                "dcn_port_ring_used_slots",
                "",
                "Slots of a transmit ring that are being filled or wait for the device.",
                "port",
                port,
                "ring",
                ring);
    }

    /** Publishes what {@code queue} has counted; called by its thread, once a duty cycle or less. */
    public void update(PortQueue queue) {
        PortStatistics statistics = queue.statistics();
        receivedFrames.set(statistics.receivedFrames());
        receivedBytes.set(statistics.receivedBytes());
        receiveRingFull.set(statistics.receiveDroppedRingFull());
        receiveTruncated.set(statistics.receiveTruncated());
        sentFrames.set(statistics.sentFrames());
        sentBytes.set(statistics.sentBytes());
        sentPackets.set(statistics.sentPackets());
        sendLinkDown.set(statistics.sendDroppedLinkDown());
        sendRefused.set(statistics.sendDroppedRefused());
        sendInvalid.set(statistics.sendDroppedInvalid());
        sendRetries.set(statistics.sendRetries());
        linkUp.set(queue.linkUp() ? 1 : 0);
        dataSlots.set(queue.data().slotCount());
        usedDataSlots.set(queue.data().slotCount() - queue.data().available());
        controlSlots.set(queue.control().slotCount());
        usedControlSlots.set(queue.control().slotCount() - queue.control().available());
    }
}
