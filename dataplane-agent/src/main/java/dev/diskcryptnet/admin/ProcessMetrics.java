package dev.diskcryptnet.admin;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What Prometheus's own clients show of a process, under their names, and Micrometer's binders do not. */
final class ProcessMetrics implements MeterBinder {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";
    private static final int KIBIBYTE = 1024;

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("process_resident_memory_bytes", ProcessMetrics::residentBytes)
                .description("Resident memory size in bytes.")
                .register(registry);
        FunctionCounter.builder("process_cpu_seconds", ProcessHandle.current(), ProcessMetrics::cpuSeconds)
                .description("User and system processor time in seconds.")
                .register(registry);
    }

    private static double residentBytes() {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(RESIDENT))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) * KIBIBYTE)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static double cpuSeconds(ProcessHandle process) {
        Duration time = process.info().totalCpuDuration().orElse(Duration.ZERO);
        return time.getSeconds() + time.getNano() * 1e-9;
    }
}
