package dev.diskcryptnet.operator.pool;

import static dev.diskcryptnet.operator.pool.PoolStage.pool;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.StreamingNodePool;
import dev.diskcryptnet.crds.StreamingNodePoolStatus;
import dev.diskcryptnet.operator.testing.Eventually;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pools whose operator ends, whose API server fails, and whose operators are two. */
class PoolFaultsTest {
    private static final int UNPROCESSABLE = 422;

    private final PoolStage stage = new PoolStage();
    private volatile boolean troubled = true;

    @AfterEach
    void close() throws InterruptedException {
        stage.close();
    }

    /** Each operator writes once; its next write, and what the plan had left, is for the one after it. */
    @Test
    void shouldFinishTheWorkThoughAnOperatorEndsAfterEachWrite() {
        stage.machines(4);
        stage.client.resource(pool("edge", 3)).create();
        int made = operatorsUntilReady(3);

        stage.nodes.mostDown();
        stage.edit("edge", pool -> {
            pool.getSpec().template.spec.format = FormatPolicy.IF_EMPTY;
            pool.getSpec().replicas = 4;
        });
        int rolled = operatorsUntilReady(4);
        assertEquals(1, stage.nodes.mostDown());

        stage.edit("edge", pool -> pool.getSpec().replicas = 1);
        int shrunk = operatorsUntilReady(1);

        assertTrue(made >= 4 && rolled >= 5 && shrunk >= 4, made + " " + rolled + " " + shrunk);
        assertEquals(List.of(), stage.nodes.breaches());
        assertEquals(1, stage.members().size());
    }

    /** Starts one operator after the other, returns how many it took. */
    private int operatorsUntilReady(int replicas) {
        String done = replicas + " of " + replicas + " ready";
        for (int operators = 1; operators < 100; operators++) {
            AtomicReference<CountedApplier> writes = new AtomicReference<>();
            stage.startOperator(applier -> {
                writes.set(new CountedApplier(applier, 1));
                return writes.get();
            });
            Eventually.nothingWrong(() -> writes.get().ended() || isDone(done, replicas) ? null : "nothing is written");
            stage.stopOperators();
            if (isDone(done, replicas)) {
                return operators;
            }
        }
        throw new AssertionError(stage.get("edge").getStatus().message);
    }

    private boolean isDone(String message, int replicas) {
        StreamingNodePool pool = stage.get("edge");
        StreamingNodePoolStatus status = pool.getStatus();
        return status != null
                && message.equals(status.message)
                && pool.getMetadata().getGeneration().equals(status.observedGeneration)
                && status.updatedReplicas == replicas
                && stage.members().size() == replicas;
    }

    @Test
    void shouldComeThroughErrorsConflictsAndAnswersThatAreLost() {
        long seed = ThreadLocalRandom.current().nextLong(1_000_000);
        System.out.println("PoolFaultsTest: seed " + seed);
        Random random = new Random(seed);
        stage.machines(5)
                .startOperator(applier ->
                        new CountedApplier(applier, Integer.MAX_VALUE, () -> troubled && random.nextInt(5) == 0));
        stage.cluster.faults(request -> fault(request, random));

        stage.client.resource(pool("edge", 4)).create();
        eventuallyDone(4);
        untroubled(() -> stage.edit("edge", pool -> {
            pool.getSpec().template.spec.format = FormatPolicy.IF_EMPTY;
            pool.getSpec().replicas = 5;
        }));
        eventuallyDone(5);
        untroubled(() -> stage.edit("edge", pool -> pool.getSpec().replicas = 2));
        eventuallyDone(2);

        assertEquals(List.of(), stage.nodes.breaches(), "seed=" + seed);
    }

    private void eventuallyDone(int replicas) {
        Eventually.nothingWrong(() -> untroubledGet(replicas + " of " + replicas + " ready", replicas));
    }

    private String untroubledGet(String message, int replicas) {
        AtomicReference<String> wrong = new AtomicReference<>();
        untroubled(() ->
                wrong.set(isDone(message, replicas) ? null : stage.get("edge").getStatus() + ""));
        return wrong.get();
    }

    /** Requests of the test thread itself pass. */
    private void untroubled(Runnable requests) {
        boolean before = troubled;
        troubled = false;
        requests.run();
        troubled = before;
    }

    private MockResponse fault(RecordedRequest request, Random random) {
        boolean ours = request.getPath().contains("/streamingnodes") && request.method() != HttpMethod.GET
                || request.getPath().contains("/streamingnodepools/");
        if (!troubled || !ours || request.getPath().contains("watch")) {
            return null;
        }
        return switch (random.nextInt(8)) {
            case 0 -> answer(500, "InternalError");
            case 1 -> answer(409, "Conflict");
            case 2 -> answer(429, "TooManyRequests");
            default -> null;
        };
    }

    private static MockResponse answer(int code, String reason) {
        return new MockResponse()
                .setResponseCode(code)
                .setBody("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" + code
                        + ",\"reason\":\"" + reason + "\",\"message\":\"" + reason + " by the test\"}");
    }

    @Test
    void shouldSayWhatTheApiServerRefusesAndTryAgainLater() {
        stage.machines(2).startOperator();
        stage.cluster.faults(request ->
                request.method() == HttpMethod.POST && request.getPath().endsWith("/streamingnodes")
                        ? answer(UNPROCESSABLE, "Invalid")
                        : null);
        stage.client.resource(pool("edge", 1)).create();

        StreamingNodePoolStatus status =
                stage.await("edge", "the API server refuses a StreamingNode of the pool: Invalid by the test");
        assertEquals("SpecInvalid", status.conditions.getFirst().reason);

        stage.cluster.faults(request -> null);
        stage.edit("edge", pool -> pool.getSpec().replicas = 2);
        stage.awaitReady("edge", 2);
    }

    /** A lease keeps this from happening; if it does happen, it does no harm. */
    @Test
    void shouldNotMakeTwoMembersForOneMachineThoughTwoOperatorsWork() {
        stage.machines(6);
        stage.startOperator();
        stage.startOperator();
        stage.client.resource(pool("edge", 5)).create();
        stage.awaitReady("edge", 5);

        stage.edit("edge", pool -> {
            pool.getSpec().template.spec.format = FormatPolicy.IF_EMPTY;
            pool.getSpec().replicas = 6;
        });
        stage.awaitReady("edge", 6);
        stage.edit("edge", pool -> pool.getSpec().replicas = 2);
        stage.awaitReady("edge", 2);

        assertEquals(List.of(), stage.nodes.breaches());
        Eventually.nothingWrong(
                () -> stage.members().size() == 2 ? null : stage.memberNames().toString());
    }
}
