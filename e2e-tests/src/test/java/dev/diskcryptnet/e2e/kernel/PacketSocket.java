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
