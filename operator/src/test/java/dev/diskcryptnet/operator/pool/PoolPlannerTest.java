package dev.diskcryptnet.operator.pool;

import static dev.diskcryptnet.operator.pool.PoolViews.NOW;
import static dev.diskcryptnet.operator.pool.PoolViews.cordoned;
import static dev.diskcryptnet.operator.pool.PoolViews.labelled;
import static dev.diskcryptnet.operator.pool.PoolViews.member;
import static dev.diskcryptnet.operator.pool.PoolViews.notReady;
import static dev.diskcryptnet.operator.pool.PoolViews.tainted;
import static dev.diskcryptnet.operator.pool.PoolViews.toleration;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.operator.pool.PoolStep.Create;
import dev.diskcryptnet.operator.pool.PoolStep.Delete;
import dev.diskcryptnet.operator.pool.PoolStep.Update;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Placing, scaling and replacing members. */
class PoolPlannerTest {
    @Test
    void shouldMakeOneMemberOnEachOfAsManyMachinesAsAskedFor() {
        PoolPlan plan = new PoolViews(2).machines("c", "a", "b").plan();

        assertEquals(List.of("a", "b"), createdOn(plan));
        assertEquals("edge-a", plan.steps().getFirst().member());
        assertEquals(Reason.ReplicasNotReady, plan.reason());
        assertFalse(plan.degraded());
    }

    @Test
    void shouldDoNothingWhenThePoolIsAsDeclared() {
        PoolPlan plan = new PoolViews(2).machines("a", "b", "c").ready("a", "b").plan();

        assertEquals(List.of(), plan.steps());
        assertEquals(Reason.AllReplicasReady, plan.reason());
        assertEquals("2 of 2 ready", plan.message());
        assertEquals(List.of(2, 2, 2), List.of(plan.replicas(), plan.readyReplicas(), plan.updatedReplicas()));
        assertFalse(plan.degraded());
        assertNull(plan.lookAgainAfter());
    }

    @Test
    void shouldSayHowManyMachinesAreShortAndWhyOthersAreNotEligible() {
        PoolViews pool = new PoolViews(5).machines("a", "b", "c", "g").ready("a", "b", "c");
        pool.machines.add(notReady("d"));
        pool.machines.add(cordoned("e"));
        pool.machines.add(tainted("f", "dedicated", "db", "NoSchedule"));
        pool.occupants.add(new Occupant("video/other", "other", "g", Set.of("disk 0000:3b:00.0"), false));

        PoolPlan plan = pool.plan();

        assertEquals(List.of(), plan.steps());
        assertEquals(Reason.MachinesShort, plan.reason());
        assertTrue(plan.degraded());
        assertEquals(
                "3 of 5: 2 eligible nodes short (7 nodes: 3 with a member, 1 cordoned, 1 not Ready, "
                        + "1 occupied by StreamingNode video/other, 1 tainted dedicated=db:NoSchedule)",
                plan.message());
    }

    @Test
    void shouldSayThatNoNodeHasTheLabels() {
        PoolViews pool = new PoolViews(1).machines("a", "b");
        pool.selector = Map.of("rack", "7");

        assertEquals(
                "0 of 1: 1 eligible node short (none of 2 nodes has the labels rack=7)",
                pool.plan().message());
    }

    @Test
    void shouldSayThatTheClusterHasNoNode() {
        assertEquals(
                "0 of 2: 2 eligible nodes short (the cluster has no node)",
                new PoolViews(2).plan().message());
    }

    @Test
    void shouldTakeOnlyMachinesThatTheSelectorMatches() {
        PoolViews pool = new PoolViews(2).machines("a");
        pool.machines.add(labelled("b", "disk", "nvme"));
        pool.selector = Map.of("disk", "nvme");

        assertEquals(List.of("b"), createdOn(pool.plan()));
    }

    @Test
    void shouldTakeATaintedMachineWhenTheTemplateToleratesIt() {
        PoolViews pool = new PoolViews(1);
        pool.machines.add(tainted("a", "dedicated", "video", "NoSchedule"));
        assertEquals(List.of(), createdOn(pool.plan()));

        pool.tolerations.add(toleration("dedicated", null, "video", null));
        assertEquals(List.of("a"), createdOn(pool.plan()));
    }

