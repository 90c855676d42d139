package dev.diskcryptnet.atlas;

import dev.diskcryptnet.ip.IpDatagram;
import dev.diskcryptnet.ip.IpHost;
import dev.diskcryptnet.netmap.FrameHandler;
import dev.diskcryptnet.netmap.PortCounters;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.netmap.TxRing;
import dev.diskcryptnet.tcp.CloseReason;
import dev.diskcryptnet.tcp.TcpConnection;
import dev.diskcryptnet.tcp.TcpEvents;
import dev.diskcryptnet.tcp.TcpOutput;
import dev.diskcryptnet.tcp.TcpSegment;
import dev.diskcryptnet.tcp.TcpSegmentCodec;
import dev.diskcryptnet.tcp.TcpStack;
import dev.diskcryptnet.wire.EcnField;
import dev.diskcryptnet.wire.TcpDescriptor;
import java.nio.ByteOrder;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * One worker's traffic on one port: frames come in, go through IP and TCP to requests, and ranges of the send streams
 * go out through {@link Sender}.
 */
final class Lane implements FrameHandler, TcpEvents, TcpOutput, AutoCloseable {
    final PortFacts facts;
    private final LaneParts parts;
    final PortQueue queue;
    final IpHost ip;
    final TcpStack tcp;
    final FrameWriter writer;
    final Sender sender;
    /** Null when no listener has TLS. */
    final SealedSender sealedSender;

    final SessionList sessions = new SessionList();

    private final PortCounters portCounters;
    private final HttpService http;
    private final TlsService tlsService;
    private final List<AtlasConfig.Listener> listeners;
    private final AtlasCounters counters;
    private final TcpSegment received = new TcpSegment();
    private final IpDatagram datagram = new IpDatagram();
    private long nowNs;

    Lane(LaneParts parts, HttpService http, TlsService tlsService, DiskReader disks, AtlasCounters counters) {
        this.parts = parts;
        this.facts = parts.facts();
        this.queue = parts.queue();
        this.ip = parts.ip();
        this.portCounters = new PortCounters(parts.counterSet(), facts.interfaceName());
        this.http = http;
        this.tlsService = tlsService;
        this.listeners = parts.listeners();
        this.counters = counters;
        this.writer = new FrameWriter(facts, ip);
        this.tcp = parts.tcp(this, this);
        this.sender = new Sender(this, parts.number(), disks, counters);
        this.sealedSender =
                parts.units() == null ? null : new SealedSender(this, parts.number(), parts.units(), disks, counters);
    }

    /** Receives a batch and feeds it to IP and TCP. */
    int receive(long now, int limit) {
        nowNs = now;
        return queue.receive(this, limit);
    }

    /** Runs what is due. */
    int onTimers(long now) {
        nowNs = now;
        ip.onTimers(now);
        return tcp.onTimers(now);
    }

    /** Issues reads for windows that opened, in plain HTTP and under TLS. @return ranges issued */
    int issue(long now, int limit) {
        return sender.issue(now, limit) + (sealedSender == null ? 0 : sealedSender.issue(now, limit));
    }

    /** Whether {@link #issue} ended for want of a slot, and there is one now. */
    boolean canGoOn() {
        return sender.canGoOn() || sealedSender != null && sealedSender.canGoOn();
    }

    /** Lets all go that waits for disks which are closed. */
    void abandonReads() {
        sender.abandonReads();
        if (sealedSender != null) {
            sealedSender.abandonReads();
        }
    }

    /** Shows others what the rings have counted. */
    void publish() {
        portCounters.update(queue);
        tcp.onSynsShed(queue.statistics().synsShed());
    }

    @Override
    public void onFrame(DirectBuffer buffer, int offset, int lengthBytes, int flags) {
        if (!ip.receive(nowNs, buffer, offset, lengthBytes, flags, datagram)) {
            if (datagram.packetTooBigBytes != 0) {
                onPacketTooBig(buffer);
            }
            return;
        }
        received.localHigh = datagram.destinationHigh;
        received.localLow = datagram.destinationLow;
        received.remoteHigh = datagram.sourceHigh;
        received.remoteLow = datagram.sourceLow;
        int at = datagram.transportOffset;
        int headerBytes = TcpSegmentCodec.decode(buffer, at, datagram.transportBytes, received);
        if (headerBytes < 0) {
            counters.malformedSegments.increment();
            return;
        }
        received.ecn = datagram.trafficClass & EcnField.MASK;
        tcp.onSegment(nowNs, received, buffer, at + headerBytes, datagram.transportBytes - headerBytes);
    }

