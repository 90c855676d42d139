package dev.diskcryptnet.operator.pool;

import static dev.diskcryptnet.operator.pool.PoolPlannerTest.createdOn;
import static dev.diskcryptnet.operator.pool.PoolPlannerTest.deleted;
import static dev.diskcryptnet.operator.pool.PoolPlannerTest.updated;
import static dev.diskcryptnet.operator.pool.PoolViews.NOW;
import static dev.diskcryptnet.operator.pool.PoolViews.cordoned;
import static dev.diskcryptnet.operator.pool.PoolViews.member;
import static dev.diskcryptnet.operator.pool.PoolViews.notReady;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.operator.pool.PoolStep.Update;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rolling a change through the members. */
class RollTest {
    @Test
    void shouldUpdateOneMemberAtATimeByDefault() {
        PoolViews pool = stale("a", "b", "c");

        assertEquals(List.of("edge-a"), updated(pool.plan()));
        assertEquals(Reason.RollingOut, pool.plan().reason());
        assertEquals("3 of 3: 3 to update", pool.plan().message());
        assertEquals(0, pool.plan().updatedReplicas());
    }

    @Test
    void shouldWaitForReadyBeforeTheNext() {
        PoolViews pool = stale("a", "b", "c");
        pool.members.set(0, member("a").unreadySince(NOW).rolled(NOW).build());

        PoolPlan plan = pool.plan();
        assertEquals(List.of(), plan.steps());
        assertEquals(Reason.RollingOut, plan.reason());
        assertFalse(plan.degraded());
        assertEquals(PoolViews.GRACE, plan.lookAgainAfter());

        pool.members.set(0, member("a").rolled(NOW).build());
        assertEquals(List.of("edge-b"), updated(pool.plan()));
    }

    @Test
    void shouldUpdateAsManyAsMaxUnavailableAllows() {
        PoolViews pool = stale("a", "b", "c", "d");
        pool.maxUnavailable = "50%";
        assertEquals(List.of("edge-a", "edge-b"), updated(pool.plan()));

        pool.maxUnavailable = "3";
        assertEquals(List.of("edge-a", "edge-b", "edge-c"), updated(pool.plan()));
    }

    @Test
    void shouldNotTouchReadyMembersWhileOthersUseUpTheBudget() {
        PoolViews pool = stale("a", "b").machines("c").with(member("c").unready());
        pool.replicas = 3;

        PoolPlan plan = pool.plan();

        assertEquals(List.of(), plan.steps());
        assertEquals(Reason.RolloutBlocked, plan.reason());
        assertTrue(plan.degraded());
        assertEquals(
                "2 of 3: 1 not Ready (edge-c: AgentUnreachable); 2 to update, stopped: 1 out of service where "
                        + "spec.maxUnavailable allows 1; mend the template, the members or their nodes",
                plan.message());
    }

    @Test
    void shouldStopWhenTheFirstUpdatedMemberDoesNotBecomeReadyInTime() {
        PoolViews pool = stale("a", "b", "c");
        pool.members.set(
                0, member("a").unready().rolled(NOW.minus(PoolViews.DEADLINE)).build());

        assertEquals(List.of(), pool.plan().steps());
        assertEquals(Reason.RolloutBlocked, pool.plan().reason());
    }

    @Test
    void shouldMendUnreadyMembersFirstThoughTheBudgetIsUsedUp() {
        PoolViews pool = stale("a", "b").machines("c").with(member("c").stale().unready());
        pool.replicas = 3;

        assertEquals(List.of("edge-c"), updated(pool.plan()));
    }

    @Test
    void shouldNotChangeAllUnreachableMembersAtOnce() {
        PoolViews pool = new PoolViews(3).machines("a", "b", "c");
        pool.with(member("a").stale().unready()).with(member("b").stale().unready());
        pool.with(member("c").stale().unready());
        assertEquals(List.of("edge-a"), updated(pool.plan()));

        pool.members.set(0, member("a").unready().rolled(NOW.minusSeconds(5)).build());
        assertEquals(List.of(), updated(pool.plan()));
        assertEquals(Reason.RollingOut, pool.plan().reason());

        pool.members.set(
                0, member("a").unready().rolled(NOW.minus(PoolViews.DEADLINE)).build());
        assertEquals(List.of("edge-b"), updated(pool.plan()));
    }

    @Test
    void shouldLeaveAMemberAloneWhoseAgentCouldNotStartAgainOnItsMachine() {
        PoolViews pool = stale("a", "b", "c");
        pool.replaceMachine(cordoned("a")).replaceMachine(notReady("b"));
        assertEquals(List.of("edge-c"), updated(pool.plan()));

        pool.members.set(2, member("c").build());
        PoolPlan plan = pool.plan();
        assertEquals(List.of(), plan.steps());
        assertEquals(Reason.RolloutBlocked, plan.reason());
        assertEquals(
                "3 of 3: 2 to update, each waits for its node (edge-a: a cordoned, edge-b: b not Ready)",
                plan.message());
    }

    @Test
    void shouldCountMembersBeingMadeAgainstTheBudget() {
        PoolViews pool = stale("a", "b").machines("c", "d");
        pool.replicas = 4;

        PoolPlan plan = pool.plan();

        assertEquals(List.of("c", "d"), createdOn(plan));
        assertEquals(List.of(), updated(plan));
    }

    @Test
    void shouldCountAMemberThatWillComeBackAgainstTheBudgetButNotOneThatLeaves() {
        PoolViews pool = stale("a", "b").machines("c").with(member("c").deleting());
        pool.replicas = 3;
        assertEquals(List.of(), updated(pool.plan()));

        pool.replicas = 2;
        assertEquals(List.of("edge-a"), updated(pool.plan()));
    }

    @Test
    void shouldRollOnThoughMachinesAreShort() {
        PoolViews pool = stale("a", "b");
        pool.replicas = 5;

        PoolPlan plan = pool.plan();

        assertEquals(List.of("edge-a"), updated(plan));
        assertEquals(Reason.MachinesShort, plan.reason());
        assertTrue(plan.message().endsWith("2 to update"), plan.message());
    }

    @Test
    void shouldScaleDownAndRollInOnePlanButNotUpdateWhatIsDeleted() {
        PoolViews pool = stale("a", "b", "c");
        pool.members.set(0, member("a").stale().created(NOW).build());
        pool.replicas = 2;

        PoolPlan plan = pool.plan();

        assertEquals(List.of("edge-a"), deleted(plan));
        assertEquals(List.of("edge-b"), updated(plan));
    }

    @Test
    void shouldPutLabelsBackEverywhereAtOnceSinceNoAgentStartsAnewByThat() {
        PoolViews pool = new PoolViews(2).machines("a", "b");
        pool.with(member("a").relabelled()).with(member("b").relabelled());

        PoolPlan plan = pool.plan();

        assertEquals(List.of("edge-a", "edge-b"), updated(plan));
        assertTrue(plan.steps().stream().noneMatch(step -> ((Update) step).rolls()));
        assertEquals(Reason.AllReplicasReady, plan.reason());
    }

    private static PoolViews stale(String... machines) {
        PoolViews pool = new PoolViews(machines.length).machines(machines);
        for (String machine : machines) {
            pool.with(member(machine).stale());
        }
        return pool;
    }
}
