package dev.diskcryptnet.admin;

/** What is logged, changed while the agent runs. Thread-safe. */
public interface LogControl {
    /** Least severe events that are logged: error, warn, info, debug or trace. */
    String level();

    /** Sets it from now on; false if there is no such level. */
    boolean setLevel(String name);
}
