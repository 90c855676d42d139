package dev.diskcryptnet.operator.pool;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which machines could take a new member, best first, and why the others could not.
 *
 * <p>A machine is eligible if the selector matches, it is Ready, not cordoned, its taints are tolerated, it has no
 * member yet (not even one that is being deleted), no stranger holds what a member claims, and the member's name is
 * free.
 */
final class Placement {
    private static final int NAMED = 3;

    private final PoolView view;
    private final Set<String> withMember;
    private final Map<String, List<Occupant>> strangers;
    private final Map<String, Occupant> takenNames;

    /** Eligible machines: those used before first, in the order of that list; then by name. */
    final List<Machine> candidates;
    /** Machine to why it is not eligible, of those that the selector matches. */
    private final Map<String, String> refusals = new TreeMap<>();

    private int selected;

    Placement(PoolView view) {
        this.view = view;
        withMember = view.members().stream().map(Member::machine).collect(Collectors.toSet());
        strangers = view.occupants().stream()
                .filter(occupant -> occupant.machine() != null)
                .collect(Collectors.groupingBy(Occupant::machine));
        takenNames = view.occupants().stream()
                .filter(occupant -> occupant.name() != null)
                .collect(Collectors.toMap(Occupant::name, Function.identity()));
        candidates = candidates();
    }

    private List<Machine> candidates() {
        List<Machine> eligible = new ArrayList<>();
        for (Machine machine : view.machines()) {
            if (!machine.selectedBy(view.nodeSelector())) {
                continue;
            }
            selected++;
            String refusal = refusal(machine);
            if (refusal == null) {
                eligible.add(machine);
            } else {
                refusals.put(machine.name(), refusal);
            }
        }
        Map<String, Integer> used = new HashMap<>();
        for (String name : view.usedMachines()) {
            used.putIfAbsent(name, used.size());
        }
        eligible.sort(Comparator.comparingInt((Machine machine) -> used.getOrDefault(machine.name(), Integer.MAX_VALUE))
                .thenComparing(Machine::name));
        return List.copyOf(eligible);
    }

    private String refusal(Machine machine) {
        if (withMember.contains(machine.name())) {
            return "with a member";
        }
        String obstacle = machine.obstacle(view.tolerations());
        if (obstacle != null) {
            return obstacle;
        }
        Optional<Occupant> holder = strangers.getOrDefault(machine.name(), List.of()).stream()
                .filter(occupant -> occupant.keepsOff(view.claims()))
                .min(Comparator.comparing(Occupant::id));
        if (holder.isPresent()) {
            return "occupied by StreamingNode " + holder.get().id();
        }
        Occupant namesake = takenNames.get(MemberNames.of(view.pool(), machine.name()));
        return namesake == null ? null : "whose member's name StreamingNode " + namesake.id() + " has";
    }

    /** Whether the machine was used by the pool before. */
    boolean usedBefore(Machine machine) {
        return view.usedMachines().contains(machine.name());
    }

    /** Where the machines are that cannot take a member: counts by reason, for a person. */
    String shortage() {
        if (view.machines().isEmpty()) {
            return "the cluster has no node";
        }
        if (selected == 0) {
            return "none of " + view.machines().size() + " nodes has the labels " + selectorText();
        }
        Map<String, Integer> counts = new TreeMap<>();
        refusals.values().forEach(refusal -> counts.merge(refusal, 1, Integer::sum));
        List<String> parts = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .toList();
        String which = view.nodeSelector().isEmpty() ? " nodes: " : " nodes with " + selectorText() + ": ";
        return selected + which + abridged(parts, 2 * NAMED);
    }

    private String selectorText() {
        return new TreeMap<>(view.nodeSelector())
                .entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .collect(Collectors.joining(","));
    }

    /** The first of the parts, and how many more there are. */
    static String abridged(List<String> parts, int shown) {
        String text = parts.stream().limit(shown).collect(Collectors.joining(", "));
        return parts.size() <= shown ? text : text + " and " + (parts.size() - shown) + " more";
    }

    /** Machines by name. */
    static Map<String, Machine> byName(List<Machine> machines) {
        return machines.stream().collect(Collectors.toMap(Machine::name, Function.identity()));
    }

    /** Machines that more than one of the members is on. */
    static Set<String> shared(List<Member> members) {
        Set<String> seen = new HashSet<>();
        return members.stream()
                .map(Member::machine)
                .filter(name -> !seen.add(name))
                .collect(Collectors.toSet());
    }
}