    @Test
    void shouldPreferMachinesThatThePoolUsedBefore() {
        PoolViews pool = new PoolViews(2).machines("a", "b", "c", "d");
        pool.used.addAll(List.of("d", "gone", "c"));

        assertEquals(List.of("d", "c"), createdOn(pool.plan()));
    }

    @Test
    void shouldShareAMachineWithAStrangerThatClaimsOtherDevices() {
        PoolViews pool = new PoolViews(1).machines("a");
        pool.occupants.add(
                new Occupant("video/other", "other", "a", Set.of("disk 0000:5e:00.0", "admin port 9500"), false));

        assertEquals(List.of("a"), createdOn(pool.plan()));
    }

    @Test
    void shouldKeepOffAMachineWhoseStreamingNodeCarriesThePoolsLabel() {
        PoolViews pool = new PoolViews(1).machines("a");
        pool.occupants.add(new Occupant("video/mine", "mine", "a", Set.of(), true));

        assertEquals(List.of(), createdOn(pool.plan()));
    }

    @Test
    void shouldNotTakeANameThatAStrangerHas() {
        PoolViews pool = new PoolViews(1).machines("a");
        pool.occupants.add(new Occupant("video/edge-a", "edge-a", "z", Set.of(), false));

        PoolPlan plan = pool.plan();

        assertEquals(List.of(), plan.steps());
        assertTrue(plan.message().contains("whose member's name StreamingNode video/edge-a has"), plan.message());
    }

    @Test
    void shouldNotMoveMembersOffMachinesThatAreNoLongerEligible() {
        PoolViews pool = new PoolViews(4).machines("e", "f").ready("a", "b", "c", "e");
        pool.machines.add(cordoned("a"));
        pool.machines.add(tainted("b", "maintenance", "", "NoExecute"));
        pool.machines.add(notReady("c"));
        pool.selector = Map.of();

        assertEquals(List.of(), pool.plan().steps());

        pool.selector = Map.of("rack", "9");
        assertEquals(List.of(), pool.plan().steps());
    }

    @Test
    void shouldScaleDownTheNotReadyFirstAndThenTheNewest() {
        PoolViews pool = new PoolViews(4).machines("a", "b", "c", "d");
        pool.with(member("a").created(NOW.minusSeconds(50)))
                .with(member("b").unready().created(NOW.minusSeconds(400)))
                .with(member("c").created(NOW.minusSeconds(20)))
                .with(member("d").created(NOW.minusSeconds(300)));

        pool.replicas = 3;
        assertEquals(List.of("edge-b"), deleted(pool.plan()));
        pool.replicas = 2;
        assertEquals(List.of("edge-b", "edge-c"), deleted(pool.plan()));
        pool.replicas = 1;
        assertEquals(List.of("edge-b", "edge-c", "edge-a"), deleted(pool.plan()));
        pool.replicas = 0;
        assertEquals(4, deleted(pool.plan()).size());
    }

    @Test
    void shouldScaleDownMembersOnMachinesThatTheSelectorNoLongerMatchesBeforeOthers() {
        PoolViews pool = new PoolViews(1);
        pool.machines.add(labelled("a", "rack", "1"));
        pool.machines.add(labelled("b", "rack", "2"));
        pool.selector = Map.of("rack", "2");
        pool.with(member("a").created(NOW.minusSeconds(500))).with(member("b").created(NOW.minusSeconds(5)));

        PoolPlan plan = pool.plan();

        assertEquals(List.of("edge-a"), deleted(plan));
        assertTrue(((Delete) plan.steps().getFirst()).why().contains("spec.nodeSelector"), plan.toString());
    }

    @Test
    void shouldCountAMemberThatIsBeingDeletedUntilItIsGone() {
        PoolViews pool = new PoolViews(2)
                .machines("a", "b", "c")
                .ready("a")
                .with(member("b").deleting());

        PoolPlan plan = pool.plan();
        assertEquals(List.of(), plan.steps());
        assertEquals("1 of 2: 1 being deleted (edge-b)", plan.message());
        assertEquals(1, plan.replicas());

        pool.members.removeLast();
        pool.used.addAll(List.of("b", "a"));
        assertEquals(List.of("b"), createdOn(pool.plan()));
    }

