package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.diskmap.CountedDisk;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.DiskCounters;
import dev.diskcryptnet.diskmap.Disks;
import dev.diskcryptnet.diskmap.ForeignData;
import dev.diskcryptnet.diskmap.HotDisk;
import dev.diskcryptnet.diskmap.KernelDevice;
import dev.diskcryptnet.diskmap.OpenMode;
import dev.diskcryptnet.volume.FormatOptions;
import dev.diskcryptnet.volume.Volume;
import dev.diskcryptnet.volume.VolumeException;
import dev.diskcryptnet.volume.VolumeThread;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and opens volumes, and lets nobody's data be overwritten: what is on a disk, and who uses it, is looked at
 * before the disk is held, as our own hold would count as a use; the format looks at the disk's head again.
 */
final class VolumeSetup {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeSetup.class);

    private VolumeSetup() {}

    /**
     * A volume that is open for writing, and its disks.
     *
     * @param disks in the order in which {@code StoredObject.disk()} counts them
     * @param thread on which the volume is changed
     * @param counters of that thread
     */
    record Opened(List<HotDisk> disks, Volume volume, VolumeThread thread, CounterSet counters) {}

    /**
     * Makes a volume.
     *
     * @param overwriteOwn whether a volume of ours may be destroyed
     * @return its UUID
     * @throws CommandException when a disk holds foreign data, which is never overwritten
     */
    static UUID format(List<String> uris, boolean overwriteOwn) {
        DiskOptions.checkExist(uris);
        uris.stream().filter(uri -> !carriesVolume(uri)).forEach(VolumeSetup::refuseForeign);
        FormatOptions options = FormatOptions.DEFAULT;
        try (var held = new ReleaseStack()) {
            return Volume.format(
                    DiskOptions.open(uris, OpenMode.READ_WRITE, held),
                    overwriteOwn ? options.overwritingOwn() : options);
        }
    }

    /**
     * Opens a volume for writing; makes it first when {@code policy} allows that and none of the disks carries one.
     *
     * @param unexamined disks among them into which nobody could look for foreign data
     * @param opened takes the disks and the volume, to be closed with it
     */
    static Opened open(List<String> uris, FormatPolicy policy, Set<String> unexamined, ReleaseStack opened) {
        DiskOptions.checkExist(uris);
        boolean format = policy == FormatPolicy.IF_EMPTY && uris.stream().noneMatch(VolumeSetup::carriesVolume);
        if (format) {
            uris.stream().filter(unexamined::contains).forEach(VolumeSetup::refuseUnexamined);
            uris.forEach(VolumeSetup::refuseForeign);
        }
        List<HotDisk> hotDisks = DiskOptions.openHot(uris, opened);
        List<Disk> disks = List.copyOf(hotDisks);
        VolumeThread thread = opened.add("volume thread", new VolumeThread());
        if (format) {
            UUID uuid = Volume.format(disks, FormatOptions.DEFAULT);
            LOG.atInfo()
                    .addKeyValue("volume", uuid)
                    .addKeyValue("disks", disks.size())
                    .log("formatted");
        }
        var counters = new CounterSet(Map.of());
        List<Disk> counted = counted(disks, counters);
        Volume volume = thread.call(() -> Volume.open(counted, false));
        opened.add("volume", () -> thread.run(volume::close));
        return new Opened(hotDisks, volume, thread, counters);
    }

    /** In a label of its own beside the workers' numbers, as all series of a name have the same labels. */
    private static List<Disk> counted(List<Disk> disks, CounterSet counters) {
        CounterSet labelled = counters.with("worker", "volume");
        return disks.stream()
                .<Disk>map(disk -> new CountedDisk(
                        disk, new DiskCounters(labelled, disk.facts().id())))
                .toList();
    }

    /** Whether a disk carries something of ours, in whatever state. */
    static boolean carriesVolume(String uri) {
        try (Disk disk = Disks.open(uri, OpenMode.READ_ONLY);
                Volume volume = Volume.open(List.of(disk), true)) {
            return volume != null;
        } catch (VolumeException e) {
            return e.reason() != VolumeException.Reason.NOT_A_VOLUME;
        }
    }

    private static void refuseUnexamined(String uri) {
        throw new CommandException(
                ExitCode.REFUSED,
                Reason.DeviceBusy,
                uri,
                "disk=" + uri
                        + " was not the kernel's when the agent started, so nobody could look for foreign data on "
                        + "it, and it is not formatted; give it back to the kernel's driver (nvme) and start again, or "
                        + "format it by hand: dcn-agent volume format --disk " + uri,
                null);
    }

    private static void refuseForeign(String uri) {
        Path file = KernelDevice.of(uri).orElse(null);
        Optional<String> found = file == null ? Optional.empty() : ForeignData.describe(file);
        if (found.isPresent()) {
            throw new CommandException(
                    ExitCode.REFUSED,
                    Reason.DeviceBusy,
                    file.toString(),
                    found.get()
                            + "\n  It is never overwritten. If it is not needed, stop what uses it, wipe it (wipefs "
                            + "--all " + file + ", then zero its first MiB) and try again.",
                    null);
        }
    }
}
