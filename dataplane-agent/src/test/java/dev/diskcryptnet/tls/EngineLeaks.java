package dev.diskcryptnet.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
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
        System.gc();
        System.runFinalization();
        try {
            // The detector reports what it found when the next thing is allocated.
            io.netty.buffer.Unpooled.directBuffer(1).release();
            List<String> found = reports.list.stream()
                    .map(ILoggingEvent::getFormattedMessage)
                    .toList();
            assertEquals(List.of(), found);
        } finally {
            log.detachAppender(reports);
            ResourceLeakDetector.setLevel(before);
        }
    }
}
