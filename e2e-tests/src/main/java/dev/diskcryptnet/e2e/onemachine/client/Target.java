package dev.diskcryptnet.e2e.onemachine.client;

import dev.diskcryptnet.e2e.onemachine.OneMachineException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a person named.
 *
 * @param name null for all of the kind
 */
record Target(Kind kind, String name) {
    /** Reads {@code TYPE}, {@code TYPE NAME...} or {@code TYPE/NAME...}; several types are separated by commas. */
    static List<Target> parse(Kinds kinds, List<String> words) {
        if (words.isEmpty()) {
            throw new OneMachineException("name a resource type, such as streamingnodes, or TYPE/NAME");
        }
        List<Target> targets = new ArrayList<>();
        if (words.getFirst().contains("/")) {
            for (String word : words) {
                String[] parts = word.split("/", 2);
                if (parts.length < 2) {
                    throw new OneMachineException("there is no slash in \"" + word + "\": write each as TYPE/NAME");
                }
                targets.add(new Target(kinds.find(parts[0]).getFirst(), parts[1]));
            }
            return targets;
        }
        for (String type : words.getFirst().split(",")) {
            for (Kind kind : kinds.find(type)) {
                if (words.size() == 1) {
                    targets.add(new Target(kind, null));
                }
                words.subList(1, words.size()).forEach(name -> targets.add(new Target(kind, name)));
            }
        }
        return targets;
    }
}
