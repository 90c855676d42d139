package dev.diskcryptnet.agent;

import dev.diskcryptnet.admin.AgentStatus;
import dev.diskcryptnet.atlas.AtlasNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of serving: new connections are refused, idle ones closed, responses finished until the time is over, and
 * then what remains is reset. Begins once, by a request or by a signal, whichever comes first; never goes back. Thread-safe.
 */
final class Drain {
    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

    private final AtlasNode atlas;
    private final Runnable onBegin;
    private CompletableFuture<Long> ended;
    private volatile AgentStatus.Drain status;

    /** @param onBegin called once, before anybody is refused */
    Drain(AtlasNode atlas, Runnable onBegin) {
        this.atlas = atlas;
        this.onBegin = onBegin;
    }

    /** How it stands; null before the beginning. */
    AgentStatus.Drain status() {
        return status;
    }

    /**
     * Begins, unless it has begun already.
     *
     * @param limit how long responses may go on
     */
    synchronized AgentStatus.Drain begin(Duration limit) {
        if (ended == null) {
            LOG.atInfo()
                    .addKeyValue("timeoutMs", limit.toMillis())
                    .addKeyValue("connections", atlas.connections())
                    .log("draining");
            onBegin.run();
            Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            status = new AgentStatus.Drain(
                    AgentStatus.Drain.DRAINING, now.toString(), now.plus(limit).toString(), null);
            ended = new CompletableFuture<>();
            Thread.ofPlatform().name("drain").daemon().start(() -> run(limit));
        }
        return status;
    }

    /**
     * Begins, and waits for the end.
     *
     * @return whether all connections ended by themselves
     */
    boolean await(Duration limit) throws InterruptedException {
        begin(limit);
        try {
            return ended.get() == 0;
        } catch (ExecutionException e) {
            throw new CompletionException(e.getCause());
        }
    }

    private void run(Duration limit) {
        try {
            long left = 0;
            if (!atlas.drain(limit)) {
                left = atlas.connections();
                LOG.atWarn()
                        .addKeyValue("timeoutMs", limit.toMillis())
                        .addKeyValue("connectionsCutOff", left)
                        .log("drain-incomplete");
                atlas.cutOff();
            }
            status = status.drained(left);
            LOG.atInfo().addKeyValue("connectionsCutOff", left).log("drained");
            ended.complete(left);
        } catch (InterruptedException | RuntimeException e) {
            ended.completeExceptionally(e);
        }
    }
}
