package dev.diskcryptnet.wire;

/**
 * Messages of multicast listener discovery, version 2 (RFC 3810 5.1, 5.2) and 1 (RFC 2710 3); type, code and checksum lie where
 * {@link IcmpDescriptor} has them.
 *
 * <pre>
 *   query, report of version 1    4                  6          8            24
 *                                 | most delay in ms | reserved | group 16B  | of a query of version 2: more
 *
 *   report of version 2           4          6                   8
 *                                 | reserved | number of records | records: type 1B, 0 1B, sources 2B, group 16B
 * </pre>
 */
public final class ListenerDescriptor {
    /** Of a hop-by-hop header with the option Router Alert (RFC 2711 2.1), which each message has in front. */
    public static final int ALERT_BYTES = 8;

    public static final int MAX_DELAY_OFFSET = 4;
    public static final int GROUP_OFFSET = 8;
    /** A query or report of version 1. */
    public static final int MESSAGE_BYTES = 24;
    /** The shortest query of version 2. */
    public static final int QUERY_2_BYTES = 28;

    public static final int RECORD_COUNT_OFFSET = 6;
    public static final int RECORDS_OFFSET = 8;
    public static final int RECORD_BYTES = 20;

    /** Types of records without sources, RFC 3810 5.2.12: what is listened to, in answer to a query. */
    public static final int MODE_IS_EXCLUDE = 2;
    /** What is listened to from now on. */
    public static final int CHANGE_TO_EXCLUDE = 4;

    private ListenerDescriptor() {}
}
