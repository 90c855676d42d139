package dev.diskcryptnet.ip;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.netmap.FrameScript;
import dev.diskcryptnet.netmap.PeerPort;
import dev.diskcryptnet.netmap.PortQueue;
import dev.diskcryptnet.wire.ArpFlyweight;
import dev.diskcryptnet.wire.Checksum;
import dev.diskcryptnet.wire.EthernetDescriptor;
import dev.diskcryptnet.wire.EthernetFlyweight;
import dev.diskcryptnet.wire.IpAddress;
import dev.diskcryptnet.wire.Ipv4Flyweight;
import dev.diskcryptnet.wire.MacAddress;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** A host on a link that a test plays the rest of. Addresses: we are 192.0.2.10/24, the gateways .1 and .2. */
final class IpLink {
    static final int OWN = ipv4("192.0.2.10");
    static final int GATEWAY = ipv4("192.0.2.1");
    static final int SECOND_GATEWAY = ipv4("192.0.2.2");
    static final int PEER = ipv4("192.0.2.77");
    static final int FAR = ipv4("198.51.100.9");
    static final long PEER_STATION = 0x02_00_00_00_00_77L;
    static final long GATEWAY_STATION = 0x02_00_00_00_00_01L;

    final FrameScript script = new FrameScript();
    final PeerPort port = new PeerPort("test", 8, 8192, worker -> script);
    final PortQueue queue = port.openQueue(0, 1);
    final long ownStation = port.facts().macAddress();
    final CounterSet counters = new CounterSet(Map.of());
    final IpDatagram datagram = new IpDatagram();
    final IpHost host;

    IpLink() {
        this(true);
    }

    IpLink(boolean answers) {
        this(answers, List.of("192.0.2.10/24"), List.of("192.0.2.1", "192.0.2.2"));
    }

    IpLink(boolean answers, List<String> addresses, List<String> gateways) {
        host = new IpHost(port.facts(), queue.control(), IpConfig.parse(addresses, gateways), counters, answers);
    }

    static int ipv4(String text) {
        return (int) IpAddress.parse(text).low();
    }

    boolean receive(long nowNs, byte[] frame) {
        return receive(nowNs, frame, 0);
    }

    boolean receive(long nowNs, byte[] frame, int flags) {
        return host.receive(nowNs, new UnsafeBuffer(frame), 0, frame.length, flags, datagram);
    }

    List<FrameScript.Frame> sent() {
        queue.flush();
        return script.takeSent();
    }

    long nextHop(long nowNs, int remote) {
        return host.nextHop(nowNs, 0, IpAddress.lowOfIpv4(remote));
    }

    long count(String name, String reason) {
        return counters.counters().stream()
                .filter(counter -> counter.descriptor().name().equals(name))
                .filter(counter -> reason == null
                        || reason.equals(counter.descriptor().labels().get("reason")))
                .mapToLong(dev.diskcryptnet.counters.Counter::get)
                .sum();
    }

    long dropped(DropReason reason) {
        return count("dcn_ip_dropped_packets", reason.name().toLowerCase(java.util.Locale.ROOT));
    }

    byte[] arp(int operation, long sender, int senderIp, long target, int targetIp) {
        byte[] frame = new byte[60];
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        long destination = operation == 1 ? MacAddress.BROADCAST : ownStation;
        EthernetFlyweight.write(buffer, 0, destination, sender, EthernetDescriptor.TYPE_ARP);
        ArpFlyweight.write(buffer, 14, operation, sender, senderIp, target, targetIp);
        return frame;
    }

    byte[] packet(int protocol, int source, int destination, byte[] transport) {
        int length = 34 + transport.length;
        byte[] frame = new byte[Math.max(60, length)];
        UnsafeBuffer buffer = new UnsafeBuffer(frame);
        EthernetFlyweight.write(buffer, 0, ownStation, PEER_STATION, EthernetDescriptor.TYPE_IPV4);
        Ipv4Flyweight.write(buffer, 14, 20 + transport.length, 7, 64, protocol, source, destination);
        buffer.putBytes(34, transport);
        return frame;
    }

    byte[] tcp(int source, int destination, int payloadBytes) {
        byte[] segment = new byte[20 + payloadBytes];
        UnsafeBuffer buffer = new UnsafeBuffer(segment);
        buffer.putInt(0, 0x9C40_0050, ByteOrder.BIG_ENDIAN);
        buffer.putByte(12, (byte) 0x50);
        for (int i = 20; i < segment.length; i++) {
            segment[i] = (byte) i;
        }
        long sum = Checksum.pseudoHeaderIpv4(source, destination, 6, segment.length)
                + Checksum.sum(buffer, 0, segment.length);
        buffer.putShort(16, (short) Checksum.complement(Checksum.fold(sum)), ByteOrder.BIG_ENDIAN);
        return packet(6, source, destination, segment);
    }

    byte[] echo(int source, int destination, int dataBytes) {
        byte[] message = new byte[8 + dataBytes];
        UnsafeBuffer buffer = new UnsafeBuffer(message);
        for (int i = 4; i < message.length; i++) {
            message[i] = (byte) (i * 7);
        }
        message[0] = 8;
        buffer.putShort(2, (short) Checksum.complement(Checksum.sum(buffer, 0, message.length)), ByteOrder.BIG_ENDIAN);
        return packet(1, source, destination, message);
    }
}
