package dev.diskcryptnet.atlas;

/**
 * A response in an {@link AccessRing}. Offsets in bytes; the path is UTF-8 and takes the rest of the message.
 *
 * <pre>
 *    0 timeMs       8 durationNs   16 bytes
 *   24 remoteHigh  32 remoteLow    40 remotePort  44 localPort
 *   48 status      52 method       56 outcome     60 tls
 *   64 disk        68 result       72 path ...
 * </pre>
 */
final class AccessDescriptor {
    static final int TIME = 0;
    static final int DURATION = 8;
    static final int BYTES = 16;
    static final int REMOTE_HIGH = 24;
    static final int REMOTE_LOW = 32;
    static final int REMOTE_PORT = 40;
    static final int LOCAL_PORT = 44;
    static final int STATUS = 48;
    static final int METHOD = 52;
    static final int OUTCOME = 56;
    static final int TLS = 60;
    static final int DISK = 64;
    static final int RESULT = 68;
    static final int PATH = 72;

    /** What is longer is cut off. */
    static final int MAX_PATH_BYTES = 512;

    private AccessDescriptor() {}
}
