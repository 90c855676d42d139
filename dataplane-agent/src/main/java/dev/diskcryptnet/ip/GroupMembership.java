package dev.diskcryptnet.ip;

import static dev.diskcryptnet.wire.ListenerDescriptor.*;

import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv6Descriptor;
import dev.diskcryptnet.wire.Ipv6Flyweight;
import dev.diskcryptnet.wire.ListenerFlyweight;
import dev.diskcryptnet.wire.MacAddress;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.agrona.DirectBuffer;

/**
 * Tells the link which groups we listen to, those of our addresses: switches that look at such reports pass solicitations on
 * to nobody else, so without them nobody would find us (RFC 4861 7.2.1; RFC 3810, and RFC 2710 where a querier speaks that).
 * Queries are answered by one report for all groups, whichever they ask for.
 */
final class GroupMembership {
    /** RFC 3810 5: not from beyond the link. */
    private static final int HOP_LIMIT = 1;
    /** RFC 3810 9.12: two query intervals of 125 s, and 10 s for the answer. */
    static final long OLD_QUERIER_NS = 260_000_000_000L;
    /** However often it is asked. */
    static final long MIN_INTERVAL_NS = 100_000_000;

    /** RFC 3810 9.11. */
    static final long REPEAT_NS = 1_000_000_000;

    private static final long MILLISECOND_NS = 1_000_000;
    private static final long NEVER = Long.MAX_VALUE;
    private static final long LONG_AGO = Long.MIN_VALUE / 2;

    private final TxRing control;
    private final long ownStation;
    private final Ipv6Addresses local;
    private final IpCounters counters;
    private final boolean answers;
    private final long[] groups;
    private final SplittableRandom random;
    private long oldQuerierNs = LONG_AGO;
    private long reportedNs = LONG_AGO;
    private long deadlineNs = NEVER;
    /** What the report of the deadline is to say. */
    private int record;

    GroupMembership(TxRing control, long ownStation, Ipv6Addresses local, IpCounters counters, boolean answers) {
        this.control = control;
        this.ownStation = ownStation;
        this.local = local;
        this.counters = counters;
        this.answers = answers;
        this.groups = IntStream.range(0, local.count())
                .mapToLong(i -> IpAddress.solicitedNodeLow(local.low(i)))
                .distinct()
                .toArray();
        this.random = new SplittableRandom(ownStation);
    }

    /** Says that the groups have been joined; for before addresses are asked for, as answers come by a group. */
    void join(long nowNs) {
        if (answers && groups.length > 0) {
            report(nowNs, CHANGE_TO_EXCLUDE);
        }
    }

    /** Addresses are in use: says it again, with one of them (RFC 3590 4), and a second time (RFC 3810 6.1). */
    void joinAgain(long nowNs) {
        join(nowNs);
        if (answers && groups.length > 0 && deadlineNs == NEVER) {
            record = CHANGE_TO_EXCLUDE;
            deadlineNs = nowNs + 1 + random.nextLong(REPEAT_NS);
        }
    }

    /**
     * A query came whose checksum is good.
     *
     * @param message where it lies, and its IP addresses
     * @param alert whether Router Alert is in front of it
     * @return whether it is one, of this link (RFC 3810 6.2, RFC 2710 5)
     */
    boolean onQuery(long nowNs, DirectBuffer buffer, IpDatagram message, int hopLimit, boolean alert) {
        int bytes = message.transportBytes;
        boolean old = bytes == MESSAGE_BYTES;
        if (!alert
                || hopLimit != HOP_LIMIT
                || !IpAddress.isLinkLocal(message.sourceHigh)
                || !old && bytes < QUERY_2_BYTES) {
            return false;
        }
        oldQuerierNs = old ? nowNs : oldQuerierNs;
        if (!answers || !concernsUs(buffer, message.transportOffset)) {
            return true;
        }
        long withinNs = ListenerFlyweight.maxDelayMs(buffer, message.transportOffset, bytes) * MILLISECOND_NS;
        long atNs = nowNs + (withinNs == 0 ? 0 : random.nextLong(withinNs));
        record = MODE_IS_EXCLUDE;
        deadlineNs = Math.min(deadlineNs, Math.max(atNs, reportedNs + MIN_INTERVAL_NS));
        return true;
    }

    private boolean concernsUs(DirectBuffer buffer, int offset) {
        long high = ListenerFlyweight.groupHigh(buffer, offset);
        long low = ListenerFlyweight.groupLow(buffer, offset);
        boolean all = (high | low) == 0;
        for (long group : groups) {
            if (all || high == IpAddress.SOLICITED_NODE_HIGH && low == group) {
                return true;
            }
        }
        return false;
    }

    void onTimers(long nowNs) {
        if (nowNs < deadlineNs) {
            return;
        }
        deadlineNs = NEVER;
        reportedNs = nowNs;
        report(nowNs, record);
    }

    /** RFC 3810 8.2.1: as the querier speaks. */
    private void report(long nowNs, int asRecord) {
        if (nowNs - oldQuerierNs > OLD_QUERIER_NS) {
            report2(asRecord);
            return;
        }
        for (long group : groups) {
            report1(group);
        }
    }

    long nextDeadlineNs() {
        return deadlineNs;
    }

    private void report1(long group) {
        int slot = control.take();
        if (slot < 0) {
            counters.ndUnsent.increment();
            return;
        }
        int message = messageOffset(slot);
        int source = local.linkLocal();
        ListenerFlyweight.writeReport(control.buffer(), message, high(source), low(source), group);
        send(slot, source, IpAddress.SOLICITED_NODE_HIGH, group, MESSAGE_BYTES);
    }

    private void report2(int asRecord) {
        int slot = control.take();
        if (slot < 0) {
            counters.ndUnsent.increment();
            return;
        }
        int message = messageOffset(slot);
        int source = local.linkLocal();
        int bytes =
                ListenerFlyweight.writeReport2(control.buffer(), message, asRecord, high(source), low(source), groups);
        IpAddress to = IpAddress.LISTENER_REPORTS;
        send(slot, source, to.high(), to.low(), bytes);
    }

    /** Where a message begins: the hop-by-hop header is in front of it. */
    private int messageOffset(int slot) {
        return control.slotOffset(slot) + control.payloadOffset() + ALERT_BYTES;
    }

    private void send(int slot, int source, long destinationHigh, long destinationLow, int messageBytes) {
        var buffer = control.buffer();
        int alert = messageOffset(slot) - ALERT_BYTES;
        int packet = alert - Ipv6Descriptor.HEADER_BYTES;
        int frame = packet - EthernetDescriptor.HEADER_BYTES;
        ListenerFlyweight.writeAlert(buffer, alert);
        long station = MacAddress.ofIpv6Group(destinationLow);
        EthernetFlyweight.write(buffer, frame, station, ownStation, EthernetDescriptor.TYPE_IPV6);
        Ipv6Flyweight.write(
                buffer,
                packet,
                ALERT_BYTES + messageBytes,
                Ipv6Descriptor.NEXT_HEADER_HOP_BY_HOP,
                HOP_LIMIT,
                high(source),
                low(source),
                destinationHigh,
                destinationLow);
        control.send(slot, frame, alert - frame + ALERT_BYTES + messageBytes, 0, 0, 0);
        counters.listenerReportsSent.increment();
    }

    /** Unspecified until a link-local address is in use. */
    private long high(int source) {
        return source == Ipv6Addresses.NONE ? 0 : local.high(source);
    }

    private long low(int source) {
        return source == Ipv6Addresses.NONE ? 0 : local.low(source);
    }
}
