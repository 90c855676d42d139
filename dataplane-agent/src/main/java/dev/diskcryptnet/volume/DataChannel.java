package dev.diskcryptnet.volume;

import dev.diskcryptnet.diskmap.Disk;
import java.nio.ByteBuffer;

/**
 * Pipelined sequential writing to one member: bytes are gathered into buffers of 1 MiB; while one is filled the others
 * are on their way. What follows on the disk is joined into one write, also across objects. One thread at a time.
 */
final class DataChannel implements AutoCloseable {
    private static final int BUFFERS = 4;

    private final DeviceIo io;
    private int buffer;
    private int fill;
    private long startOffset;
    private VolumeException broken;

    DataChannel(Disk disk) {
        io = new DeviceIo(disk, BUFFERS);
    }

    /** Takes all of {@code source}, to be written at {@code deviceOffset}. */
    void append(long deviceOffset, ByteBuffer source) {
        require();
        long at = deviceOffset;
        if (fill > 0 && startOffset + fill != at) {
            writeOut();
        }
        while (source.hasRemaining()) {
            if (fill == 0) {
                awaitBuffer();
                startOffset = at;
            }
            int part = Math.min(source.remaining(), DeviceIo.BUFFER_BYTES - fill);
            io.memory().putBytes(buffer * DeviceIo.BUFFER_BYTES + fill, source, source.position(), part);
            source.position(source.position() + part);
            fill += part;
            at += part;
            if (fill == DeviceIo.BUFFER_BYTES) {
                writeOut();
            }
        }
    }

    /** Fills the last block with zeros. */
    void pad() {
        int padded = (int) SuperblockDescriptor.roundUp(fill);
        io.memory().setMemory(buffer * DeviceIo.BUFFER_BYTES + fill, padded - fill, (byte) 0);
        fill = padded;
        if (fill == DeviceIo.BUFFER_BYTES) {
            writeOut();
        }
    }

    /** Writes out all that was appended, waits, and makes it durable. */
    void flush() {
        require();
        writeOut();
        io.flush();
    }

    /** Writes out what was gathered and waits; a failure shows at the next call. */
    void drain() {
        try {
            pad();
            writeOut();
            io.awaitAll();
        } catch (VolumeException e) {
            broken = e;
        }
    }

    /** Writes nothing more of what was gathered, waits for what is on its way, and forgets failures. */
    void discard() {
        fill = 0;
        io.reset();
        broken = null;
    }

    private void awaitBuffer() {
        try {
            io.await(buffer);
        } catch (VolumeException e) {
            broken = e;
            throw e;
        }
    }

    private void require() {
        if (broken != null) {
            throw broken;
        }
    }

    private void writeOut() {
        if (fill > 0) {
            int length = fill;
            fill = 0;
            io.start(true, startOffset, buffer * DeviceIo.BUFFER_BYTES, length);
            buffer = (buffer + 1) % BUFFERS;
        }
    }

    @Override
    public void close() {
        io.close();
    }
}
