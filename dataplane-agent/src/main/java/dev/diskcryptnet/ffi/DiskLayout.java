package dev.diskcryptnet.ffi;

/**
 * Offsets and sizes, in bytes, of the structs of {@code dcn/disk.h}. A test holds them equal to the C compiler's.
 *
 * <pre>
 *   dcn_disk_op     0        8        16        24              28       30       32
 *                   | token  | offset | address | length_bytes  | opcode | region |
 *   dcn_disk_done   0        8        12        16
 *                   | token  | result | (zero)  |
 * </pre>
 */
public final class DiskLayout {
    public static final int OP_SIZE = 32;
    public static final int OP_TOKEN = 0;
    public static final int OP_OFFSET = 8;
    public static final int OP_ADDRESS = 16;
    public static final int OP_LENGTH_BYTES = 24;
    public static final int OP_OPCODE = 28;
    public static final int OP_REGION = 30;

    public static final int DONE_SIZE = 16;
    public static final int DONE_TOKEN = 0;
    public static final int DONE_RESULT = 8;

    public static final int REGION_SIZE = 16;
    public static final int REGION_ADDRESS = 0;
    public static final int REGION_LENGTH_BYTES = 8;

    public static final int QUEUE_OPENED_SIZE = 528;
    public static final int QUEUE_OPENED_QUEUE = 0;
    public static final int QUEUE_OPENED_EVENT_FD = 8;
    public static final int QUEUE_OPENED_MESSAGE = 16;

    public static final int OPENED_SIZE = 824;
    public static final int OPENED_DISK = 0;
    public static final int OPENED_CAPACITY_BYTES = 8;
    public static final int OPENED_BLOCK_BYTES = 16;
    public static final int OPENED_ALIGNMENT_BYTES = 20;
    public static final int OPENED_MAX_TRANSFER_BYTES = 24;
    public static final int OPENED_NUMA_NODE = 28;
    public static final int OPENED_DIRECT = 32;
    public static final int OPENED_IS_BLOCK_DEVICE = 36;
    public static final int OPENED_DRIVER = 40;
    public static final int OPENED_MODE = 56;
    public static final int OPENED_ID = 120;
    public static final int OPENED_MODEL = 184;
    public static final int OPENED_SERIAL = 248;
    public static final int OPENED_MESSAGE = 312;

    public static final int HEALTH_SIZE = 560;
    public static final int HEALTH_STATE = 0;
    public static final int HEALTH_GENERATION = 4;
    public static final int HEALTH_ERRORS = 8;
    public static final int HEALTH_MEDIA_ERRORS = 16;
    public static final int HEALTH_TEMPERATURE_KELVIN = 24;
    public static final int HEALTH_PERCENTAGE_USED = 28;
    public static final int HEALTH_SPARE_PERCENT = 32;
    public static final int HEALTH_SPARE_THRESHOLD_PERCENT = 36;
    public static final int HEALTH_CRITICAL_WARNING = 40;
    public static final int HEALTH_MESSAGE = 48;

    private DiskLayout() {}
}
