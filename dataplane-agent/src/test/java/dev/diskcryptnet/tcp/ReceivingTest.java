package dev.diskcryptnet.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReceivingTest {
    /** RFC 5681 4.2: out of order and filling a hole are acknowledged at once; RFC 2018 4: the latest block first. */
    @Test
    void shouldStoreWhatIsOutOfOrderAndSackIt() {
        PacketScript script = PacketScript.open(true);
        script.ack(101, 1).data(100).in().expect(". 1:1 ack 1 sack 101:201");
        script.ack(301, 1).data(100).in().expect(". 1:1 ack 1 sack 301:401 sack 101:201");
        script.ack(1, 1).data(100).in().expect(". 1:1 ack 201 sack 301:401");
        script.ack(201, 1).data(100).in().expect(". 1:1 ack 401");
        assertEquals(List.of(200, 200), script.received);
        assertEquals(0, script.stack.receivePool().inUse());
        assertEquals(2, script.counter("dcn_tcp_out_of_order_segments"));
    }

    @Test
    void shouldNotSackToAPeerThatDidNotPermitIt() {
        PacketScript script = PacketScript.open(false);
        script.ack(101, 1).data(100).in().expect(". 1:1 ack 1");
    }

    @Test
    void shouldKeepWhatTheLayerAboveLeavesAndOfferItAgain() {
        PacketScript script = PacketScript.open(true);
        script.takes = 30;
        script.ack(1, 1).data(100).in();
        script.takes = 0;
        script.ack(101, 1).data(50).in();
        script.takes = Integer.MAX_VALUE;
        script.connection.offerReceived(script.nowNs());
        assertEquals(List.of(30, 0, 120), script.received);
        assertEquals(0, script.stack.receivePool().inUse());
    }

    /** RFC 9293 3.8.6.2.2: the window shrinks by what lies untaken, closes, and its opening is told. */
    @Test
    void shouldCloseTheWindowWhenNothingIsTakenAndTellWhenItOpens() {
        PacketScript script = PacketScript.open(true);
        script.takes = 0;
        for (int at = 0; at < 20_000; at += 1000) {
            script.ack(1 + at, 1).data(1000).in();
        }
        script.ack(20_001, 1).data(1000).in().after(50);
        assertEquals(0, script.last.window);
        script.ignore().ack(20_481, 1).data(1).in().expect(". 1:1 ack 20481");
        script.takes = Integer.MAX_VALUE;
        script.connection.offerReceived(script.nowNs());
        script.expect(". 1:1 ack 20481");
        assertEquals(20_480, script.last.window);
    }

    /** RFC 9293 3.8.6.3: at once for every second full segment. */
    @Test
    void shouldAcknowledgeEverySecondSegmentAtOnceAndOneAlone40MsLater() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).data(1000).in().expect();
        script.ack(1001, 1).data(1000).in().expect(". 1:1 ack 2001");
        script.ack(2001, 1).data(10).in().after(39).expect();
        script.after(3).expect(". 1:1 ack 2011");
    }

    @Test
    void shouldAcknowledgeADuplicateAtOnce() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).data(100).in().after(50).ignore();
        script.ack(1, 1).data(100).in().expect(". 1:1 ack 101");
        assertEquals(List.of(100), script.received);
    }

    @Test
    void shouldTrimWhatOverlapsWithWhatIsThere() {
        PacketScript script = PacketScript.open(true);
        script.ack(1, 1).data(100).in();
        script.ack(51, 1).data(100).in();
        assertEquals(List.of(100, 50), script.received);
    }

    @Test
    void shouldDropOutOfOrderDataWhenStorageIsExhaustedAndCountIt() {
        PacketScript script = new PacketScript(TcpConfig.forMtu(1040).withMaxReceiveBuffers(1));
        script.handshake(true, false);
        script.ack(101, 1).data(100).in();
        script.port++;
        script.handshake(true, false);
        script.ack(101, 1).data(100).in().expect(". 1:1 ack 1");
        assertEquals(1, script.counter("dcn_tcp_segments_dropped", "no_storage"));
    }

    /** RFC 7323 5.3, PAWS: an old duplicate is dropped and answered. */
    @Test
    void shouldDropASegmentWithAnOldTimestamp() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.ack(1, 1).data(10).ts(2000, 1).in();
        script.after(50).ignore();
        script.ack(11, 1).data(10).ts(1999, 1).in().expect(". 1:1 ack 11");
        assertEquals(List.of(10), script.received);
        assertEquals(1, script.counter("dcn_tcp_segments_dropped", "paws"));
    }

    /** RFC 7323 5.5: after 24 days a timestamp says nothing any more. */
    @Test
    void shouldTakeAnyTimestampAfter24DaysOfSilence() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.after(25L * 24 * 3600 * 1000);
        script.ack(1, 1).data(10).ts(500, 1).in();
        assertEquals(List.of(10), script.received);
    }

    /** RFC 7323 3.2. */
    @Test
    void shouldDropASegmentThatLacksAgreedTimestamps() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.ack(1, 1).data(10).noTimestamps().in().expect();
        assertEquals(List.of(), script.received);
        assertEquals(1, script.counter("dcn_tcp_segments_dropped", "no_timestamp"));
    }

    /** RFC 7323 4.3: the echo is of the segment that filled the hole, not of one behind it. */
    @Test
    void shouldEchoTheTimestampThatMovedTheAcknowledgement() {
        PacketScript script = PacketScript.openWithTimestamps();
        script.ack(101, 1).data(100).ts(3000, 1).in();
        assertEquals(1000, script.last.timestampEcho);
        script.ack(1, 1).data(100).ts(3001, 1).in();
        assertEquals(3001, script.last.timestampEcho);
    }
}
