package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.operator.pool.PoolStep.Create;
import dev.diskcryptnet.operator.pool.PoolStep.Delete;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides what a pool does next. Pure: the same view gives the same plan, so a restarted operator goes on where the
 * last one was, whatever that one had done by then.
 *
 * <p>The rules:
 *
 * <ol>
 *   <li>A machine has one member at most; one that is being deleted holds its machine and counts as a replica until it
 *       is gone, so a pool is never larger than it should be, and a member deleted by hand comes back where it was.
 *   <li>Surplus members go: those without a machine first, then those not ready, those on machines that the selector
 *       does not match, the newest.
 *   <li>Members are missing: made on eligible machines, see {@link Placement}.
 *   <li>A member is never moved because its machine is cordoned, tainted, not Ready or not selected any more. The one
 *       need is a machine that is gone for good: it has no Node, its member has not been ready for the grace period,
 *       and another machine could take a member. Then the member is deleted, and made anew elsewhere when it is gone.
 *       For a dead machine whose Node is still there, deleting the Node says that it does not come back.
 *   <li>Members that are not as the template says, by a change of the template or of the member, are updated: those not
 *       ready first, then ready ones as long as all members out of service stay within maxUnavailable. A member whose
 *       agent could not start again on its machine now (not Ready, cordoned, tainted) is left alone until it could.
 *       Labels and annotations start no agent anew and are not held back.
 * </ol>
 */
final class PoolPlanner {
    private final PoolView view;
    private final Placement placement;
    private final Map<String, Machine> machines;
    private final List<PoolStep> steps = new ArrayList<>();

    /** Members that stay, after surplus and lost ones are taken off. */
    private List<Member> kept;

    private final List<Member> leaving;
    private int creates;
    private int shortBy;
    private int leavingReplaced;

    private PoolPlanner(PoolView view) {
        this.view = view;
        placement = new Placement(view);
        machines = Placement.byName(view.machines());
        leaving = view.members().stream().filter(Member::deleting).toList();
        kept = view.members().stream()
                .filter(Predicate.not(Member::deleting))
                .sorted(Comparator.comparing(Member::name))
                .toList();
    }

    static PoolPlan plan(PoolView view) {
        return new PoolPlanner(view).plan();
    }

    private PoolPlan plan() {
        List<Member> active = kept;
        dropSurplus();
        fill();
        giveUpLostMachines();
        Roll roll = Roll.of(view, machines, kept, creates, creates + leavingReplaced);
        steps.addAll(roll.updates());
        return new PoolReport(view, machines.keySet(), kept, roll, placement, shortBy, leaving)
                .of(List.copyOf(steps), active);
    }

    private void dropSurplus() {
        Comparator<Member> firstToGo = Comparator.comparing((Member member) -> machines.containsKey(member.machine()))
                .thenComparing(Member::ready)
                .thenComparing(this::selected)
                .thenComparing(Member::createdAt, Comparator.reverseOrder())
                .thenComparing(Member::name, Comparator.reverseOrder());
        List<Member> order = kept.stream().sorted(firstToGo).toList();
        Set<Member> dropped = new HashSet<>();
        Set<String> crowded = Placement.shared(kept);
        for (Member member : order) {
            if (crowded.contains(member.machine()) && othersOn(member, dropped)) {
                drop(member, dropped, "machine " + member.machine() + " has another member");
            }
        }
        for (Member member : order) {
            if (kept.size() - dropped.size() <= view.replicas()) {
                break;
            }
            if (!dropped.contains(member)) {
                drop(member, dropped, "scale down to " + view.replicas() + ": " + surplusWhy(member));
            }
        }
        kept = kept.stream().filter(Predicate.not(dropped::contains)).toList();
    }

    private boolean othersOn(Member member, Set<Member> dropped) {
        return kept.stream()
                .anyMatch(other -> other != member
                        && !dropped.contains(other)
                        && other.machine().equals(member.machine()));
    }

    private void drop(Member member, Set<Member> dropped, String why) {
        dropped.add(member);
        steps.add(new Delete(member.name(), why));
    }

    private boolean selected(Member member) {
        Machine machine = machines.get(member.machine());
        return machine != null && machine.selectedBy(view.nodeSelector());
    }

    private String surplusWhy(Member member) {
        if (!machines.containsKey(member.machine())) {
            return "its machine " + member.machine() + " has no Node";
        }
        if (!member.ready()) {
            return "it is not Ready";
        }
        return selected(member) ? "it is the newest" : "spec.nodeSelector does not match its machine";
    }

    private void fill() {
        int wanted = Math.max(0, view.replicas() - kept.size());
        int missing = Math.max(0, view.replicas() - view.members().size());
        List<Machine> chosen = placement.candidates.stream().limit(missing).toList();
        for (Machine machine : chosen) {
            String why = placement.usedBefore(machine) ? "used by the pool before" : "eligible";
            steps.add(new Create(MemberNames.of(view.pool(), machine.name()), machine.name(), why));
        }
        creates = chosen.size();
        shortBy = missing - creates;
        leavingReplaced = wanted - missing;
    }

    private void giveUpLostMachines() {
        int spare = placement.candidates.size() - creates;
        Set<Member> lost = new HashSet<>();
        kept.stream()
                .filter(member -> lostAt(member) != null && !lostAt(member).isAfter(view.now()))
                .sorted(Comparator.comparing(Member::notReadySince).thenComparing(Member::name))
                .limit(spare)
                .forEach(member -> drop(
                        member,
                        lost,
                        "its machine " + member.machine()
                                + " is gone: no Node has that name; another machine takes its place"));
        kept = kept.stream().filter(Predicate.not(lost::contains)).toList();
        leavingReplaced += lost.size();
    }

    /** When the member's machine is given up; null if the machine is there, or the member answers without it. */
    private Instant lostAt(Member member) {
        boolean lost = !member.ready() && !machines.containsKey(member.machine());
        return lost ? member.notReadySince().plus(view.limits().machineGoneGrace()) : null;
    }
}
