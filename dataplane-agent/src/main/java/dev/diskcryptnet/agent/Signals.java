package dev.diskcryptnet.agent;

import sun.misc.Signal;

/**
 * SIGTERM and SIGINT. A shutdown hook would not do: the JVM runs hooks once and then ignores every further signal, so
 * a second one could not end a drain that takes too long, and the exit status would be the signal's.
 */
final class Signals {
    private Signals() {}

    /** Passes both signals on to {@code process} from now on. */
    static void passTo(ServingProcess process) {
        for (String name : new String[] {"TERM", "INT"}) {
            Signal.handle(new Signal(name), signal -> process.stop("SIG" + signal.getName(), signal.getNumber()));
        }
    }
}
