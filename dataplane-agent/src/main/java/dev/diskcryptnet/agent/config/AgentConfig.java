package dev.diskcryptnet.agent.config;

import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.LogFormat;
import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.device.DiskRequest;
import dev.diskcryptnet.device.PortRequest;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.PrefixLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What the agent was told to do, checked and with every default filled in.
 *
 * @param disks disks of the volume, 1 to 16
 * @param ports network ports, 1 to 8
 * @param listeners TCP ports, 1 to 16
 * @param prefixLimit what one network of clients may have of each worker and port
 * @param workers loops, 1 to 256
 * @param dedicated whether the processors belong to the workers alone, so that they may spin
 * @param bufferBytes memory for bytes in flight of all workers and ports together, 0 for what the drivers choose
 * @param hugePageBytes huge pages for those bytes, and what records are sealed from; 0 for ordinary pages
 * @param format whether empty disks are formatted
 * @param drainTimeout how long running responses may go on after a stop was asked for
 * @param logLevel least severe events that are logged
 * @param logFormat how events are written to the log
 * @param accessLogEvery one of how many responses is written to the access log; 0 for none
 * @param adminPort where health, metrics and status are served, on the loopback interface, when the command line does
 *     not say
 * @param cryptEngine what seals TLS records: {@code auto}, {@code ipsec-mb} or {@code openssl}
 */
public record AgentConfig(
        List<DiskConfig> disks,
        List<PortConfig> ports,
        List<ListenerConfig> listeners,
        PrefixLimit prefixLimit,
        int workers,
        boolean dedicated,
        long bufferBytes,
        long hugePageBytes,
        FormatPolicy format,
        Duration drainTimeout,
        LogLevel logLevel,
        LogFormat logFormat,
        int accessLogEvery,
        int adminPort,
        String cryptEngine) {

    /**
     * One disk.
     *
     * @param uri driver and device, for example {@code uring:/dev/nvme0n1}; null until the device is prepared
     * @param request for a device to be prepared; null for one that is opened as it is
     */
    public record DiskConfig(String uri, DiskRequest request) {
        /** The same, prepared. */
        public DiskConfig prepared(String openUri) {
            return new DiskConfig(openUri, request);
        }
    }

    /**
     * One network port.
     *
     * @param uri driver and interface, for example {@code packet:eth1}; null until the device is prepared
     * @param driver makes the URI of an interface's name
     * @param request for a virtual function to be prepared; null for an interface that is opened as it is
     * @param mtu what the interface must be set to, largest IP packet in bytes; 0 for whatever it is set to
     * @param ip addresses, 1 to 16, and routers
     */
    public record PortConfig(String uri, UnaryOperator<String> driver, PortRequest request, int mtu, IpConfig ip) {
        /** The same, prepared. */
        public PortConfig prepared(String interfaceName) {
            return new PortConfig(driver.apply(interfaceName), driver, request, mtu, ip);
        }
    }

    /** The same with other disks and ports. */
    public AgentConfig with(List<DiskConfig> otherDisks, List<PortConfig> otherPorts) {
        return new AgentConfig(
                otherDisks,
                otherPorts,
                listeners,
                prefixLimit,
                workers,
                dedicated,
                bufferBytes,
                hugePageBytes,
                format,
                drainTimeout,
                logLevel,
                logFormat,
                accessLogEvery,
                adminPort,
                cryptEngine);
    }

    /**
     * One TCP port.
     *
     * @param port 1 to 65535
     * @param secretNames names of the directories with certificate and key, the default one first; empty for plain HTTP
     * @param congestionControl of its connections
     * @param ecn whether clients that ask for ECN get it
     */
    public record ListenerConfig(
            int port, List<String> secretNames, CongestionAlgorithm congestionControl, boolean ecn) {
        /** Whether it serves HTTPS. */
        public boolean isTls() {
            return !secretNames.isEmpty();
        }
    }

    /**
     * Reads and checks a file: the {@code spec} of a StreamingNode, or a whole StreamingNode document.
     *
     * @throws ConfigException naming every problem found
     */
    public static AgentConfig load(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (NoSuchFileException e) {
            throw new ConfigException(file.toString(), List.of("the file does not exist"));
        } catch (IOException e) {
            throw new ConfigException(file.toString(), List.of("the file cannot be read: " + e));
        }
    }

    /**
     * Reads and checks a document.
     *
     * @param yaml the document's text
     * @param source its name, for messages
     * @throws ConfigException naming every problem found
     */
    public static AgentConfig parse(String yaml, String source) {
        SpecReader.Document document = SpecReader.read(yaml, source);
        StreamingNodeSpec spec = document.spec();
        return new SpecValidator(document.pathPrefix()).validate(spec, source);
    }
}
