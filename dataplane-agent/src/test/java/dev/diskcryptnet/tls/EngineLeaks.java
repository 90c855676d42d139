package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/** Engines that were not freed: counted by ourselves, and looked for by Netty's leak detector. */
final class EngineLeaks {
    private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    private final ListAppender<ILoggingEvent> reports = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

    private EngineLeaks() {}

    /** Every engine and buffer made from now on is watched. */
    static EngineLeaks watch() {
        EngineLeaks leaks = new EngineLeaks();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        leaks.reports.start();
        leaks.log.addAppender(leaks.reports);
        return leaks;
    }

    /** Fails when something was leaked. */
    void check() {
        assertEquals(0, KeyLog.SHARED.count(), "engines that were not closed");
        try {
            for (int i = 0; i < 3; i++) {
                System.gc();
                LockSupport.parkNanos(20_000_000); // references are queued a little later
                makeOneOfEach();
            }
            assertEquals(
                    List.of(),
                    reports.list.stream()
                            .map(ILoggingEvent::getFormattedMessage)
                            .toList());
        } finally {
            log.detachAppender(reports);
            ResourceLeakDetector.setLevel(before);
        }
    }

    /** Each kind of thing has its detector, which reports what it found when the next one is made. */
    private static void makeOneOfEach() {
        SslContext context = EngineClient.boringContext("TLSv1.3");
        ReferenceCountUtil.release(context.newEngine(UnpooledByteBufAllocator.DEFAULT));
        ReferenceCountUtil.release(context);
        Unpooled.directBuffer(1).release();
    }
}
