package dev.diskcryptnet.agent;

/** What the process's exit status means; part of the command line's contract. */
final class ExitCode {
    static final int OK = 0;
    /** Something went wrong that none of the others says. */
    static final int FAILED = 1;
    /** The command line or the configuration file is wrong. */
    static final int USAGE = 2;
    /**
     * The device is not ours to use: a disk with foreign data or open elsewhere, an interface that the kernel uses, a
     * state directory that another agent holds.
     */
    static final int REFUSED = 3;
    /** No such object. */
    static final int NOT_FOUND = 4;
    /** What is on the disk is not what was written. */
    static final int CORRUPTED = 5;

    /** Not all of it was done: a drain has cut connections off, a release could not put everything back. */
    static final int INCOMPLETE = 6;

    private ExitCode() {}
}
