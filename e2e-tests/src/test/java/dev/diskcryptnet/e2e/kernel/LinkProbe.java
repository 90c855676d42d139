package dev.diskcryptnet.e2e.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A program that prints what the kernel says of an interface's gso_ipv4_max_size (rtnetlink(7)), which Debian 12's ip
 * command does not. Nothing of the agent is in it. Argument: the interface's name.
 */
public final class LinkProbe {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final short RTM_GETLINK = 18;
    private static final short RTM_NEWLINK = 16;
    private static final short NLM_F_REQUEST = 1;
    private static final short IFLA_IFNAME = 3;
    private static final short IFLA_GSO_IPV4_MAX_SIZE = 63;
    private static final int HEADER_BYTES = 16;
    private static final int LINK_BYTES = 16;
    private static final int ANSWER_BYTES = 32768;

    private static final Linker LINKER = Linker.nativeLinker();

    private LinkProbe() {}

    /** Asks an interface on the agent's host. */
    static long gsoIpv4MaxSize(TestBed bed, String interfaceName) {
        return Long.parseLong(bed.inServer(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        Path.of("target/test-classes").toAbsolutePath().toString(),
                        LinkProbe.class.getName(),
                        interfaceName)
                .strip());
    }

    /** Prints the number. */
    public static void main(String[] arguments) throws Throwable {
        ByteBuffer answer = ask(request(arguments[0]));
        if (answer.getShort(4) != RTM_NEWLINK) {
            throw new IllegalStateException("the kernel does not know interface=" + arguments[0]);
        }
        int end = answer.getInt(0);
        for (int at = HEADER_BYTES + LINK_BYTES; at < end; at += answer.getShort(at) + 3 & ~3) {
            if (answer.getShort(at + 2) == IFLA_GSO_IPV4_MAX_SIZE) {
                System.out.println(Integer.toUnsignedLong(answer.getInt(at + 4)));
            }
        }
    }

    /** nlmsghdr: length@0 type@4 flags@6; ifinfomsg, all zero; rtattr: length@0 type@2 data@4. */
    private static ByteBuffer request(String interfaceName) {
        byte[] name = (interfaceName + "\0").getBytes(StandardCharsets.US_ASCII);
        int attribute = HEADER_BYTES + LINK_BYTES;
        ByteBuffer request =
                ByteBuffer.allocate(attribute + (4 + name.length + 3 & ~3)).order(ByteOrder.nativeOrder());
        request.putInt(0, request.capacity()).putShort(4, RTM_GETLINK).putShort(6, NLM_F_REQUEST);
        request.putShort(attribute, (short) (4 + name.length)).putShort(attribute + 2, IFLA_IFNAME);
        request.put(attribute + 4, name);
        return request;
    }

    private static ByteBuffer ask(ByteBuffer request) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = (int) function(
                            "socket",
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT)
                    .invokeExact(AF_NETLINK, SOCK_RAW, 0);
            MemorySegment sent = arena.allocateFrom(ValueLayout.JAVA_BYTE, request.array());
            MemorySegment received = arena.allocate(ANSWER_BYTES, 8);
            long written = (long) transfer("write").invokeExact(descriptor, sent, sent.byteSize());
            long read = (long) transfer("read").invokeExact(descriptor, received, received.byteSize());
            if (written != sent.byteSize() || read < HEADER_BYTES) {
                throw new IllegalStateException("written=" + written + " read=" + read);
            }
            return ByteBuffer.wrap(received.toArray(ValueLayout.JAVA_BYTE)).order(ByteOrder.nativeOrder());
        }
    }

    private static MethodHandle transfer(String name) {
        return function(name, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().find(name).orElseThrow(), FunctionDescriptor.of(result, arguments));
    }
}
