package dev.diskcryptnet.atlas;

import static dev.diskcryptnet.atlas.AccessDescriptor.*;

import dev.diskcryptnet.atlas.AccessRecord.Outcome;
import dev.diskcryptnet.buffer.OffHeapRegion;
import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.http.Method;
import dev.diskcryptnet.tcp.CloseReason;
import dev.diskcryptnet.tcp.TcpConnection;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * What a worker tells of single responses: a sample of all, and each one that a disk cut off. The worker's loop writes,
 * without waiting and without allocating; one other thread reads. What does not fit is counted and dropped.
 *
 * <p>Ownership: the worker writes messages, {@code until} and the counter; the reader frees messages; anybody sets
 * {@code every}.
 */
public final class AccessRing {
    /** Some hundred messages: what the reader misses in its sleep. */
    private static final int CAPACITY_BYTES = 256 << 10;

    private static final int MESSAGE = 1;
    private static final Method[] METHODS = Method.values();
    private static final Outcome[] OUTCOMES = Outcome.values();

    private final OffHeapRegion region = OffHeapRegion.allocate(CAPACITY_BYTES + RingBufferDescriptor.TRAILER_LENGTH);
    private final OneToOneRingBuffer ring = new OneToOneRingBuffer(region.buffer());
    private final Counter dropped;
    private volatile int every;
    private int until;

    AccessRing(CounterSet set) {
        dropped = set.counter(
                "dcn_http_access_log_dropped_records", "", "Responses that found no room on their way to the log.");
    }

    /** From now on one of {@code responses} is told of; 0 for none. From any thread. */
    public void sample(int responses) {
        every = responses;
    }

    /** Whether the response that begins now is of the sample. */
    boolean isSampled() {
        int responses = every;
        if (responses == 0) {
            return false;
        }
        until = Math.min(until, responses) - 1;
        if (until > 0) {
            return false;
        }
        until = responses;
        return true;
    }

    /** A response ends whose last piece is {@code last}. @param releasedEnd up to where the client has acknowledged */
    void onEnd(long nowNs, Session session, Piece last, long releasedEnd, Outcome outcome) {
        AccessNote note = last.note;
        int at = claim(session, note.path().length);
        if (at < 0) {
            return;
        }
        AtomicBuffer buffer = ring.buffer();
        buffer.putLong(at + TIME, note.timeMs());
        buffer.putLong(at + DURATION, nowNs - last.askedNs);
        buffer.putLong(at + BYTES, Math.max(0, Math.min(releasedEnd, last.end) - note.start()));
        buffer.putInt(at + STATUS, note.status());
        buffer.putInt(at + METHOD, note.method().ordinal());
        buffer.putInt(at + OUTCOME, outcome.ordinal());
        buffer.putInt(at + DISK, -1);
        buffer.putInt(at + RESULT, 0);
        buffer.putBytes(at + PATH, note.path(), 0, pathBytes(note.path().length));
        ring.commit(at);
    }

    /** A disk has not given what was to be sent, and the connection is reset. Not for the steady state: it allocates. */
    void onCutByDisk(long nowMs, Session session, int disk, int result) {
        byte[] path = session.pathInProgress().getBytes(StandardCharsets.UTF_8);
        int at = claim(session, path.length);
        if (at < 0) {
            return;
        }
        AtomicBuffer buffer = ring.buffer();
        buffer.putLong(at + TIME, nowMs);
        buffer.putLong(at + DURATION, 0);
        buffer.putLong(at + BYTES, 0);
        buffer.putInt(at + STATUS, 0);
        buffer.putInt(at + METHOD, Method.UNSUPPORTED.ordinal());
        buffer.putInt(at + OUTCOME, Outcome.CUT_BY_DISK.ordinal());
        buffer.putInt(at + DISK, disk);
        buffer.putInt(at + RESULT, result);
        buffer.putBytes(at + PATH, path, 0, pathBytes(path.length));
        ring.commit(at);
    }

    private static int pathBytes(int length) {
        return Math.min(length, MAX_PATH_BYTES);
    }

    /** Room for a message, with what is known of the connection in it; negative when there is none. */
    private int claim(Session session, int pathLength) {
        int at = ring.tryClaim(MESSAGE, PATH + pathBytes(pathLength));
        if (at < 0) {
            dropped.increment();
            return at;
        }
        TcpConnection connection = session.connection;
        AtomicBuffer buffer = ring.buffer();
        buffer.putLong(at + REMOTE_HIGH, connection.remoteHigh());
        buffer.putLong(at + REMOTE_LOW, connection.remoteLow());
        buffer.putInt(at + REMOTE_PORT, connection.remotePort());
        buffer.putInt(at + LOCAL_PORT, connection.localPort());
        buffer.putInt(at + TLS, session.tls == null ? 0 : 1);
        return at;
    }

    /** How a response ends whose connection closes before it is through. */
    static Outcome outcome(CloseReason reason) {
        return switch (reason) {
            case RESET_BY_PEER, FINISHED -> Outcome.CUT_BY_CLIENT;
            case TIMED_OUT -> Outcome.TIMED_OUT;
            case ABORTED -> Outcome.CUT_BY_SERVER;
        };
    }

    /** Takes what is there, up to {@code limit} records. One thread at a time. @return records taken */
    public int read(Consumer<AccessRecord> reader, int limit) {
        return ring.read((type, buffer, at, length) -> reader.accept(record(buffer, at, length)), limit);
    }

    private static AccessRecord record(DirectBuffer buffer, int at, int length) {
        return new AccessRecord(
                buffer.getLong(at + TIME),
                buffer.getLong(at + DURATION),
                buffer.getLong(at + BYTES),
                buffer.getLong(at + REMOTE_HIGH),
                buffer.getLong(at + REMOTE_LOW),
                buffer.getInt(at + REMOTE_PORT),
                buffer.getInt(at + LOCAL_PORT),
                buffer.getInt(at + STATUS),
                METHODS[buffer.getInt(at + METHOD)],
                OUTCOMES[buffer.getInt(at + OUTCOME)],
                buffer.getInt(at + TLS) != 0,
                buffer.getInt(at + DISK),
                buffer.getInt(at + RESULT),
                buffer.getStringWithoutLengthUtf8(at + PATH, length - PATH));
    }
}
