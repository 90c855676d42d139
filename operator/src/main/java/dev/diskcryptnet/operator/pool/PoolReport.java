package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Puts into words and figures what a plan found. */
record PoolReport(
        PoolView view,
        Set<String> machines,
        List<Member> kept,
        Roll roll,
        Placement placement,
        int shortBy,
        List<Member> leaving) {
    private static final int NAMED = 3;

    PoolPlan of(List<PoolStep> steps, List<Member> active) {
        int ready = (int) active.stream().filter(Member::ready).count();
        int updated = (int) active.stream()
                .filter(member -> member.specCurrent() && member.metadataCurrent())
                .count();
        return new PoolPlan(
                steps,
                active.size(),
                ready,
                updated,
                reason(),
                degraded(),
                message(ready),
                wantsMachines(),
                lookAgainAfter());
    }

    private Reason reason() {
        if (!roll.stale().isEmpty() && !roll.moves()) {
            return Reason.RolloutBlocked;
        }
        if (shortBy > 0) {
            return Reason.MachinesShort;
        }
        if (!roll.stale().isEmpty() || kept.stream().anyMatch(this::rolling)) {
            return Reason.RollingOut;
        }
        boolean complete = kept.size() == view.replicas() && kept.stream().allMatch(Member::ready);
        return complete ? Reason.AllReplicasReady : Reason.ReplicasNotReady;
    }

    private boolean rolling(Member member) {
        return member.rolledAt() != null && Roll.underway(view, member);
    }

    private boolean degraded() {
        return shortBy > 0
                || !roll.stale().isEmpty() && !roll.moves()
                || kept.stream().anyMatch(member -> !member.ready() && !Roll.underway(view, member));
    }

    private boolean wantsMachines() {
        return shortBy > 0 || kept.stream().anyMatch(member -> !member.ready() && hasNoMachine(member));
    }

    private boolean hasNoMachine(Member member) {
        return !machines.contains(member.machine());
    }

    private String message(int ready) {
        List<String> parts = new ArrayList<>();
        if (shortBy > 0) {
            parts.add(shortBy + (shortBy == 1 ? " eligible node short (" : " eligible nodes short (")
                    + placement.shortage() + ")");
        }
        List<Member> unready =
                kept.stream().filter(Predicate.not(Member::ready)).toList();
        if (!unready.isEmpty()) {
            parts.add(unready.size() + " not Ready ("
                    + Placement.abridged(unready.stream().map(this::unready).toList(), NAMED) + ")");
        }
        if (!roll.stale().isEmpty()) {
            parts.add(rollMessage());
        }
        if (!leaving.isEmpty()) {
            parts.add(leaving.size() + " being deleted ("
                    + Placement.abridged(
                            leaving.stream().map(Member::name).sorted().toList(), NAMED) + ")");
        }
        String head = ready + " of " + view.replicas();
        return parts.isEmpty() ? head + " ready" : head + ": " + String.join("; ", parts);
    }

    private String unready(Member member) {
        if (hasNoMachine(member)) {
            return member.name() + ": its node " + member.machine() + " is gone";
        }
        return member.readyReason() == null ? member.name() : member.name() + ": " + member.readyReason();
    }

    private String rollMessage() {
        int toGo = roll.stale().size();
        String text = toGo + " to update";
        if (roll.held().size() == toGo) {
            text += ", each waits for its node";
        } else if (!roll.moves()) {
            text += ", stopped: " + roll.down() + " out of service where spec.maxUnavailable allows " + roll.allowed()
                    + "; mend the template, the members or their nodes";
        }
        List<String> waits = roll.held().entrySet().stream()
                .map(held -> held.getKey() + ": " + held.getValue())
                .toList();
        return waits.isEmpty() ? text : text + " (" + Placement.abridged(waits, NAMED) + ")";
    }

    private Duration lookAgainAfter() {
        Stream<Instant> deadlines = kept.stream()
                .filter(Predicate.not(Member::ready))
                .flatMap(member -> Stream.of(
                        member.changeDeadline(view.limits().progressDeadline()),
                        member.notReadySince().plus(view.limits().machineGoneGrace())));
        Optional<Instant> next =
                deadlines.filter(deadline -> deadline.isAfter(view.now())).min(Instant::compareTo);
        return next.map(deadline -> Duration.between(view.now(), deadline)).orElse(null);
    }
}
