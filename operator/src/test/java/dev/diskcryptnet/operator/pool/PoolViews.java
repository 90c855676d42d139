package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.TolerationSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds views of a pool named {@code edge} for tests: sentences about members, machines and strangers. */
final class PoolViews {
    static final String POOL = "edge";
    static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
    static final Duration DEADLINE = Duration.ofMinutes(10);
    static final Duration GRACE = Duration.ofMinutes(5);
    /** Long enough ago for every deadline to have passed. */
    static final Instant LONG_AGO = NOW.minus(Duration.ofHours(2));

    final List<Member> members = new ArrayList<>();
    final List<Machine> machines = new ArrayList<>();
    final List<Occupant> occupants = new ArrayList<>();
    final List<String> used = new ArrayList<>();
    final List<TolerationSpec> tolerations = new ArrayList<>();
    Map<String, String> selector = Map.of();
    Set<String> claims = Set.of("disk 0000:3b:00.0", "admin port 9464");
    String maxUnavailable = "1";
    int replicas;

    PoolViews(int replicas) {
        this.replicas = replicas;
    }

    PoolViews machines(String... names) {
        for (String name : names) {
            machines.add(healthy(name));
        }
        return this;
    }

    PoolViews replaceMachine(Machine machine) {
        machines.removeIf(other -> other.name().equals(machine.name()));
        machines.add(machine);
        return this;
    }

    PoolViews ready(String... machinesOfMembers) {
        for (String machine : machinesOfMembers) {
            members.add(member(machine).build());
        }
        return this;
    }

    PoolViews with(MemberBuilder member) {
        members.add(member.build());
        return this;
    }

    PoolView view() {
        return new PoolView(
                POOL,
                replicas,
                selector,
                tolerations,
                claims,
                MaxUnavailable.parse(maxUnavailable),
                new PoolView.Limits(DEADLINE, GRACE),
                used,
                members,
                machines,
                occupants,
                NOW);
    }

    PoolPlan plan() {
        return PoolPlanner.plan(view());
    }

    static Machine healthy(String name) {
        return new Machine(name, Map.of(), true, false, List.of());
    }

    static Machine notReady(String name) {
        return new Machine(name, Map.of(), false, false, List.of());
    }

    static Machine cordoned(String name) {
        return new Machine(name, Map.of(), true, true, List.of());
    }

    static Machine tainted(String name, String key, String value, String effect) {
        return new Machine(name, Map.of(), true, false, List.of(new Taint(key, value, effect)));
    }

    static Machine labelled(String name, String label, String value) {
        return new Machine(name, Map.of(label, value), true, false, List.of());
    }

    static TolerationSpec toleration(String key, String operator, String value, String effect) {
        TolerationSpec toleration = new TolerationSpec();
        toleration.key = key;
        toleration.operator = operator;
        toleration.value = value;
        toleration.effect = effect;
        return toleration;
    }

    /** A member that is ready, old and as the template says, unless told otherwise. */
    static MemberBuilder member(String machine) {
        return new MemberBuilder(machine);
    }

    /** Says how a member differs from a good one. */
    static final class MemberBuilder {
        private final String machine;
        private Instant createdAt = LONG_AGO;
        private boolean deleting;
        private boolean ready = true;
        private Instant readySince = LONG_AGO;
        private boolean specCurrent = true;
        private boolean metadataCurrent = true;
        private Instant rolledAt;

        private MemberBuilder(String machine) {
            this.machine = machine;
        }

        MemberBuilder created(Instant at) {
            createdAt = at;
            return this;
        }

        MemberBuilder deleting() {
            deleting = true;
            return this;
        }

        MemberBuilder unreadySince(Instant at) {
            ready = false;
            readySince = at;
            return this;
        }

        MemberBuilder unready() {
            return unreadySince(LONG_AGO);
        }

        MemberBuilder stale() {
            specCurrent = false;
            return this;
        }

        MemberBuilder relabelled() {
            metadataCurrent = false;
            return this;
        }

        MemberBuilder rolled(Instant at) {
            rolledAt = at;
            return this;
        }

        Member build() {
            String name = MemberNames.of(POOL, machine);
            String reason = ready ? "Serving" : "AgentUnreachable";
            return new Member(
                    name,
                    machine,
                    createdAt,
                    deleting,
                    ready,
                    reason,
                    readySince,
                    specCurrent,
                    metadataCurrent,
                    rolledAt);
        }
    }
}
