package dev.diskcryptnet.agent;

import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.agent.config.AgentConfig.DiskConfig;
import dev.diskcryptnet.agent.config.AgentConfig.PortConfig;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.device.DiskRequest;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.device.PortRequest;
import dev.diskcryptnet.device.Preparation;
import dev.diskcryptnet.device.PreparedDisk;
import dev.diskcryptnet.device.Refusal;
import dev.diskcryptnet.device.RefusedException;
import dev.diskcryptnet.diskmap.Disk;
import dev.diskcryptnet.diskmap.OpenMode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes the devices of a configuration ready that are named by PCI address, so that all of them can be opened by URI. */
final class DevicePreparation {
    private DevicePreparation() {}

    /**
     * What the configuration came to.
     *
     * @param config in which every disk and port has a URI
     * @param unexaminedDisks URIs of disks into which the kernel could not look
     */
    record Prepared(AgentConfig config, Set<String> unexaminedDisks) {}

    /**
     * Makes them ready.
     *
     * @throws CommandException when a device is not ours to take, or does not do as it is asked
     */
    static Prepared prepare(AgentConfig config, HostChanges changes) {
        var preparation = new Preparation(changes, new KernelBlockDevices());
        refuseAll(config, preparation);
        Set<String> unexamined = new HashSet<>();
        List<DiskConfig> disks = new ArrayList<>();
        for (DiskConfig disk : config.disks()) {
            disks.add(disk.request() == null ? disk : prepared(preparation, disk, unexamined));
        }
        List<PortConfig> ports = new ArrayList<>();
        for (PortConfig port : config.ports()) {
            ports.add(port.request() == null ? port : prepared(preparation, port));
        }
        return new Prepared(config.with(disks, ports), unexamined);
    }

    /**
     * Makes one disk ready again that was taken out and is back, and opens it.
     *
     * @param disk as configured
     * @throws CommandException when it is not there, or not ours to take
     */
    static Disk reopen(DiskConfig disk, HostChanges changes) {
        DiskConfig prepared = disk.request() == null
                ? disk
                : prepared(new Preparation(changes, new KernelBlockDevices()), disk, new HashSet<>());
        DiskOptions.checkExist(List.of(prepared.uri()));
        return DiskOptions.open(prepared.uri(), OpenMode.READ_WRITE);
    }

    /** Everything that is in the way is named at once, before anything is changed. */
    private static void refuseAll(AgentConfig config, Preparation preparation) {
        List<CommandException> refused = new ArrayList<>();
        Stream.concat(
                        config.disks().stream()
                                .map(DiskConfig::request)
                                .filter(Objects::nonNull)
                                .map(request -> check(request.pciAddress(), () -> preparation.check(request))),
                        config.ports().stream()
                                .map(PortConfig::request)
                                .filter(Objects::nonNull)
                                .map(request -> check(request.physicalFunction(), () -> preparation.check(request))))
                .flatMap(Optional::stream)
                .forEach(refused::add);
        if (!refused.isEmpty()) {
            CommandException first = refused.getFirst();
            throw new CommandException(
                    first.exitCode(),
                    first.reason(),
                    first.device(),
                    refused.stream().map(Throwable::getMessage).collect(Collectors.joining("\n")),
                    first);
        }
    }

    private static Optional<CommandException> check(String pciAddress, Runnable check) {
        try {
            return explained(pciAddress, () -> {
                check.run();
                return Optional.empty();
            });
        } catch (CommandException e) {
            return Optional.of(e);
        }
    }

    private static DiskConfig prepared(Preparation preparation, DiskConfig disk, Set<String> unexamined) {
        DiskRequest request = disk.request();
        PreparedDisk prepared = explained(request.pciAddress(), () -> preparation.prepareDisk(request));
        if (!prepared.examined()) {
            unexamined.add(prepared.uri());
        }
        return disk.prepared(prepared.uri());
    }

    private static PortConfig prepared(Preparation preparation, PortConfig port) {
        PortRequest request = port.request();
        return port.prepared(explained(request.physicalFunction(), () -> preparation.preparePort(request))
                .interfaceName());
    }

    private static <T> T explained(String pciAddress, Supplier<T> preparation) {
        try {
            return preparation.get();
        } catch (RefusedException e) {
            Refusal.Rule.Kind kind = e.refusals().getFirst().rule().kind();
            throw new CommandException(
                    kind == Refusal.Rule.Kind.BUSY ? ExitCode.REFUSED : ExitCode.FAILED,
                    reason(kind),
                    pciAddress,
                    e.getMessage(),
                    e);
        } catch (HostException e) {
            throw new CommandException(ExitCode.FAILED, Reason.DeviceFailed, pciAddress, e.getMessage(), e);
        }
    }

    private static Reason reason(Refusal.Rule.Kind kind) {
        return switch (kind) {
            case MISSING -> Reason.DeviceMissing;
            case BUSY -> Reason.DeviceBusy;
            case UNFIT -> Reason.DeviceUnfit;
        };
    }
}
