package dev.diskcryptnet.operator.pool;

import static dev.diskcryptnet.operator.pool.PoolStage.pool;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.operator.testing.Eventually;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Many pools. The server in memory looks through all it has for each request, which is most of the time taken. */
class PoolScaleTest {
    private static final int POOLS = 20;
    private static final int MEMBERS = 25;
    private static final Duration WITHIN = Duration.ofMinutes(2);

    @Test
    void shouldMakeTwentyPoolsOfTwentyFiveReadyAndThenWriteNothing() throws InterruptedException {
        try (PoolStage stage = new PoolStage()) {
            for (int i = 0; i < POOLS * MEMBERS; i++) {
                String rack = "r" + i % POOLS;
                stage.machine(
                        "m" + i,
                        node -> node.editMetadata().addToLabels("rack", rack).endMetadata());
            }
            AtomicReference<CountedApplier> writes = new AtomicReference<>();
            stage.startOperator(applier -> {
                writes.set(new CountedApplier(applier, Integer.MAX_VALUE));
                return writes.get();
            });
            long startedNs = System.nanoTime();
            for (int i = 0; i < POOLS; i++) {
                StreamingNodePool pool = pool("p" + i, MEMBERS);
                pool.getSpec().nodeSelector = Map.of("rack", "r" + i);
                stage.client.resource(pool).create();
            }
            awaitAll(stage, startedNs);
            Duration took = Duration.ofNanos(System.nanoTime() - startedNs);
            System.out.println("PoolScaleTest: " + POOLS + " pools x " + MEMBERS + " ready in " + took + ", "
                    + writes.get().writes.size() + " writes");
            assertEquals(POOLS * MEMBERS, stage.members().size());

            writes.get().writes.clear();
            Eventually.pause(3_000);
            assertEquals(0, writes.get().writes.size(), writes.get().writes.toString());

            stage.edit("p7", pool -> pool.getSpec().template.spec.agent.logLevel = LogLevel.DEBUG);
            Eventually.nothingWrong(() -> writes.get().writes.isEmpty() ? "nothing is written" : null);
            Eventually.pause(1_000);
            assertTrue(
                    writes.get().writes.stream().allMatch(write -> write.matches(".* p7(-.*)?")),
                    writes.get().writes.toString());
        }
    }

    private static void awaitAll(PoolStage stage, long startedNs) {
        while (!IntStream.range(0, POOLS).allMatch(i -> isReady(stage.get("p" + i)))) {
            assertTrue(System.nanoTime() - startedNs < WITHIN.toNanos(), "not ready within " + WITHIN);
            Eventually.pause(500);
        }
    }

    private static boolean isReady(StreamingNodePool pool) {
        return pool.getStatus() != null && (MEMBERS + " of " + MEMBERS + " ready").equals(pool.getStatus().message);
    }
}
