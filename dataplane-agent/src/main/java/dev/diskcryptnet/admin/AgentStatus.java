package dev.diskcryptnet.admin;

import java.util.List;
import java.util.Map;

/**
 * What {@code GET /v1/status} shows: what the agent observes of itself, never what it was told to be. Components that
 * are null are left out of the JSON.
 *
 * @param version of the agent
 * @param ready whether new requests are welcome
 * @param notReadyReasons why not, each a sentence with the remedy; empty when ready
 * @param drain null while the agent serves
 * @param addresses IP addresses that answer requests
 * @param transmitBitsPerSecond sent on all ports, mean over the last interval; null before the first
 * @param connections established TCP connections
 * @param memoryBytesPerNetworkByte null where the machine has no counter for it
 * @param cryptEngine what seals TLS records; null when no listener has TLS
 * @param volume null before it is open
 * @param time when this was observed, RFC 3339 with milliseconds
 * @param startTime since when the agent runs, RFC 3339
 * @param host name of the machine
 * @param changesAllowed whether requests that show the admin token may change anything; false when the agent has none
 * @param traffic what has been moved since the start
 * @param memory what the machine tells of its memory traffic
 * @param recentEvents warnings and errors, the newest first; bounded
 */
public record AgentStatus(
        String version,
        boolean ready,
        List<String> notReadyReasons,
        List<Condition> conditions,
        Drain drain,
        List<String> addresses,
        List<Disk> disks,
        List<Port> ports,
        Long transmitBitsPerSecond,
        long connections,
        Double memoryBytesPerNetworkByte,
        List<Worker> workers,
        List<Listener> listeners,
        CryptEngine cryptEngine,
        Volume volume,
        String time,
        String startTime,
        String host,
        boolean changesAllowed,
        Traffic traffic,
        Memory memory,
        List<Event> recentEvents) {

    /** The reason of the condition Serving, or null when there is no such condition. */
    String servingReason() {
        return conditions.stream()
                .filter(condition -> condition.type().equals("Serving"))
                .map(Condition::reason)
                .findFirst()
                .orElse(null);
    }

    /**
     * A condition in the shape of Kubernetes' {@code metav1.Condition}.
     *
     * @param type DevicesPrepared, Serving or Degraded
     * @param status True, False or Unknown
     * @param reason one CamelCase word
     * @param message for a person
     * @param lastTransitionTime RFC 3339
     */
    public record Condition(String type, String status, String reason, String message, String lastTransitionTime) {}

    /**
     * The end of serving: new connections are refused, running responses finished.
     *
     * @param state Draining, or Drained when no connection is left
     * @param startTime RFC 3339
     * @param deadline when connections that remain are reset, RFC 3339
     * @param connectionsCutOff how many were; null before the end
     */
    public record Drain(String state, String startTime, String deadline, Long connectionsCutOff) {
        /** Responses are being finished. */
        public static final String DRAINING = "Draining";
        /** No connection is left. */
        public static final String DRAINED = "Drained";

        /** The end of this drain. */
        public Drain drained(long cutOff) {
            return new Drain(DRAINED, startTime, deadline, cutOff);
        }
    }

    /**
     * How a device is.
     *
     * @param message what is wrong and the remedy; null when nothing is
     */
    public record Health(State state, String message) {
        /** Nothing is wrong. */
        public static final Health GOOD = new Health(State.Good, null);

        /** Spelled as they are shown. */
        public enum State {
            /** Nothing is wrong. */
            Good,
            /** It is not on the machine any more. */
            Missing,
            /** It has failed commands within the last minute. */
            Failing,
            /** It is read, and takes no writes. */
            ReadOnly,
            /** It is down, or has no carrier. */
            LinkDown
        }
    }

    /**
     * A disk as its driver found it.
     *
     * @param direct whether transfers bypass the kernel's page cache
     * @param readOnlyReason why it takes no writes; null when it does
     */
    public record Disk(
            String id,
            String uri,
            String driver,
            String model,
            String serial,
            long capacityBytes,
            long freeBytes,
            long objects,
            boolean direct,
            int numaNode,
            String readOnlyReason,
            Health health) {}

    /**
     * A port as its driver found it.
     *
     * @param macAddress in the usual notation
     * @param segmentationOffload whether the device or the kernel cuts frames into TCP segments
     * @param maxFrameBytes longest frame that is handed to it to be cut into packets
     * @param zeroCopy whether the device reads the slots' memory itself
     * @param transmitMode {@code ring} or {@code copy}: whether the kernel takes slots as they lie or copies them
     */
    public record Port(
            String id,
            String uri,
            String driver,
            String macAddress,
            int mtu,
            boolean segmentationOffload,
            int maxFrameBytes,
            boolean zeroCopy,
            String transmitMode,
            int numaNode,
            Health health) {}

    /**
     * A loop.
     *
     * @param cpu core it is pinned to, or -1
     * @param running false once it has stopped
     */
    public record Worker(int id, int cpu, boolean running, long connections) {}

    /**
     * A TCP port that is served.
     *
     * @param certificates in use, the default one first; null without TLS
     */
    public record Listener(int port, boolean tls, List<Certificate> certificates) {
        /** A port of plain HTTP. */
        public static Listener plain(int port) {
            return new Listener(port, false, null);
        }
    }

    /**
     * A certificate as it was last loaded.
     *
     * @param secretName where it came from
     * @param subject as RFC 2253 writes it
     * @param names DNS names that it is for, wildcards too
     * @param notAfter when it, or one of its chain, ends to be valid, RFC 3339
     */
    public record Certificate(String secretName, String subject, List<String> names, String notAfter) {}

    /**
     * The library that seals TLS records.
     *
     * @param name {@code ipsec-mb} or {@code openssl}
     * @param version the library's own
     * @param reason why this one
     * @param gigabytesPerSecond what each engine of the machine sealed at start, AES-128-GCM on one core
     */
    public record CryptEngine(String name, String version, String reason, Map<String, Double> gigabytesPerSecond) {}

    /**
     * What has been moved since the start: all figures only rise, so that two looks tell a rate.
     *
     * @param transmitBytes on all ports, with headers
     * @param retransmittedBytes of TCP payload
     * @param diskReadBytes from all disks
     * @param requests answered over HTTP
     * @param failedRequests of those, answered with a status of 500 or above
     * @param abortedResponses connections that ended before their response was acknowledged
     * @param handshakes TLS handshakes completed
     * @param resumedHandshakes of those, with a ticket
     * @param failedHandshakes ended with an alert, or refused because too many were under way
     */
    public record Traffic(
            long transmitBytes,
            long receiveBytes,
            long retransmittedBytes,
            long diskReadBytes,
            long requests,
            long failedRequests,
            long abortedResponses,
            long handshakes,
            long resumedHandshakes,
            long failedHandshakes,
            List<DiskTraffic> disks,
            List<PortTraffic> ports,
            List<WorkerTime> workers) {}

    /**
     * Of one disk.
     *
     * @param id as in {@link Disk}
     * @param errors commands that it failed
     */
    public record DiskTraffic(String id, long readBytes, long reads, long errors) {}

    /**
     * Of one port.
     *
     * @param id as in {@link Port}
     */
    public record PortTraffic(
            String id, long transmitBytes, long receiveBytes, long transmitDroppedFrames, long receiveDroppedFrames) {}

    /** How long a loop has worked and not waited, in seconds. */
    public record WorkerTime(int id, double busySeconds) {}

    /**
     * Counters of memory traffic.
     *
     * @param available whether there is any
     * @param sources in use, as {@code resctrl (agent)}; empty when there is none
     * @param missing why there are no others, each with what would help
     */
    public record Memory(boolean available, List<String> sources, List<String> missing) {}

    /**
     * Something that was logged.
     *
     * @param time RFC 3339 with milliseconds; of the last time, where it is repeated
     * @param level WARN or ERROR
     * @param event what happened, as one word
     * @param fields device, connection, object, what to do and so on; {@code repeated} says how often more it happened
     */
    public record Event(String time, String level, String event, Map<String, String> fields) {}

    /** The volume. */
    public record Volume(String uuid, long objects, long capacityBytes, long freeBytes, List<String> warnings) {}
}
