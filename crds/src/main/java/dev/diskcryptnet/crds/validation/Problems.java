package dev.diskcryptnet.crds.validation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Gathers what is wrong, so that a person mends a spec in one go. */
final class Problems {
    private final String prefix;
    private final List<String> found = new ArrayList<>();

    /** @param prefix what stands in front of a field's path */
    Problems(String prefix) {
        this.prefix = prefix;
    }

    /** What is wrong, in the order of finding. */
    List<String> found() {
        return List.copyOf(found);
    }

    /** @param what the rest of the sentence that begins with the path */
    void add(String path, String what) {
        found.add(prefix + path + what);
    }

    /** Checks that a list has 1 to {@code most} items, none of them null, and checks each item. */
    <T> void each(String path, List<T> items, int most, BiConsumer<String, T> check) {
        if (items == null || items.isEmpty()) {
            add(path, " is " + (items == null ? "missing" : "empty") + "; write 1 to " + most + " entries");
            return;
        }
        eachOfOptional(path, items, most, check);
    }

    /** The same for a list that may be missing or empty. */
    <T> void eachOfOptional(String path, List<T> items, int most, BiConsumer<String, T> check) {
        if (items == null) {
            return;
        }
        if (items.size() > most) {
            add(path, " has " + items.size() + " entries; write at most " + most);
        }
        for (int i = 0; i < items.size(); i++) {
            String itemPath = path + "[" + i + "]";
            if (items.get(i) == null) {
                add(itemPath, " is empty; fill it in or remove it");
            } else {
                check.accept(itemPath, items.get(i));
            }
        }
    }

    /** Checks that a map has at most {@code most} entries, and each of them. */
    void eachEntry(
            String path,
            Map<String, String> entries,
            int most,
            Consumer<String> checkKey,
            BiConsumer<String, String> checkValue) {
        if (entries == null) {
            return;
        }
        if (entries.size() > most) {
            add(path, " has " + entries.size() + " entries; write at most " + most);
        }
        entries.forEach((key, value) -> {
            checkKey.accept(key);
            if (value == null) {
                add(path + "." + key, " is empty; fill it in or remove it");
            } else {
                checkValue.accept(path + "." + key, value);
            }
        });
    }

    /** Checks that no two names are equal. */
    void distinct(String path, Stream<String> names) {
        Set<String> seen = new HashSet<>();
        names.filter(name -> !seen.add(name))
                .distinct()
                .forEach(twice -> add(path, " has " + twice + " twice; give it once"));
    }

    /** Checks bounds, where a value is given; returns whether it is given and within them. */
    boolean range(String path, Number value, long least, long most) {
        if (value == null) {
            return false;
        }
        boolean within = value.longValue() >= least && value.longValue() <= most;
        if (!within) {
            add(path, "=" + value + " is out of range; write " + least + " to " + most);
        }
        return within;
    }

    /**
     * Checks a text, where one is given.
     *
     * @param pattern one of {@link dev.diskcryptnet.crds.Patterns}
     * @param what what the text is not, and what to write
     */
    boolean syntax(String path, String text, String pattern, int mostCharacters, String what) {
        if (text == null) {
            return false;
        }
        boolean right = text.length() <= mostCharacters && Pattern.matches(pattern, text);
        if (!right) {
            add(path, " '" + text + "' " + what);
        }
        return right;
    }
}
