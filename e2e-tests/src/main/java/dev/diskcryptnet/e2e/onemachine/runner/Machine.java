package dev.diskcryptnet.e2e.onemachine.runner;

import java.nio.file.Path;

/**
 * A machine of the cluster: a network namespace of this computer with its own part of the file system.
 *
 * @param name of the Node object
 * @param netns the network namespace that its host-network pods run in
 * @param address of the machine in the management network; the address of its host-network pods
 * @param state what host paths below {@link Volumes#STATE_PREFIX} mean on this machine
 */
public record Machine(String name, String netns, String address, Path state) {
    /** Reads what {@link #toArgument} wrote. */
    static Machine parse(String argument) {
        String[] parts = argument.split(",");
        return new Machine(parts[0], parts[1], parts[2], Path.of(parts[3]));
    }

    /** As an argument of {@link NodeRunner}: NAME,NETNS,ADDRESS,STATE. */
    public String toArgument() {
        return String.join(",", name, netns, address, state.toString());
    }
}
