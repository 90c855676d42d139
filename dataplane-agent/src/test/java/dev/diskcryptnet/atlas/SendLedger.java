package dev.diskcryptnet.atlas;

import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.crypt.KeySchedule;
import dev.diskcryptnet.crypt.RecordKey;
import dev.diskcryptnet.crypt.RecordOpener;
import dev.diskcryptnet.load.PresetTls;
import dev.diskcryptnet.tls.Takeover;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;

/**
 * All that a server ever sent, lost packets too, by connection and place in its send stream; nothing of it may change.
 *
 * <p>Sealing is a function of key, number and plaintext. So when no byte of a stream is ever sent in two versions, and each
 * record opens under the one key and number that its place in the stream gives it, then no number has sealed two
 * plaintexts.
 */
final class SendLedger {
    private static final int HEADER_BYTES = 5;
    private static final int HANDSHAKE = 22;
    private static final int MAX_STREAMS = 1000;

    private final PresetTls tls;
    private final Map<Integer, Stream> byPort = new HashMap<>();
    private final List<Stream> streams = new ArrayList<>();
    private long repeatedBytes;
    private int keyUpdates;

    private static final class Stream {
        private final int port;
        private byte[] bytes = new byte[1 << 16];
        private final BitSet sent = new BitSet();
        private byte[] firstRecord;

        Stream(int port) {
            this.port = port;
        }

        boolean isSent(int from, int to) {
            return sent.nextClearBit(from) >= to;
        }
    }

    SendLedger(PresetTls tls) {
        this.tls = tls;
    }

    /** A connection was made. */
    void begin(int port) {
        if (streams.size() == MAX_STREAMS) {
            throw new AssertionError("connections end and begin anew all the time, streams=" + streams.size());
        }
        var stream = new Stream(port);
        byPort.put(port, stream);
        streams.add(stream);
    }

    /** What a client said; of interest is how it begins, which is what keys are made from. */
    void received(int port, DirectBuffer buffer, int offset, int lengthBytes) {
        Stream stream = byPort.get(port);
        if (stream.firstRecord == null) {
            stream.firstRecord = new byte[lengthBytes];
            buffer.getBytes(offset, stream.firstRecord);
        }
    }

    /** Bytes of a send stream left, for the first time or again. */
    void sent(int port, long streamOffset, DirectBuffer buffer, int offset, int lengthBytes) {
        Stream stream = byPort.get(port);
        int at = Math.toIntExact(streamOffset);
        if (at + lengthBytes > stream.bytes.length) {
            stream.bytes = Arrays.copyOf(stream.bytes, Math.max(2 * stream.bytes.length, at + lengthBytes));
        }
        for (int i = 0; i < lengthBytes; i++) {
            byte sent = buffer.getByte(offset + i);
            if (stream.sent.get(at + i)) {
                repeatedBytes++;
                if (stream.bytes[at + i] != sent) {
                    throw new AssertionError(
                            "port=" + port + " streamOffset=" + (at + i) + " was sent with another byte before");
                }
            }
            stream.bytes[at + i] = sent;
        }
        stream.sent.set(at, at + lengthBytes);
    }

    /** Bytes that were sent more than once. */
    long repeatedBytes() {
        return repeatedBytes;
    }

    /** KeyUpdates among the records of the last {@link #openAll}. */
    int keyUpdates() {
        return keyUpdates;
    }

    /** Opens every record of every stream, up to where a stream was cut off. @return how many there are */
    int openAll() {
        keyUpdates = 0;
        int records = 0;
        for (Stream stream : streams) {
            if (stream.firstRecord != null) {
                records += open(stream);
            }
        }
        return records;
    }

    private int open(Stream stream) {
        int randomBytes = HEADER_BYTES + (stream.firstRecord[3] << 8 | stream.firstRecord[4]);
        Takeover takeover = tls.takeover(Arrays.copyOfRange(stream.firstRecord, HEADER_BYTES, randomBytes));
        OffHeapRegion all = OffHeapRegion.allocate(stream.bytes.length);
        all.buffer().putBytes(0, stream.bytes);
        OffHeapRegion plaintext = OffHeapRegion.allocate(RecordOpener.TARGET_BYTES_MAX);
        var opener = new RecordOpener();
        RecordKey key = takeover.newWriteKey(tls.engine());
        byte[] secret = takeover.writeSecret();
        long sequence = takeover.writeSequence();
        int records = 0;
        // The first one is what the server answers in the clear.
        for (int at = recordEnd(stream, 0); at > 0 && recordEnd(stream, at) > 0; at = recordEnd(stream, at)) {
            int length = recordEnd(stream, at) - at;
            int opened = opener.open(key, sequence++, all.address() + at, length, plaintext.address());
            if (opened < 0) {
                throw new AssertionError("port=" + stream.port + " streamOffset=" + at + " sequence=" + (sequence - 1)
                        + " does not open: " + opened);
            }
            records++;
            if (opener.contentType() == HANDSHAKE) {
                keyUpdates++;
                secret = KeySchedule.nextSecret(tls.suite(), secret);
                key.close();
                key = new RecordKey(
                        tls.engine(),
                        tls.suite(),
                        tls.version(),
                        KeySchedule.key(tls.suite(), secret),
                        KeySchedule.iv(tls.suite(), secret));
                sequence = 0;
            }
        }
        key.close();
        return records;
    }

    /** Where the record at {@code at} ends, or 0 when it was not sent as a whole. */
    private static int recordEnd(Stream stream, int at) {
        if (!stream.isSent(at, at + HEADER_BYTES)) {
            return 0;
        }
        int length = java.nio.ByteBuffer.wrap(stream.bytes)
                        .order(ByteOrder.BIG_ENDIAN)
                        .getShort(at + 3)
                & 0xFFFF;
        int end = at + HEADER_BYTES + length;
        return stream.isSent(at, end) ? end : 0;
    }
}
