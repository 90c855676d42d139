package dev.diskcryptnet.e2e.onemachine.runner;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * There is no container engine here: the name of an image says only which of the locally built programs runs, and this
 * machine's own files stand in for the image's.
 *
 * @param local by a word that the last part of the image's name, without tag and digest, contains
 */
record Images(Map<String, Image> local) {
    /**
     * What of an image matters to a process.
     *
     * @param entrypoint when the container has no command
     * @param environment below the container's own
     */
    record Image(List<String> entrypoint, Map<String, String> environment) {}

    /** WORD=DIRECTORY|ENTRYPOINT|..., the directory being put first on the PATH. */
    static Images parse(List<String> arguments) {
        Map<String, Image> local = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            List<String> words = List.of(parts[1].split("\\|"));
            String path = words.getFirst() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
            Map<String, String> environment = new HashMap<>(Map.of("PATH", path, "HOME", "/root"));
            if (System.getenv("JAVA_HOME") != null) {
                environment.put("JAVA_HOME", System.getenv("JAVA_HOME"));
            }
            local.put(parts[0], new Image(words.subList(1, words.size()), environment));
        }
        return new Images(local);
    }

    /** @return the program that an image's name stands for; null for one that is not built here */
    Image find(String name) {
        String last = name.substring(name.lastIndexOf('/') + 1).split("[:@]", 2)[0];
        return local.entrySet().stream()
                .filter(entry -> last.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    String names() {
        return String.join(", ", local.keySet().stream().sorted().toList());
    }
}
