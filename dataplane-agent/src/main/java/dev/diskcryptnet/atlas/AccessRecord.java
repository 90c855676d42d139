package dev.diskcryptnet.atlas;

import dev.diskcryptnet.http.Method;

/**
 * What a worker tells of one response.
 *
 * @param timeMs when its request was whole, milliseconds since 1970; for one that a disk cut off, when it did
 * @param durationNs from there to the last byte's acknowledgement, or to the end of the connection
 * @param bytes of head and body that the client has acknowledged; without what TLS adds
 * @param remoteHigh high half of the client's address, as {@link dev.diskcryptnet.wire.IpAddress} has it
 * @param remoteLow low half
 * @param status 0 when it is not known
 * @param disk number of the disk that cut it off, or -1
 * @param result what the disk's read gave, a negated errno or a length that is too short
 * @param path of the object, without the query; cut off after some hundred bytes
 */
public record AccessRecord(
        long timeMs,
        long durationNs,
        long bytes,
        long remoteHigh,
        long remoteLow,
        int remotePort,
        int localPort,
        int status,
        Method method,
        Outcome outcome,
        boolean tls,
        int disk,
        int result,
        String path) {
    /** How a response ended. */
    public enum Outcome {
        /** The client has acknowledged all of it. */
        COMPLETE,
        /** The client ended the connection before. */
        CUT_BY_CLIENT,
        /** The client did not answer any more. */
        TIMED_OUT,
        /** We ended the connection before. */
        CUT_BY_SERVER,
        /** The disk did not give what was to be sent. */
        CUT_BY_DISK
    }
}
