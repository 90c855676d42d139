package dev.diskcryptnet.operator.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.operator.pool.PoolStep.Create;
import dev.diskcryptnet.operator.pool.PoolStep.Delete;
import dev.diskcryptnet.operator.pool.PoolStep.Update;
import dev.diskcryptnet.operator.pool.VirtualCluster.Host;
import dev.diskcryptnet.operator.pool.VirtualCluster.Node;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random histories of a cluster. An operator that is ended between any two of its writes, that sees Nodes late, and
 * that meets every kind of trouble in any order, must never break the pool's promises, and must have what was asked for
 * once the trouble is over. A failure names its seed; seeds that once failed are kept in {@link #KEPT}.
 *
 * <p>{@code -Ddcn.long=true} runs many more histories; {@code -Ddcn.seed=N} runs one.
 */
class PoolModelTest {
    private static final long[] KEPT = {135508867815358L, 73586742252189L};
    private static final int HISTORIES = Boolean.getBoolean("dcn.long") ? 20_000 : 400;
    private static final int EVENTS = 150;
    private static final Duration TICK = Duration.ofSeconds(5);

    static LongStream seeds() {
        Long only = Long.getLong("dcn.seed");
        if (only != null) {
            return LongStream.of(only);
        }
        long first = new Random().nextLong() >>> 16;
        System.out.println("PoolModelTest: seeds " + first + " to " + (first + HISTORIES - 1));
        return LongStream.concat(LongStream.of(KEPT), LongStream.range(first, first + HISTORIES));
    }

    @Test
    void shouldKeepItsPromisesInRandomHistories() {
        seeds().forEach(PoolModelTest::runSeed);
    }

    private static void runSeed(long seed) {
        try {
            new History(seed).run();
        } catch (AssertionError e) {
            throw new AssertionError("seed=" + seed + " (repeat with -Ddcn.seed=" + seed + "): " + e.getMessage(), e);
        }
    }

    /** One random history. */
    private static final class History {
        private final Random random;
        private final VirtualCluster cluster = new VirtualCluster();
        private final Deque<List<Machine>> hostsSeen = new ArrayDeque<>();
        private final Deque<PoolStep> steps = new ArrayDeque<>();
        private PoolView view;
        private Map<String, Integer> versions;
        private int nextSpec = 2;

        History(long seed) {
            random = new Random(seed);
            int hosts = 1 + random.nextInt(9);
            for (int i = 0; i < hosts; i++) {
                cluster.hosts.put("host" + i, new Host());
            }
            cluster.replicas = random.nextInt(8);
        }

        void run() {
            for (int i = 0; i < EVENTS; i++) {
                if (random.nextInt(3) == 0) {
                    trouble();
                }
                cluster.pass(random.nextInt(12) == 0 ? Duration.ofMinutes(random.nextInt(20)) : TICK);
                operate(random.nextInt(4));
            }
            settleAsItIs();
            mendEverything();
            settleAsDeclared();
        }

        // ---- what happens to the cluster

        private void trouble() {
            Host host = any(cluster.hosts.values());
            switch (random.nextInt(15)) {
                case 0 -> host.ready = !host.ready;
                case 1 -> host.exists = !host.exists;
                case 2 -> host.cordoned = !host.cordoned;
                case 3 -> host.tainted = !host.tainted;
                case 4 -> host.selected = !host.selected;
                case 5, 6 -> cluster.replicas = random.nextInt(9);
                case 7, 8 -> newTemplate();
                case 9 -> {
                    newTemplate();
                    cluster.replicas = random.nextInt(9);
                }
                case 10 ->
                    cluster.maxUnavailable =
                            List.of("1", "2", "25%", "50%", "100%").get(random.nextInt(5));
                case 11 -> deleteOneByHand();
                case 12 -> editOneByHand();
                case 13 -> stranger();
                default -> cluster.labels++;
            }
        }

        private void newTemplate() {
            cluster.spec = nextSpec++;
            if (random.nextInt(4) == 0) {
                cluster.brokenSpecs.add(cluster.spec);
            }
        }

        private void deleteOneByHand() {
            if (!cluster.nodes.isEmpty()) {
                Node node = any(cluster.nodes.values());
                if (!node.deleting) {
                    node.deleting = true;
                    node.deletedAt = cluster.now;
                    node.version++;
                }
            }
        }

        private void editOneByHand() {
            if (!cluster.nodes.isEmpty()) {
                Node node = any(cluster.nodes.values());
                node.spec = nextSpec++;
                node.version++;
                node.ready = false;
                node.readySince = cluster.now;
            }
        }

        private void stranger() {
            String machine = List.copyOf(cluster.hosts.keySet()).get(random.nextInt(cluster.hosts.size()));
            boolean free = cluster.nodes.values().stream().noneMatch(node -> node.machine.equals(machine));
            String id = "other/" + machine;
            if (cluster.strangers.remove(id) == null && free) {
                Set<String> claims = random.nextBoolean() ? Set.of("disk") : Set.of("another disk");
                cluster.strangers.put(id, new Occupant(id, null, machine, claims, false));
            }
        }

        private <T> T any(java.util.Collection<T> from) {
            return List.copyOf(from).get(random.nextInt(from.size()));
        }

        // ---- what the operator does: it plans, writes some steps, and may be ended between any two

        private void operate(int writes) {
            hostsSeen.addLast(cluster.machines());
            while (hostsSeen.size() > 1 + random.nextInt(3)) {
                hostsSeen.removeFirst();
            }
            for (int i = 0; i < writes; i++) {
                if (steps.isEmpty() || random.nextInt(10) == 0) {
                    plan(hostsSeen.getFirst());
                }
                if (steps.isEmpty()) {
                    return;
                }
                PoolStep step = steps.removeFirst();
                if (!cluster.write(step, versions)) {
                    steps.clear();
                }
                checkMachines();
            }
        }

        private PoolPlan plan(List<Machine> hosts) {
            view = cluster.view(hosts);
            versions = cluster.versions();
            PoolPlan plan = PoolPlanner.plan(view);
            assertEquals(plan, PoolPlanner.plan(view), "a plan follows from its view alone");
            steps.clear();
            steps.addAll(plan.steps());
            if (random.nextInt(8) != 0) {
                cluster.remember(view);
            }
            checkPlan(plan);
            return plan;
        }

        // ---- the promises

        private void checkMachines() {
            Set<String> machines = new HashSet<>();
            for (Node node : cluster.nodes.values()) {
                assertTrue(machines.add(node.machine), "two members on " + node.machine);
            }
            long down = cluster.nodes.values().stream()
                    .filter(node -> node.downByPool && !node.deleting)
                    .count();
            int allowed = MaxUnavailable.parse(cluster.maxUnavailable).of(cluster.replicas);
            boolean lowered = view.replicas() != cluster.replicas
                    || !view.maxUnavailable().equals(MaxUnavailable.parse(cluster.maxUnavailable));
            assertTrue(lowered || down <= Math.max(allowed, downBefore()), down + " are down because of the pool");
        }

        /** What was taken down while more was allowed is no breach later. */
        private long downBefore() {
            return view.members().stream()
                    .filter(member -> !member.ready() && !member.deleting())
                    .filter(member -> {
                        Node node = cluster.nodes.get(member.name());
                        return node != null && node.downByPool;
                    })
                    .count();
        }

        private void checkPlan(PoolPlan plan) {
            List<Member> active =
                    view.members().stream().filter(member -> !member.deleting()).toList();
            long creates =
                    plan.steps().stream().filter(Create.class::isInstance).count();
            long deletes =
                    plan.steps().stream().filter(Delete.class::isInstance).count();
            assertTrue(
                    view.members().size() + creates
                            <= Math.max(view.replicas(), view.members().size()),
                    "too many");
            checkDeletes(plan, active, deletes);
            checkCreates(plan);
            checkUpdates(plan, active, creates);
        }

        private void checkDeletes(PoolPlan plan, List<Member> active, long deletes) {
            int surplus = Math.max(0, active.size() - view.replicas());
            assertTrue(deletes >= surplus, "surplus stays");
            Map<String, Machine> machines = Placement.byName(view.machines());
            long others = plan.steps().stream()
                    .filter(Delete.class::isInstance)
                    .map(this::member)
                    .filter(member -> !lost(member, machines))
                    .count();
            assertTrue(others <= surplus, "moved without need: " + plan.steps());
        }

        private boolean lost(Member member, Map<String, Machine> machines) {
            return !member.ready()
                    && !machines.containsKey(member.machine())
                    && !member.notReadySince().plus(PoolViews.GRACE).isAfter(view.now());
        }

        private void checkCreates(PoolPlan plan) {
            List<String> chosen = new ArrayList<>();
            for (PoolStep step : plan.steps()) {
                if (step instanceof Create create) {
                    chosen.add(create.machine());
                    Machine machine = Placement.byName(view.machines()).get(create.machine());
                    assertTrue(eligible(machine), "not eligible: " + machine);
                }
            }
            if (!chosen.isEmpty()) {
                long better = view.machines().stream()
                        .filter(machine ->
                                eligible(machine) && view.usedMachines().contains(machine.name()))
                        .filter(machine -> !chosen.contains(machine.name()))
                        .count();
                long unused = chosen.stream()
                        .filter(name -> !view.usedMachines().contains(name))
                        .count();
                assertTrue(better == 0 || unused == 0, "machines used before are left out");
            }
        }

        private boolean eligible(Machine machine) {
            return machine.labels().containsKey("pool")
                    && machine.ready()
                    && !machine.cordoned()
                    && machine.taints().isEmpty()
                    && view.members().stream()
                            .noneMatch(member -> member.machine().equals(machine.name()))
                    && view.occupants().stream()
                            .noneMatch(other -> other.machine().equals(machine.name())
                                    && other.claims().contains("disk"));
        }

        private void checkUpdates(PoolPlan plan, List<Member> active, long creates) {
            long unready = active.stream().filter(member -> !member.ready()).count();
            long taken = plan.steps().stream()
                    .filter(step -> step instanceof Update update && update.rolls())
                    .filter(step -> member(step).ready())
                    .count();
            if (taken > 0 && active.size() <= view.replicas()) {
                int allowed = view.maxUnavailable().of(view.replicas());
                assertTrue(unready + taken + creates <= allowed, "a roll beyond maxUnavailable");
            }
            for (PoolStep step : plan.steps()) {
                if (step instanceof Update update && update.rolls()) {
                    Machine machine =
                            Placement.byName(view.machines()).get(member(step).machine());
                    assertTrue(machine != null && machine.obstacle(List.of()) == null, "rolled where it cannot start");
                    assertTrue(!member(step).specCurrent(), "rolled for nothing");
                }
            }
        }

        private Member member(PoolStep step) {
            return view.members().stream()
                    .filter(member -> member.name().equals(step.member()))
                    .findFirst()
                    .orElseThrow();
        }

        // ---- the end

        /** With the trouble that is left the pool comes to rest, and says truly whether it is as declared. */
        private void settleAsItIs() {
            PoolPlan plan = settle();
            List<Node> staying = cluster.nodes.values().stream()
                    .filter(node -> !node.deleting)
                    .toList();
            boolean complete = staying.size() == cluster.replicas
                    && staying.stream().allMatch(node -> node.ready && node.spec == cluster.spec);
            assertEquals(complete, plan.reason() == Reason.AllReplicasReady, plan.toString());
        }

        private void mendEverything() {
            cluster.hosts.values().forEach(host -> {
                host.exists = true;
                host.ready = true;
                host.cordoned = false;
                host.tainted = false;
                host.selected = true;
            });
            cluster.strangers.clear();
            cluster.spec = nextSpec++;
        }

        private void settleAsDeclared() {
            PoolPlan plan = settle();
            int possible = Math.min(cluster.replicas, cluster.hosts.size());
            assertEquals(possible, plan.readyReplicas(), plan.toString());
            assertEquals(possible, plan.updatedReplicas(), plan.toString());
            assertEquals(possible, cluster.nodes.size(), plan.toString());
            assertEquals(possible == cluster.replicas ? Reason.AllReplicasReady : Reason.MachinesShort, plan.reason());
            assertTrue(cluster.nodes.values().stream().allMatch(node -> node.labels == cluster.labels));
        }

        private PoolPlan settle() {
            hostsSeen.clear();
            steps.clear();
            int quiet = 0;
            for (int i = 0; i < 2_000; i++) {
                cluster.pass(TICK);
                PoolPlan plan = plan(cluster.machines());
                quiet = plan.steps().isEmpty() ? quiet + 1 : 0;
                if (quiet > 300) {
                    return plan;
                }
                while (!steps.isEmpty() && cluster.write(steps.removeFirst(), versions)) {
                    checkMachines();
                }
            }
            return fail("no rest: " + PoolPlanner.plan(cluster.view(cluster.machines())));
        }
    }
}
