package dev.diskcryptnet.agent;

import dev.diskcryptnet.agent.config.AgentConfig;
import dev.diskcryptnet.agent.config.AgentConfig.PortConfig;
import dev.diskcryptnet.atlas.AtlasConfig.AtlasPort;
import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.device.HostChanges;
import dev.diskcryptnet.device.HostException;
import dev.diskcryptnet.device.LinkAttribute;
import dev.diskcryptnet.ffi.NativeException;
import dev.diskcryptnet.netmap.FaultPort;
import dev.diskcryptnet.netmap.FaultSpec;
import dev.diskcryptnet.netmap.PcapPort;
import dev.diskcryptnet.netmap.Port;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.netmap.Ports;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the ports of a configuration, with the recorder and the fault injector around them that were asked for. */
final class PortSetup {
    private static final Logger LOG = LoggerFactory.getLogger(PortSetup.class);

    /**
     * Longest frame where the kernel copies frames: room for a response of 300 KiB with its records. Longer ones gain little
     * and keep other connections waiting; a device that reads the frames itself gets what it is set to.
     */
    static final int COPIED_FRAME_BYTES = 384 * 1024 - 1;

    /** Frames are no longer than lets the memory hold so many. */
    private static final int MIN_LONG_SLOTS = 16;

    private static final int PAGE_BYTES = 4096;

    private final AgentConfig config;
    private final BufferPlan buffers;
    private final ServeOptions options;
    private final HostChanges changes;
    private final Function<String, Port> driver;
    private final List<CounterSet> faultCounters = new ArrayList<>();

    /** @param changes through which interfaces are set */
    PortSetup(AgentConfig config, ServeOptions options, HostChanges changes) {
        this(config, options, changes, Ports::open);
    }

    /** @param driver opens a port by its URI */
    PortSetup(AgentConfig config, ServeOptions options, HostChanges changes, Function<String, Port> driver) {
        this.config = config;
        this.buffers = BufferPlan.of(config);
        this.options = options;
        this.changes = changes;
        this.driver = driver;
        if (options.fault != null) {
            for (int worker = 0; worker < config.workers(); worker++) {
                faultCounters.add(new CounterSet(Map.of("worker", Integer.toString(worker))));
            }
        }
    }

    /** Opens all ports; each goes onto {@code opened} as soon as it is open. */
    List<AtlasPort> open(ReleaseStack opened) {
        List<AtlasPort> ports = new ArrayList<>();
        for (PortConfig port : config.ports()) {
            ports.add(new AtlasPort(open(port, opened), port.ip()));
        }
        return List.copyOf(ports);
    }

    /** Counters of what the fault injector did; empty without one. */
    List<CounterSet> counterSets() {
        return List.copyOf(faultCounters);
    }

    private Port open(PortConfig config, ReleaseStack opened) {
        Port port = opened.add("port " + config.uri(), driven(config));
        check(port, config);
        if (port.facts().transmitMode().equals("copy") && lengthenFrames(port.facts())) {
            port.close();
            port = opened.add("port " + config.uri(), driven(config));
        }
        for (String note : port.notes()) {
            LOG.atWarn()
                    .addKeyValue("port", port.facts().interfaceName())
                    .addKeyValue("note", note)
                    .log("port-note");
        }
        config.ip().groups(port.facts().macAddress()).forEach(port::join);
        return wrapped(port, opened);
    }

    private Port driven(PortConfig config) {
        try {
            return driver.apply(buffers.appliedTo(config.uri()));
        } catch (NativeException e) {
            String name = config.uri().replaceFirst("^[^:]*:", "").replaceFirst("[?].*$", "");
            throw new CommandException(ExitCode.FAILED, DeviceReason.of(e), name, e.getMessage(), e);
        }
    }

    /** Sets the interface to longer frames than it takes now; false when it is not to be done or cannot be. */
    private boolean lengthenFrames(PortFacts facts) {
        int wanted = (int) Math.min(Math.min(facts.frameLimitBytes(), COPIED_FRAME_BYTES), frameThatMemoryAllows());
        if (facts.maxFrameBytes() >= wanted) {
            return false;
        }
        try {
            // A frame is to be shorter than that, not as long.
            var attribute = LinkAttribute.Name.GSO_IPV4_MAX_SIZE;
            changes.apply(LinkAttribute.to(
                    wanted + 1L,
                    attribute,
                    facts.interfaceName(),
                    changes.host().links()));
            return true;
        } catch (HostException e) {
            LOG.atWarn()
                    .addKeyValue("port", facts.interfaceName())
                    .addKeyValue("maxFrameBytes", facts.maxFrameBytes())
                    .addKeyValue("reason", e.getMessage())
                    .addKeyValue("hint", "sending costs more")
                    .log("short-frames");
            return false;
        }
    }

    private static void check(Port port, PortConfig config) {
        int mtu = port.facts().mtu();
        String name = port.facts().interfaceName();
        if (!port.conflicts().isEmpty()) {
            throw new CommandException(
                    ExitCode.REFUSED, Reason.DeviceFailed, name, String.join("\n", port.conflicts()), null);
        }
        if (config.mtu() != 0 && config.mtu() != mtu) {
            throw new CommandException(
                    ExitCode.USAGE,
                    Reason.SpecInvalid,
                    name,
                    "port=" + name + " is set to mtu=" + mtu + " but the configuration says mtu=" + config.mtu()
                            + "; run: ip link set " + name + " mtu " + config.mtu() + ", or leave mtu out",
                    null);
        }
    }

    private Port wrapped(Port opened, ReleaseStack stack) {
        Port port = opened;
        String name = port.facts().interfaceName();
        if (options.pcap != null) {
            Path file = config.ports().size() == 1
                    ? options.pcap
                    : options.pcap.resolveSibling(options.pcap.getFileName() + "." + name);
            LOG.atWarn()
                    .addKeyValue("port", name)
                    .addKeyValue("file", file)
                    .addKeyValue("hint", "this is slow")
                    .log("recording");
            port = stack.add(
                    "recorder of " + name, new PcapPort(port, file, PcapPort.wallClock(), error -> LOG.atError()
                            .addKeyValue("port", name)
                            .addKeyValue("error", error)
                            .log("recording-failed")));
        }
        if (options.fault != null) {
            LOG.atWarn()
                    .addKeyValue("port", name)
                    .addKeyValue("spec", options.fault)
                    .addKeyValue("hint", "frames are spoiled on purpose")
                    .log("faults");
            port = new FaultPort(port, FaultSpec.parse(options.fault), System::nanoTime, faultCounters::get);
        }
        return port;
    }

    /** A slot has a page in front of the frame, and the frame may end within one. */
    private long frameThatMemoryAllows() {
        return buffers.slotBytes() == 0 ? Long.MAX_VALUE : buffers.slotBytes() / MIN_LONG_SLOTS - 2 * PAGE_BYTES;
    }
}