    @Test
    void shouldDeleteTheWorseOfTwoMembersOnOneMachine() {
        PoolViews pool = new PoolViews(3).machines("a", "b").ready("a");
        Member twin = member("a").unready().build();
        pool.members.add(new Member(
                "edge-twin", "a", twin.createdAt(), false, false, null, twin.readySince(), true, true, null));

        assertEquals(List.of("edge-twin"), deleted(pool.plan()));
    }

    @Test
    void shouldReplaceAMemberWhoseMachineIsGoneForGoodOnlyAfterItsDeletion() {
        PoolViews pool =
                new PoolViews(2).machines("a", "c").ready("a").with(member("b").unready());

        assertEquals(List.of("edge-b"), deleted(pool.plan()));
        assertEquals(List.of(), createdOn(pool.plan()));

        pool.members.set(1, member("b").unready().deleting().build());
        assertEquals(List.of(), pool.plan().steps());

        pool.members.remove(1);
        assertEquals(List.of("c"), createdOn(pool.plan()));
    }

    @Test
    void shouldWaitForTheGracePeriodBeforeAMachineIsGivenUp() {
        Duration left = Duration.ofSeconds(90);
        PoolViews pool = new PoolViews(1)
                .machines("c")
                .with(member("b").unreadySince(NOW.minus(PoolViews.GRACE).plus(left)));

        PoolPlan plan = pool.plan();

        assertEquals(List.of(), plan.steps());
        assertEquals(left, plan.lookAgainAfter());
        assertEquals("0 of 1: 1 not Ready (edge-b: its node b is gone)", plan.message());
    }

    @Test
    void shouldKeepAMemberOfALostMachineWhileNoOtherMachineCouldTakeOne() {
        PoolViews pool = new PoolViews(1).with(member("b").unready());
        pool.machines.add(cordoned("c"));

        assertEquals(List.of(), pool.plan().steps());
    }

    @Test
    void shouldKeepAMemberThatIsReadyThoughItsMachineHasNoNode() {
        assertEquals(List.of(), new PoolViews(1).machines("c").ready("b").plan().steps());
    }

    @Test
    void shouldGiveUpNoMoreLostMachinesThanThereAreOthersLeftAfterMissingMembersAreMade() {
        PoolViews pool = new PoolViews(4)
                .machines("x", "y")
                .with(member("a").unreadySince(NOW.minusSeconds(4000)))
                .with(member("b").unreadySince(NOW.minusSeconds(5000)))
                .with(member("c").unreadySince(NOW.minusSeconds(6000)));

        PoolPlan plan = pool.plan();

        assertEquals(List.of("x"), createdOn(plan));
        assertEquals(List.of("edge-c"), deleted(plan));
    }

    @Test
    void shouldBeDegradedByAMemberThatStaysUnreadyButNotByOneThatWasJustMade() {
        PoolViews pool = new PoolViews(2).machines("a", "b").ready("a");
        pool.with(member("b").unreadySince(NOW.minusSeconds(30)).created(NOW.minusSeconds(30)));
        assertFalse(pool.plan().degraded());
        assertEquals(Duration.ofSeconds(270), pool.plan().lookAgainAfter());

        pool.members.set(1, member("b").unready().build());
        assertTrue(pool.plan().degraded());
        assertEquals(
                "1 of 2: 1 not Ready (edge-b: AgentUnreachable)", pool.plan().message());
        assertEquals(Reason.ReplicasNotReady, pool.plan().reason());
    }

    static List<String> createdOn(PoolPlan plan) {
        return plan.steps().stream()
                .filter(Create.class::isInstance)
                .map(step -> ((Create) step).machine())
                .toList();
    }

    static List<String> deleted(PoolPlan plan) {
        return plan.steps().stream()
                .filter(Delete.class::isInstance)
                .map(PoolStep::member)
                .toList();
    }

    static List<String> updated(PoolPlan plan) {
        return plan.steps().stream()
                .filter(Update.class::isInstance)
                .map(PoolStep::member)
                .toList();
    }
}
