package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.operator.pool.PoolStep.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * How far a change of the template has come, and its next updates.
 *
 * <p>Two bounds, both maxUnavailable. A <em>ready</em> member is updated only while all that are out of service, for
 * whatever cause, stay within it. A member that is <em>not ready</em> costs nothing to update, and must be updated for
 * a bad template to be mended; yet "not ready" may mean no more than that the operator cannot reach it, so not more
 * than that many are changed and not yet back at a time.
 *
 * @param updates  what to update now
 * @param stale    members that were not as the template says, those of {@code updates} too
 * @param held     stale members that must wait for their machines, and what those machines lack
 * @param underway members, or ones being made, whose last change by the pool may still be taking effect
 * @param allowed  members that may be out of service
 * @param down     members that are out of service, counting those being made or made anew
 */
record Roll(List<Update> updates, List<Member> stale, Map<String, String> held, int underway, int allowed, int down) {

    static Roll of(PoolView view, Map<String, Machine> machines, List<Member> kept, int creates, int comingBack) {
        List<Member> stale =
                kept.stream().filter(member -> !member.specCurrent()).toList();
        Map<String, String> held = new TreeMap<>();
        for (Member member : stale) {
            String obstacle = obstacle(view, machines.get(member.machine()));
            if (obstacle != null) {
                held.put(member.name(), member.machine() + " " + obstacle);
            }
        }
        int allowed = view.maxUnavailable().of(view.replicas());
        int down = comingBack
                + (int) kept.stream().filter(Predicate.not(Member::ready)).count();
        int underway = creates
                + (int) kept.stream()
                        .filter(member -> member.specCurrent() && underway(view, member))
                        .count();
        List<Member> free = stale.stream()
                .filter(member -> !held.containsKey(member.name()))
                .toList();
        List<Update> updates = new ArrayList<>();
        free.stream()
                .filter(Predicate.not(Member::ready))
                .limit(Math.max(0, allowed - underway))
                .forEach(member -> updates.add(new Update(member.name(), true, "it is not Ready and not up to date")));
        free.stream()
                .filter(Member::ready)
                .limit(Math.max(0, allowed - down))
                .forEach(member -> updates.add(
                        new Update(member.name(), true, down + " of " + allowed + " that may be are out of service")));
        Set<String> rolled = updates.stream().map(Update::member).collect(Collectors.toSet());
        kept.stream()
                .filter(member -> !member.metadataCurrent() && !rolled.contains(member.name()))
                .forEach(member -> updates.add(new Update(member.name(), false, "labels or annotations differ")));
        return new Roll(List.copyOf(updates), stale, held, underway, allowed, down);
    }

    private static String obstacle(PoolView view, Machine machine) {
        return machine == null ? "has no Node" : machine.obstacle(view.tolerations());
    }

    /** Whether the pool's last change of a member that is not ready may still be taking effect. */
    static boolean underway(PoolView view, Member member) {
        return !member.ready()
                && view.now().isBefore(member.changeDeadline(view.limits().progressDeadline()));
    }

    /** Whether anything moves, or will without help: an update now, or a change that may still take effect. */
    boolean moves() {
        return underway > 0 || updates.stream().anyMatch(Update::rolls);
    }
}
