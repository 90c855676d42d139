package dev.diskcryptnet.atlas;

import dev.diskcryptnet.http.HttpRequest;
import dev.diskcryptnet.http.HttpRequestParser;
import dev.diskcryptnet.http.Method;
import dev.diskcryptnet.http.ResponsePlan;
import dev.diskcryptnet.http.ResponsePlanner;
import dev.diskcryptnet.volume.StoredObject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import org.agrona.DirectBuffer;

/** Requests in, pieces of the send stream out. One a worker. */
final class HttpService {
    /** A request is read only when fewer pieces than this wait to be acknowledged: bounds pipelining. */
    static final int MAX_PIECES_BEFORE_REQUEST = 16;

    private static final byte[] NO_PATH = new byte[0];

    private final ObjectSource objects;
    private final HttpRequestParser parser;
    private final ResponsePlanner planner;
    private final HttpRequest request = new HttpRequest();
    private final ObjectResource resource = new ObjectResource();
    private final BooleanSupplier draining;
    private final IntPredicate diskDown;
    private final Clock wallClock;
    private final AtlasCounters counters;

    HttpService(
            ObjectSource objects,
            HttpRequestParser parser,
            ResponsePlanner planner,
            BooleanSupplier draining,
            IntPredicate diskDown,
            Clock wallClock,
            AtlasCounters counters) {
        this.objects = objects;
        this.parser = parser;
        this.planner = planner;
        this.draining = draining;
        this.diskDown = diskDown;
        this.wallClock = wallClock;
        this.counters = counters;
    }

    /**
     * Takes whole requests from what has arrived and appends their responses to the session.
     *
     * @return bytes taken; an incomplete request is left to be offered again with what follows it
     */
    int onBytes(long nowNs, Session session, DirectBuffer buffer, int offset, int lengthBytes) {
        int taken = 0;
        while (taken < lengthBytes) {
            if (session.closing) {
                // Bytes after the last request that is answered are of no interest.
                return lengthBytes;
            }
            if (session.bodyBytesToSkip > 0) {
                int skipped = Math.min(session.bodyBytesToSkip, lengthBytes - taken);
                session.bodyBytesToSkip -= skipped;
                taken += skipped;
                continue;
            }
            if (session.pieceCount() >= MAX_PIECES_BEFORE_REQUEST) {
                session.stalled = true;
                return taken;
            }
            int consumed = parser.parse(buffer, offset + taken, lengthBytes - taken, request);
            if (consumed == 0) {
                if (session.phase == Session.Phase.IDLE) {
                    session.enter(Session.Phase.REQUEST, nowNs);
                }
                return taken;
            }
            if (consumed < 0) {
                respond(nowNs, session, planner.error(-consumed, false, wallClock.millis()), null, null);
                return lengthBytes;
            }
            taken += consumed;
            answer(nowNs, session);
        }
        return taken;
    }

    private void answer(long nowNs, Session session) {
        session.bodyBytesToSkip = (int) request.bodyBytesToSkip();
        StoredObject object = lease(request.path());
        if (draining.getAsBoolean() || session.tls != null && session.tls.isKeyWornOut()) {
            request.closeAfterwards();
        }
        long nowMs = wallClock.millis();
        ResponsePlan plan = object != null && diskDown.test(object.disk())
                ? planner.error(503, request, nowMs)
                : planner.plan(request, resource.of(object), nowMs);
        respond(nowNs, session, plan, object, request);
    }

    /** Finds an object and takes a lease; null when there is none. */
    private StoredObject lease(String path) {
        StoredObject refused = null;
        StoredObject object = objects.find(path);
        // One that was replaced between the two steps is found again as its successor.
        while (object != null && object != refused) {
            if (object.acquire()) {
                return object;
            }
            refused = object;
            object = objects.find(path);
        }
        return null;
    }

    /** Answers and ends the connection: the request did not come in time. */
    void timeOut(long nowNs, Session session) {
        respond(nowNs, session, planner.error(408, false, wallClock.millis()), null, null);
    }

    /**
     * @param object leased by the caller, or null; the lease goes to the session
     * @param answered null when it made no sense, or did not come whole
     */
    private void respond(long nowNs, Session session, ResponsePlan plan, StoredObject object, HttpRequest answered) {
        long start = session.contentEnd();
        List<ResponsePlan.Piece> pieces = plan.pieces();
        int last = lastOfObject(pieces);
        for (int i = 0; i < pieces.size(); i++) {
            append(session, pieces.get(i), object, i == last);
        }
        session.beginResponse(nowNs);
        if (counters.access.isSampled()) {
            session.note(note(plan.status(), start, answered));
        }
        session.commit();
        if (object != null && last < 0) {
            object.release();
        }
        counters.onResponse(plan.status());
        if (session.phase != Session.Phase.RESPONSE) {
            session.enter(Session.Phase.RESPONSE, nowNs); // one more question is no progress of the answer before
        }
        if (!plan.keepAlive()) {
            session.finish();
        }
    }

    /** Of the sample only: it allocates. */
    private AccessNote note(int status, long start, HttpRequest answered) {
        boolean known = answered != null && answered.path() != null;
        return new AccessNote(
                wallClock.millis(),
                answered == null ? Method.UNSUPPORTED : answered.method(),
                known ? answered.path().getBytes(StandardCharsets.UTF_8) : NO_PATH,
                status,
                start);
    }

    private static int lastOfObject(List<ResponsePlan.Piece> pieces) {
        int last = pieces.size() - 1;
        while (last >= 0 && pieces.get(last).bytes() != null) {
            last--;
        }
        return last;
    }

    /**
     * Pieces go in the order of the stream, so one lease that ends with the last of them holds for all. Another lease
     * could not be had: the object may have been removed since.
     */
    private static void append(Session session, ResponsePlan.Piece piece, StoredObject object, boolean leased) {
        long start = session.contentEnd();
        session.append(
                piece.bytes() == null
                        ? new Piece(start, piece.lengthBytes(), object, leased, piece.resourceOffset())
                        : new Piece(start, piece.bytes()));
    }

    /** Ends the stream behind what has been answered. */
    void close(long nowNs, Session session) {
        if (!session.closing) {
            session.finish();
            if (session.pieceCount() == 0) {
                session.enter(Session.Phase.CLOSING, nowNs);
            }
        }
    }
}
