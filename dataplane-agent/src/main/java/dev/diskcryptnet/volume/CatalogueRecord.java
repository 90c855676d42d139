package dev.diskcryptnet.volume;

import static dev.diskcryptnet.volume.RecordDescriptor.*;
import static dev.diskcryptnet.volume.SuperblockDescriptor.ORDER;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads and makes catalogue records; the bytes are drawn in {@link RecordDescriptor}. */
final class CatalogueRecord {
    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);

    /** Looks at the record at {@code offset}; false when its inner lengths do not fit {@code length}. */
    boolean wrap(DirectBuffer source, int offset, int length) {
        if (length < EXTENTS_OFFSET) {
            return false;
        }
        buffer.wrap(source, offset, length);
        long used = EXTENTS_OFFSET
                + (long) extentCount() * EXTENT_BYTES
                + 4L * pieceCount()
                + pathBytes()
                + contentTypeBytes();
        boolean known = isPut() || type() == REMOVE;
        return known && extentCount() >= 0 && pieceCount() >= 0 && used <= length && pathBytes() > 0;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    int lengthBytes() {
        return buffer.capacity();
    }

    byte type() {
        return buffer.getByte(TYPE_OFFSET);
    }

    boolean isPut() {
        return type() == PUT;
    }

    long sequence() {
        return buffer.getLong(SEQUENCE_OFFSET, ORDER);
    }

    long sizeBytes() {
        return buffer.getLong(SIZE_OFFSET, ORDER);
    }

    long lastModifiedMs() {
        return buffer.getLong(MODIFIED_OFFSET, ORDER);
    }

    long checksum() {
        return buffer.getLong(CHECKSUM_OFFSET, ORDER);
    }

    int extentCount() {
        return buffer.getInt(EXTENTS_COUNT_OFFSET, ORDER);
    }

    int pieceCount() {
        return buffer.getInt(PIECES_COUNT_OFFSET, ORDER);
    }

    long extentOffset(int index) {
        return buffer.getLong(EXTENTS_OFFSET + index * EXTENT_BYTES, ORDER);
    }

    /** Pairs of device offset and length. */
    long[] extents() {
        long[] extents = new long[extentCount() * 2];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = buffer.getLong(EXTENTS_OFFSET + i * Long.BYTES, ORDER);
        }
        return extents;
    }

    int[] pieceCrcs() {
        int[] crcs = new int[pieceCount()];
        int start = EXTENTS_OFFSET + extentCount() * EXTENT_BYTES;
        for (int i = 0; i < crcs.length; i++) {
            crcs[i] = buffer.getInt(start + i * Integer.BYTES, ORDER);
        }
        return crcs;
    }

    String path() {
        return text(stringsOffset(), pathBytes());
    }

    String contentType() {
        return text(stringsOffset() + pathBytes(), contentTypeBytes());
    }

    private int pathBytes() {
        return buffer.getShort(PATH_BYTES_OFFSET, ORDER) & 0xFFFF;
    }

    private int contentTypeBytes() {
        return buffer.getByte(CONTENT_TYPE_BYTES_OFFSET) & 0xFF;
    }

    private int stringsOffset() {
        return EXTENTS_OFFSET + extentCount() * EXTENT_BYTES + pieceCount() * Integer.BYTES;
    }

    private String text(int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A put record without its sequence, which {@link #setSequence} adds when it is published. */
    static byte[] put(
            String path, String contentType, long size, long modifiedMs, long checksum, long[] extents, int[] crcs) {
        byte[] pathBytes = path.getBytes(StandardCharsets.UTF_8);
        byte[] typeBytes = contentType.getBytes(StandardCharsets.UTF_8);
        int length = length(extents.length / 2, crcs.length, pathBytes.length, typeBytes.length);
        UnsafeBuffer record = start(length, PUT, pathBytes.length);
        record.putByte(CONTENT_TYPE_BYTES_OFFSET, (byte) typeBytes.length);
        record.putLong(SIZE_OFFSET, size, ORDER);
        record.putLong(MODIFIED_OFFSET, modifiedMs, ORDER);
        record.putLong(CHECKSUM_OFFSET, checksum, ORDER);
        record.putInt(EXTENTS_COUNT_OFFSET, extents.length / 2, ORDER);
        record.putInt(PIECES_COUNT_OFFSET, crcs.length, ORDER);
        int at = EXTENTS_OFFSET;
        for (long value : extents) {
            record.putLong(at, value, ORDER);
            at += Long.BYTES;
        }
        for (int crc : crcs) {
            record.putInt(at, crc, ORDER);
            at += Integer.BYTES;
        }
        record.putBytes(at, pathBytes);
        record.putBytes(at + pathBytes.length, typeBytes);
        return record.byteArray();
    }

    /** A remove record without its sequence. */
    static byte[] remove(String path) {
        byte[] pathBytes = path.getBytes(StandardCharsets.UTF_8);
        UnsafeBuffer record = start(length(0, 0, pathBytes.length, 0), REMOVE, pathBytes.length);
        record.putBytes(EXTENTS_OFFSET, pathBytes);
        return record.byteArray();
    }

    static void setSequence(byte[] record, long sequence) {
        new UnsafeBuffer(record).putLong(SEQUENCE_OFFSET, sequence, ORDER);
    }

    private static UnsafeBuffer start(int length, byte type, int pathBytes) {
        UnsafeBuffer record = new UnsafeBuffer(new byte[length]);
        record.putInt(LENGTH_OFFSET, length, ORDER);
        record.putShort(PATH_BYTES_OFFSET, (short) pathBytes, ORDER);
        record.putByte(TYPE_OFFSET, type);
        return record;
    }
}
