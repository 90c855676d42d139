package dev.diskcryptnet.e2e.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.net.NetworkInterface;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;

/** Sends whole Ethernet frames, however wrong, out of an interface (packet(7)). Receives nothing. */
final class PacketSocket implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int ENOBUFS = 105;
    private static final int EAGAIN = 11;
    private static final int ADDRESS_BYTES = 20;
    private static final int MAX_FRAME_BYTES = 1514;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_QDISC_BYPASS = 20;
    /** struct mmsghdr: struct msghdr, msg_len, padding. In it name@0 namelen@8 iov@16 iovlen@24. */
    private static final int MESSAGE_BYTES = 64;
    /** struct iovec: base@0 len@8. */
    private static final int VECTOR_BYTES = 16;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SOCKET = LINKER.downcallHandle(
            LINKER.defaultLookup().find("socket").orElseThrow(),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE = LINKER.downcallHandle(
            LINKER.defaultLookup().find("close").orElseThrow(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle SEND = LINKER.downcallHandle(
            LINKER.defaultLookup().find("sendto").orElseThrow(),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));

    private static final MethodHandle SEND_BATCH = LINKER.downcallHandle(
            LINKER.defaultLookup().find("sendmmsg").orElseThrow(),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));
    private static final MethodHandle SET_OPTION = LINKER.downcallHandle(
            LINKER.defaultLookup().find("setsockopt").orElseThrow(),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT));

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(STATE);
    private final MemorySegment frame = arena.allocate(MAX_FRAME_BYTES);
    private final MemorySegment address = arena.allocate(ADDRESS_BYTES, 8);
    private final int descriptor;

    /** @throws IOException when there is no such interface or no right to open the socket */
    PacketSocket(String interfaceName) throws IOException {
        NetworkInterface device = NetworkInterface.getByName(interfaceName);
        if (device == null) {
            throw new IOException("no interface=" + interfaceName);
        }
        // struct sockaddr_ll: family@0 protocol@2 ifindex@4 hatype@8 pkttype@10 halen@11 addr@12
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
        address.set(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) 0x0800);
        address.set(ValueLayout.JAVA_INT, 4, device.getIndex());
        address.set(ValueLayout.JAVA_BYTE, 11, (byte) 6);
        try {
            descriptor = (int) SOCKET.invokeExact(AF_PACKET, SOCK_RAW, 0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (descriptor < 0) {
            throw new IOException("cannot open a packet socket; this needs root");
        }
    }

    /** Sends one frame of 14 to 1,514 bytes. */
    void send(byte[] bytes, int length) throws IOException {
        MemorySegment.copy(bytes, 0, frame, ValueLayout.JAVA_BYTE, 0, length);
        while (true) {
            long sent;
            try {
                sent = (long) SEND.invokeExact(state, descriptor, frame, (long) length, 0, address, ADDRESS_BYTES);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            if (sent == length) {
                return;
            }
            int errno = (int) ERRNO.get(state, 0L);
            if (errno != ENOBUFS && errno != EAGAIN) {
                throw new IOException("sendto length=" + length + " failed with errno=" + errno);
            }
            LockSupport.parkNanos(100_000);
        }
    }

    /** Has frames handed to the interface's driver at once, past its queueing discipline. */
    void bypassQueue() {
        MemorySegment one = arena.allocate(ValueLayout.JAVA_INT, 1);
        try {
            if ((int) SET_OPTION.invokeExact(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, one, 4) != 0) {
                throw new AssertionError("PACKET_QDISC_BYPASS is refused");
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Frames of one length at equal distances, sent by one call (sendmmsg(2)). */
    final class Batch {
        final MemorySegment frames;
        final int strideBytes;
        private final int count;
        private final MemorySegment messages;

        Batch(int count, int frameBytes) {
            this.count = count;
            strideBytes = frameBytes + 63 & -64;
            frames = arena.allocate((long) count * strideBytes, 64);
            messages = arena.allocate((long) count * MESSAGE_BYTES, 8);
            MemorySegment vectors = arena.allocate((long) count * VECTOR_BYTES, 8);
            for (int i = 0; i < count; i++) {
                MemorySegment vector = vectors.asSlice((long) i * VECTOR_BYTES, VECTOR_BYTES);
                vector.set(ValueLayout.ADDRESS, 0, frames.asSlice((long) i * strideBytes, frameBytes));
                vector.set(ValueLayout.JAVA_LONG, 8, frameBytes);
                MemorySegment message = messages.asSlice((long) i * MESSAGE_BYTES, MESSAGE_BYTES);
                message.set(ValueLayout.ADDRESS, 0, address);
                message.set(ValueLayout.JAVA_INT, 8, ADDRESS_BYTES);
                message.set(ValueLayout.ADDRESS, 16, vector);
                message.set(ValueLayout.JAVA_LONG, 24, 1);
            }
        }

        /** Sends all, and again what found no room. */
        void send() throws IOException {
            for (int from = 0; from < count; ) {
                int sent;
                try {
                    MemorySegment rest = messages.asSlice((long) from * MESSAGE_BYTES);
                    sent = (int) SEND_BATCH.invokeExact(state, descriptor, rest, count - from, 0);
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
                if (sent > 0) {
                    from += sent;
                    continue;
                }
                int errno = (int) ERRNO.get(state, 0L);
                if (errno != ENOBUFS && errno != EAGAIN) {
                    throw new IOException("sendmmsg failed with errno=" + errno);
                }
                LockSupport.parkNanos(100_000);
            }
        }
    }

    @Override
    public void close() {
        try {
            int ignored = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        arena.close();
    }
}
