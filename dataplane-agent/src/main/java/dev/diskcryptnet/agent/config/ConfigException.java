package dev.diskcryptnet.agent.config;

import java.util.List;

/** A configuration that cannot be used. Each problem names the field's path and what to write instead. */
public final class ConfigException extends RuntimeException {
    private final List<String> problems;

    /**
     * @param source where the configuration came from, usually the file's name
     * @param problems at least one, each a sentence of its own
     */
    public ConfigException(String source, List<String> problems) {
        super(
                problems.size() == 1
                        ? "config=" + source + ": " + problems.getFirst()
                        : "config=" + source + " has " + problems.size() + " problems:\n  "
                                + String.join("\n  ", problems));
        this.problems = List.copyOf(problems);
    }

    /** What is wrong: what the API forbids first, then what this version of the agent has not. */
    public List<String> problems() {
        return problems;
    }
}
