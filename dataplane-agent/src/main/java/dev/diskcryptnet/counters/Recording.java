package dev.diskcryptnet.counters;

/**
 * Whether anything is counted. {@code -Ddcn.metrics=off} turns it off for the life of the process, so that the benchmark can
 * say what counting costs; metrics and status then show zeros.
 */
public final class Recording {
    /** A constant to the compiler, so that what is off is not even compiled. */
    public static final boolean ON = !"off".equals(System.getProperty("dcn.metrics"));

    private Recording() {}
}
