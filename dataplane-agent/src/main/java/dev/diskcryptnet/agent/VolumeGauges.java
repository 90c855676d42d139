package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.Counter;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.volume.VolumeInfo;
import dev.diskcryptnet.volume.VolumeInfo.MemberInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** What the volume is, as gauges: one series a disk. */
final class VolumeGauges {
    private record Gauge(Counter counter, int member, ToLongFunction<MemberInfo> value) {}

    private final List<Gauge> gauges = new ArrayList<>();
    private final Counter warnings;

    /** @param first what there is; members neither come nor go while a volume is open */
    VolumeGauges(CounterSet counters, VolumeInfo first) {
        warnings = counters.gauge(
                "dcn_volume_warnings", "", "What is wrong with the volume: damage, missing members; see the status.");
        for (int i = 0; i < first.members().size(); i++) {
            CounterSet disk = counters.with("disk", first.members().get(i).diskId());
            add(disk.gauge("dcn_volume_objects", "", "Objects."), i, MemberInfo::objects);
            add(
                    disk.gauge("dcn_volume_capacity_bytes", "bytes", "Space for objects and catalogue."),
                    i,
                    MemberInfo::capacityBytes);
            add(disk.gauge("dcn_volume_free_bytes", "bytes", "Space that is free."), i, MemberInfo::freeBytes);
            add(
                    disk.gauge("dcn_volume_journal_bytes", "bytes", "Size of the catalogue's journal."),
                    i,
                    MemberInfo::journalBytes);
            add(
                    disk.gauge(
                            "dcn_volume_journal_used_bytes",
                            "bytes",
                            "Of the journal; when it is full it is folded into a new checkpoint."),
                    i,
                    MemberInfo::journalUsedBytes);
            add(
                    disk.gauge("dcn_volume_read_only", "", "1 when the disk takes no writes; the status says why."),
                    i,
                    member -> member.readOnlyReason() == null ? 0 : 1);
        }
        show(first);
    }

    private void add(Counter counter, int member, ToLongFunction<MemberInfo> value) {
        gauges.add(new Gauge(counter, member, value));
    }

    /** @param info null when it is not known now: the figures stay as they were */
    void show(VolumeInfo info) {
        if (info == null) {
            return;
        }
        warnings.set(info.warnings().size());
        for (Gauge gauge : gauges) {
            gauge.counter().set(gauge.value().applyAsLong(info.members().get(gauge.member())));
        }
    }
}
