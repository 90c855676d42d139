package dev.diskcryptnet.atlas;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A look at a worker's connections, for which its loop spends a part of each pass. A connection may be missed that was
 * moved in the list meanwhile, as another one's end does; none is told twice.
 */
final class ConnectionScan {
    /** Sessions looked at in one pass. */
    static final int PER_PASS = 512;

    private final ConnectionFilter filter;
    private final List<ConnectionView> found = new ArrayList<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private int lane;
    private int next;

    ConnectionScan(ConnectionFilter filter) {
        this.filter = filter;
    }

    /** Goes on, on the loop's thread. @return whether this was the last part */
    boolean step(long nowNs, int worker, Lane[] lanes) {
        for (int left = PER_PASS; lane < lanes.length && found.size() < filter.limit(); left--) {
            SessionList sessions = lanes[lane].sessions;
            if (next >= sessions.size()) {
                lane++;
                next = 0;
            } else if (left <= 0) {
                return false;
            } else if (filter.takes(sessions.get(next++))) {
                found.add(ConnectionView.of(nowNs, worker, sessions.get(next - 1)));
            }
        }
        finished.countDown();
        return true;
    }

    /** What was found, or null when the loop has not come to the end within {@code limit}. Any other thread. */
    List<ConnectionView> await(Duration limit) throws InterruptedException {
        return finished.await(limit.toNanos(), TimeUnit.NANOSECONDS) ? found : null;
    }
}