    /** The header quoted is one that we sent: the first eight bytes of it are there. */
    private void onPacketTooBig(DirectBuffer buffer) {
        int quoted = datagram.transportOffset;
        received.localHigh = datagram.destinationHigh;
        received.localLow = datagram.destinationLow;
        received.remoteHigh = datagram.sourceHigh;
        received.remoteLow = datagram.sourceLow;
        received.localPort = buffer.getShort(quoted + TcpDescriptor.SOURCE_PORT_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        received.remotePort =
                buffer.getShort(quoted + TcpDescriptor.DESTINATION_PORT_OFFSET, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        received.sequence = buffer.getInt(quoted + TcpDescriptor.SEQUENCE_OFFSET, ByteOrder.BIG_ENDIAN);
        tcp.onPacketTooBig(nowNs, received, datagram.packetTooBigBytes);
    }

    @Override
    public boolean transmit(TcpSegment segment) {
        TxRing ring = queue.control();
        int slot = ring.take();
        if (slot < 0) {
            counters.controlSlotsExhausted.increment();
            return false;
        }
        return writer.send(nowNs, ring, slot, segment, ring.slotOffset(slot) + ring.payloadOffset(), 0, 0);
    }

    @Override
    public void onEstablished(TcpConnection connection) {
        Session session = new Session(this, connection, tlsFor(connection), nowNs);
        if (session.tls != null) {
            session.enter(Session.Phase.REQUEST, nowNs); // its handshake has as long as a request's head
        }
        connection.attachment = session;
        sessions.add(session);
        // Added, not set: a worker's lanes share the counter.
        counters.sessions.increment();
    }

    private TlsSession tlsFor(TcpConnection connection) {
        for (AtlasConfig.Listener listener : listeners) {
            if (listener.port() == connection.localPort() && listener.tls() != null) {
                return tlsService.accept(listener.tls());
            }
        }
        return null;
    }

    @Override
    public int onReceived(TcpConnection connection, DirectBuffer buffer, int offset, int lengthBytes) {
        Session session = (Session) connection.attachment;
        int taken = session.tls == null
                ? http.onBytes(nowNs, session, buffer, offset, lengthBytes)
                : tlsService.onBytes(nowNs, session, buffer, offset, lengthBytes);
        if (session.pieceCount() > 0) {
            session.sender.enqueue(session);
        }
        return taken;
    }

    @Override
    public void onRemoteClosed(TcpConnection connection) {
        Session session = (Session) connection.attachment;
        session.remoteClosed = true;
        if (!session.stalled) {
            http.close(nowNs, session);
        }
    }

    @Override
    public void onAcknowledged(TcpConnection connection, long offset) {
        Session session = (Session) connection.attachment;
        boolean ended = session.releaseAcknowledged(nowNs, offset, counters);
        if (session.phase == Session.Phase.RESPONSE
                && (ended || session.acknowledgedSinceProgress() >= parts.progressBytes())) {
            session.noteProgress(nowNs);
        }
        if (session.pieceCount() == 0 && session.phase == Session.Phase.RESPONSE) {
            session.enter(session.closing ? Session.Phase.CLOSING : Session.Phase.IDLE, nowNs);
        }
        if (session.stalled && session.pieceCount() < HttpService.MAX_PIECES_BEFORE_REQUEST) {
            session.stalled = false;
            if (session.tls == null) {
                connection.offerReceived(nowNs);
            } else {
                tlsService.resume(nowNs, session);
                session.sender.enqueue(session);
            }
            if (session.remoteClosed && !session.stalled && !session.closed) {
                http.close(nowNs, session);
            }
        }
    }

    @Override
    public void onSendable(TcpConnection connection) {
        Session session = (Session) connection.attachment;
        session.sender.enqueue(session);
    }

    @Override
    public void onStalled(TcpConnection connection) {
        ip.suspect(nowNs, connection.remoteHigh(), connection.remoteLow());
    }

    @Override
    public void onClosed(TcpConnection connection, CloseReason reason) {
        Session session = (Session) connection.attachment;
        if (session == null) {
            return;
        }
        session.closed = true;
        sessions.remove(session);
        counters.sessions.add(-1);
        if (session.pieceCount() > 0) {
            counters.onAbortedResponse(reason);
            session.tellOfCutResponses(nowNs, counters.access, AccessRing.outcome(reason));
        }
        if (session.tls != null) {
            tlsService.onClosed(session);
        }
        if (!session.hasSlots()) {
            session.releaseAll();
        }
    }

    @Override
    public void close() {
        parts.close();
        if (sealedSender != null) {
            sealedSender.close();
        }
    }
}
