package dev.diskcryptnet.e2e.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * Attaches a network interface to a VALE switch of the netmap module, as {@code valectl -a} does. A network namespace has
 * switches of its own, so this is a program that is run in one.
 */
final class SwitchAttachment {
    private static final int READ_WRITE = 2;
    private static final long NETMAP_CONTROL = 0xc0586997L;
    private static final short NETMAP_API = 14;
    private static final short VALE_ATTACH = 3;
    /** All rings of the device, none of the host's. */
    private static final int MODE_DEVICE = 1;
    /** netmap_abi.h has the layouts; the body of this request is a registration and eight bytes more. */
    private static final int REQUEST_BYTES = 88;

    private static final int REQUEST_NAME = 8;
    private static final int REQUEST_BODY = 80;
    private static final int BODY_BYTES = 64;
    private static final int BODY_MODE = 36;

    private SwitchAttachment() {}

    /**
     * @param bed its agent's host is where the switch is made
     * @param name {@code valeSWITCH:INTERFACE}
     */
    static void make(TestBed bed, String name) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        String classes = System.getProperty("java.class.path");
        bed.inServer(
                java, "--enable-native-access=ALL-UNNAMED", "-cp", classes, SwitchAttachment.class.getName(), name);
    }

    public static void main(String[] arguments) throws Throwable {
        Linker linker = Linker.nativeLinker();
        var open = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        var control = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(2));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment body = arena.allocate(BODY_BYTES, Long.BYTES);
            body.set(ValueLayout.JAVA_INT, BODY_MODE, MODE_DEVICE);
            MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);
            request.set(ValueLayout.JAVA_SHORT, 0, NETMAP_API);
            request.set(ValueLayout.JAVA_SHORT, Short.BYTES, VALE_ATTACH);
            request.setString(REQUEST_NAME, arguments[0]);
            request.set(ValueLayout.ADDRESS, REQUEST_BODY, body);
            int device = (int) open.invokeExact(arena.allocateFrom("/dev/netmap"), READ_WRITE);
            if (device < 0 || (int) control.invokeExact(device, NETMAP_CONTROL, request) != 0) {
                throw new IllegalStateException("cannot attach " + arguments[0] + ", device=" + device);
            }
        }
    }
}
