package dev.diskcryptnet.netmap;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Locale;

/**
 * How fast frames of 60 KiB leave one thread through a packet port, to a far side that reads nothing.
 *
 * <pre>   java ... dev.diskcryptnet.netmap.PortBenchmark URI MAC SECONDS [PAYLOAD_BYTES [FLOWS]]</pre>
 *
 * The far side's station address is MAC (hexadecimal digits). The frames belong to no connection.
 */
public final class PortBenchmark {
    private PortBenchmark() {}

    public static void main(String[] arguments) {
        long to = Long.parseLong(arguments[1].replace(":", ""), 16);
        long seconds = Long.parseLong(arguments[2]);
        int payloadBytes = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 60 * 1024;
        int flows = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 64;
        try (Port port = Ports.open(arguments[0]);
                PortQueue queue = port.openQueue(0, 1)) {
            System.out.println(port.facts() + " " + port.notes());
            fill(queue.data(), port.facts().macAddress(), to, flows, payloadBytes);
            run(queue, payloadBytes, seconds);
        }
    }

    /** Frames are written once: what is measured is sending, not making them. */
    private static void fill(TxRing ring, long from, long to, int flows, int payloadBytes) {
        for (int slot = 0; slot < ring.slotCount(); slot++) {
            TestFrames.fillLarge(ring, slot, from, to, 1024 + slot % flows, slot, payloadBytes);
        }
    }

    private static void run(PortQueue queue, int payloadBytes, long seconds) {
        TxRing ring = queue.data();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (long second = 0; second < seconds; second++) {
            long startNs = System.nanoTime();
            long startCpuNs = threads.getCurrentThreadCpuTime();
            long frames = 0;
            while (System.nanoTime() - startNs < 1_000_000_000L) {
                for (int i = 0; i < 16; i++) {
                    int slot = ring.take();
                    if (slot < 0) {
                        break;
                    }
                    TestFrames.sendLarge(ring, slot, payloadBytes);
                }
                frames += queue.flush();
            }
            double elapsed = (System.nanoTime() - startNs) * 1e-9;
            PortStatistics statistics = queue.statistics();
            System.out.printf(
                    Locale.ROOT,
                    "gbitPerSecond=%.1f cpuSecondsPerGB=%.4f frames=%d retries=%d refused=%d%n",
                    frames * (double) payloadBytes * 8e-9 / elapsed,
                    (threads.getCurrentThreadCpuTime() - startCpuNs) / (frames * (double) payloadBytes),
                    frames,
                    statistics.sendRetries(),
                    statistics.sendDroppedRefused());
        }
    }
}
