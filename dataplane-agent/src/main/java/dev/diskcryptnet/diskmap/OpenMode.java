package dev.diskcryptnet.diskmap;

/** What a disk is opened for. */
public enum OpenMode {
    /** Reads only. Others may read the device too. */
    READ_ONLY,
    /** Reads and writes, and keeps every other writer out. */
    READ_WRITE
}
