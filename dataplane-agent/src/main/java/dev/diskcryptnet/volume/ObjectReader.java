package dev.diskcryptnet.volume;

import java.nio.ByteBuffer;

/** Reads one object from its start, one MiB ahead, for administration. Holds a lease until closed. One thread. */
public final class ObjectReader implements AutoCloseable {
    private static final int BUFFERS = 2;

    private final VolumeObject object;
    private final DeviceIo io;
    private long position;
    private long started;
    private boolean closed;

    /** @param object with a lease, which this reader gives back */
    ObjectReader(VolumeObject object) {
        this.object = object;
        try {
            this.io = new DeviceIo(object.member().disk(), BUFFERS);
        } catch (RuntimeException e) {
            object.release();
            throw e;
        }
    }

    /**
     * Reads up to what {@code target} has room for.
     *
     * @return bytes read, -1 at the object's end
     * @throws VolumeException DEVICE
     */
    public int read(ByteBuffer target) {
        if (position == object.sizeBytes()) {
            return -1;
        }
        readAhead();
        int inBuffer = (int) (position % DeviceIo.BUFFER_BYTES);
        int buffer = (int) (position / DeviceIo.BUFFER_BYTES % BUFFERS);
        io.await(buffer);
        long there = Math.min(object.sizeBytes() - position, DeviceIo.BUFFER_BYTES - inBuffer);
        int length = (int) Math.min(there, target.remaining());
        target.put(io.bytes(buffer * DeviceIo.BUFFER_BYTES + inBuffer, length));
        position += length;
        return length;
    }

    private void readAhead() {
        long current = position / DeviceIo.BUFFER_BYTES;
        while (started < object.sizeBytes() && started / DeviceIo.BUFFER_BYTES < current + BUFFERS) {
            int buffer = (int) (started / DeviceIo.BUFFER_BYTES % BUFFERS);
            int length = (int) Math.min(DeviceIo.BUFFER_BYTES, object.sizeBytes() - started);
            startRead(io, object, started, buffer * DeviceIo.BUFFER_BYTES, length);
            started += length;
        }
    }

    /** Starts reading {@code length} bytes of the object, rounded up to whole blocks, into one buffer. */
    static void startRead(DeviceIo io, VolumeObject object, long from, int at, int length) {
        for (int done = 0; done < length; ) {
            int part = (int) Math.min(length - done, object.contiguousBytes(from + done));
            io.start(false, object.deviceOffset(from + done), at + done, (int) SuperblockDescriptor.roundUp(part));
            done += part;
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            io.close();
            object.release();
        }
    }
}
