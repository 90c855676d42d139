package dev.diskcryptnet.netmap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A process that sends through a port until it is killed. */
final class PortHolder {
    private PortHolder() {}

    /** Starts it and waits until it has begun to send. */
    static Process start(String uri) throws IOException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "-Ddcn.library=" + System.getProperty("dcn.library"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        PortHolder.class.getName(),
                        uri))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.getInputStream().read() < 0) {
            throw new IllegalStateException("uri=" + uri + ": the process ended by itself");
        }
        return process;
    }

    public static void main(String[] arguments) {
        try (Port port = Ports.open(arguments[0])) {
            port.serve(List.of(new byte[] {10, 0, 0, 1}));
            PortQueue queue = port.openQueue(0, 1);
            for (int i = 0; ; i++) {
                int slot = queue.data().take();
                if (slot >= 0) {
                    TestFrames.fillLarge(queue.data(), slot, 1, 2, 1000, i, 60_000);
                    TestFrames.sendLarge(queue.data(), slot, 60_000);
                }
                queue.flush();
                if (i == 100) {
                    System.out.print("sending");
                    System.out.flush();
                }
            }
        }
    }
}
