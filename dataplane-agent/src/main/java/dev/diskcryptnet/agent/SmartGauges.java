package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.DiskHealth;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** What a disk's SMART log says, as gauges; those that it does not give are not there. */
final class SmartGauges {
    private static final int ZERO_CELSIUS_KELVIN = 273;

    private record Gauge(Counter counter, ToLongFunction<DiskHealth> value) {}

    private final List<Gauge> gauges = new ArrayList<>();

    /** @param first what the disk gives */
    SmartGauges(CounterSet counters, String disk, DiskHealth first) {
        if (first.temperatureKelvin() >= 0) {
            add(
                    counters.gauge("dcn_disk_temperature_celsius", "celsius", "Composite temperature.", "disk", disk),
                    health -> health.temperatureKelvin() - ZERO_CELSIUS_KELVIN);
        }
        if (first.mediaErrors() >= 0) {
            add(
                    counters.gauge(
                            "dcn_disk_media_errors", "", "Errors of the medium in the device's life.", "disk", disk),
                    DiskHealth::mediaErrors);
        }
        if (first.percentageUsed() >= 0) {
            add(
                    counters.percents(
                            "dcn_disk_used_ratio", "Of the device's life that is used; may be over 1.", "disk", disk),
                    DiskHealth::percentageUsed);
        }
        if (first.sparePercent() >= 0) {
            add(
                    counters.percents("dcn_disk_spare_ratio", "Spare capacity that is left.", "disk", disk),
                    DiskHealth::sparePercent);
        }
        if (first.criticalWarning() >= 0) {
            add(
                    counters.gauge(
                            "dcn_disk_critical_warning",
                            "",
                            "Bits: 1 spare low, 2 temperature, 4 reliability, 8 read only, 16 memory backup.",
                            "disk",
                            disk),
                    DiskHealth::criticalWarning);
        }
    }

    private void add(Counter counter, ToLongFunction<DiskHealth> value) {
        gauges.add(new Gauge(counter, value));
    }

    /** Figures that a device which does not answer cannot give stay as they were. */
    void show(DiskHealth health) {
        for (Gauge gauge : gauges) {
            if (health.state() == DiskHealth.State.OK) {
                gauge.counter().set(gauge.value().applyAsLong(health));
            }
        }
    }
}
