package dev.diskcryptnet.admin;

/** What is logged, changed while the agent runs. Thread-safe. */
public interface LogControl {
    /** Least severe events that are logged: error, warn, info, debug or trace. */
    String level();

    /** Sets it from now on; false if there is no such level. */
    boolean setLevel(String name);

    /** One of how many responses is written to the access log; 0 for none. */
    int accessLogEvery();

    /** Sets it from now on; false if that is not from 0 to 1000000. */
    boolean setAccessLogEvery(int responses);
}
