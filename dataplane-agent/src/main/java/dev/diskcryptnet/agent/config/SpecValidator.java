package dev.diskcryptnet.agent.config;

import dev.diskcryptnet.agent.config.AgentConfig.DiskConfig;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.agent.config.AgentConfig.PortConfig;
import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.CryptEnginePolicy;
import dev.diskcryptnet.crds.DiskDriver;
import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.ListenerSpec;
import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.PortDriver;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.TlsSpec;
import dev.diskcryptnet.crds.WorkersSpec;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.ip.IpPrefix;
import dev.diskcryptnet.wire.IpAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Checks a spec and fills in its defaults. All problems are gathered, so that a person mends a file in one go; what a
 * broken part becomes does not matter, as nothing is returned when there is a problem.
 */
final class SpecValidator {
    static final int DEFAULT_WORKERS = 1;
    static final String DEFAULT_DRAIN_TIMEOUT = "60s";

    private static final int MAX_DISKS = 16;
    private static final int MAX_PORTS = 8;
    private static final int MAX_LISTENERS = 16;
    private static final int MAX_ADDRESSES = 16;
    private static final int MAX_ADDITIONAL_SECRETS = 31;
    private static final int MAX_SECRET_NAME_LENGTH = 253;
    private static final int MAX_WORKERS = 256;
    /** RFC 8200 5: what every IPv6 link carries. */
    private static final int MIN_MTU = 1280;

    private static final int MAX_MTU = 9216;
    private static final long MIN_WORKER_BUFFER_BYTES = 4L << 20;
    private static final long MAX_WORKER_BUFFER_BYTES = 1L << 30;
    private static final Duration MAX_DRAIN_TIMEOUT = Duration.ofHours(1);
    private static final String NOT_YET = " is not supported by this version of the agent; ";

    private final String prefix;
    private final List<String> problems = new ArrayList<>();

    /** @param prefix what stands in front of a field's path in messages */
    SpecValidator(String prefix) {
        this.prefix = prefix;
    }

    AgentConfig validate(StreamingNodeSpec spec, String source) {
        List<DiskConfig> disks = each("disks", spec.disks, MAX_DISKS, this::disk);
        List<PortConfig> ports = each("ports", spec.ports, MAX_PORTS, this::port);
        List<ListenerConfig> listeners = each("listeners", spec.listeners, MAX_LISTENERS, this::listener);
        checkDistinct("disks", disks, DiskConfig::uri);
        checkDistinct("ports", ports, PortConfig::uri);
        checkDistinct("listeners", listeners, listener -> "port " + listener.port());
        checkAddressesDistinct(ports);

        WorkersSpec workers = spec.workers == null ? new WorkersSpec() : spec.workers;
        int count = range("workers.count", workers.count, DEFAULT_WORKERS, 1, MAX_WORKERS);
        long bufferBytes = bufferBytes(workers, count);
        if (workers.hugepages != null) {
            problem("workers.hugepages", NOT_YET + "leave it out, the buffers then use ordinary pages");
        }
        Duration drainTimeout = drainTimeout(spec);
        AgentSpec agent = spec.agent == null ? new AgentSpec() : spec.agent;
        if (!problems.isEmpty()) {
            throw new ConfigException(source, problems);
        }
        return new AgentConfig(
                disks,
                ports,
                listeners,
                count,
                Boolean.TRUE.equals(workers.dedicated),
                bufferBytes,
                Objects.requireNonNullElse(spec.format, FormatPolicy.NEVER),
                drainTimeout,
                Objects.requireNonNullElse(agent.logLevel, LogLevel.INFO),
                lower(Objects.requireNonNullElse(agent.cryptEngine, CryptEnginePolicy.AUTO)));
    }

    private DiskConfig disk(String path, DiskSpec disk) {
        if ((disk.pciAddress == null) == (disk.path == null)) {
            problem(path, " must have exactly one of pciAddress and path");
        } else if (disk.pciAddress != null) {
            problem(path + ".pciAddress", NOT_YET + "give the disk's block device as path, for example /dev/nvme0n1");
        } else if (!disk.path.startsWith("/")) {
            problem(path + ".path", " is '" + disk.path + "'; write an absolute path");
        }
        if (disk.driver != null && disk.driver != DiskDriver.URING) {
            problem(path + ".driver", "=" + lower(disk.driver) + NOT_YET + "use driver: uring with a path");
        }
        return disk.path == null
                ? null
                : new DiskConfig("uring:" + Path.of(disk.path).normalize()
                        + (Boolean.FALSE.equals(disk.direct) ? "?direct=0" : ""));
    }

    private PortConfig port(String path, PortSpec port) {
        if ((port.physicalFunction == null) == (port.interfaceName == null)) {
            problem(path, " must have exactly one of physicalFunction and interfaceName");
        } else if (port.physicalFunction != null) {
            problem(path + ".physicalFunction", NOT_YET + "give the network interface as interfaceName");
        } else if (!port.interfaceName.matches("[^\\s/:]{1,15}") || port.interfaceName.matches("\\.\\.?")) {
            problem(path + ".interfaceName", " is '" + port.interfaceName + "'; write a name as ip link shows it");
        }
        if (port.driver != null && port.driver != PortDriver.PACKET) {
            problem(path + ".driver", "=" + lower(port.driver) + NOT_YET + "use driver: packet with an interfaceName");
        }
        if (port.interfaceName != null) {
            onlyForVirtualFunctions(path + ".virtualFunction", port.virtualFunction, "leave it out");
            onlyForVirtualFunctions(
                    path + ".macAddress", port.macAddress, "use ip link set " + port.interfaceName + " address");
            onlyForVirtualFunctions(path + ".vlan", port.vlan, "name an interface of type vlan instead");
        }
        int mtu = port.mtu == null ? 0 : range(path + ".mtu", port.mtu, 0, MIN_MTU, MAX_MTU);
        List<IpPrefix> addresses = each(
                path + ".addresses",
                port.addresses,
                MAX_ADDRESSES,
                (field, text) -> parsed(field, text, PortAddress::parse));
        List<IpAddress> gateways = port.gateways == null || port.gateways.isEmpty()
                ? List.of()
                : each(path + ".gateways", port.gateways, 1, (field, text) -> gateway(field, text, addresses));
        return port.interfaceName == null || addresses.isEmpty()
                ? null
                : new PortConfig("packet:" + port.interfaceName, mtu, new IpConfig(addresses, gateways));
    }

    private IpAddress gateway(String path, String text, List<IpPrefix> addresses) {
        IpAddress gateway = parsed(path, text, PortAddress::parseRouter);
        if (gateway == null || addresses.isEmpty()) {
            return gateway;
        }
        if (addresses.stream().anyMatch(own -> own.address().equals(gateway))) {
            problem(path, " '" + text + "' is the port's own address; write the router's");
        } else if (addresses.stream().noneMatch(own -> PortAddress.isOnLink(own, gateway))) {
            problem(path, " '" + text + "' is in no subnet of the port's addresses; write a router on the same link");
        }
        return gateway;
    }

    private ListenerConfig listener(String path, ListenerSpec listener) {
        List<String> secretNames = listener.tls == null ? List.of() : secretNames(path + ".tls", listener.tls);
        if (listener.port == null) {
            problem(path + ".port", " is missing; write a TCP port, 1 to 65535");
            return null;
        }
        int port = range(path + ".port", listener.port, 0, 1, 65535);
        return port == 0 ? null : new ListenerConfig(port, secretNames);
    }

    private List<String> secretNames(String path, TlsSpec tls) {
        List<String> names = new ArrayList<>();
        if (tls.secretName == null) {
            problem(path + ".secretName", " is missing; write the name of the secret with tls.crt and tls.key");
        } else {
            names.add(secretName(path + ".secretName", tls.secretName));
        }
        if (tls.additionalSecretNames != null && !tls.additionalSecretNames.isEmpty()) {
            String field = path + ".additionalSecretNames";
            names.addAll(each(field, tls.additionalSecretNames, MAX_ADDITIONAL_SECRETS, this::secretName));
        }
        checkDistinct(path, names, name -> "secret " + name);
        return List.copyOf(names);
    }

    /** A DNS subdomain (RFC 1123 2.1), as names of Secrets are; it is a directory's name here, so nothing else will do. */
    private String secretName(String path, String name) {
        if (name.length() > MAX_SECRET_NAME_LENGTH
                || !name.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*")) {
            problem(
                    path,
                    " '" + name + "' is not a secret's name; write lower-case letters, digits, - and ., at most "
                            + MAX_SECRET_NAME_LENGTH);
        }
        return name;
    }

    private long bufferBytes(WorkersSpec workers, int count) {
        String text = workers.bufferMemory;
        if (text == null) {
            return 0;
        }
        Long bytes = parsed("workers.bufferMemory", text, ByteQuantity::parse);
        if (bytes == null) {
            return 0;
        }
        if (bytes / count < MIN_WORKER_BUFFER_BYTES || bytes / count > MAX_WORKER_BUFFER_BYTES) {
            String bounds = ByteQuantity.format(count * MIN_WORKER_BUFFER_BYTES) + " to "
                    + ByteQuantity.format(count * MAX_WORKER_BUFFER_BYTES);
            problem("workers.bufferMemory", "=" + text + " does not suit " + count + " workers; write " + bounds);
        }
        return bytes;
    }

    private Duration drainTimeout(StreamingNodeSpec spec) {
        String text = spec.drainTimeout == null ? DEFAULT_DRAIN_TIMEOUT : spec.drainTimeout;
        Duration timeout = parsed("drainTimeout", text, SpecDuration::parse);
        if (timeout != null && timeout.compareTo(MAX_DRAIN_TIMEOUT) > 0) {
            problem("drainTimeout", "=" + text + " is too long; write 0s to 1h");
        }
        return timeout;
    }

    private void onlyForVirtualFunctions(String path, Object value, String remedy) {
        if (value != null) {
            problem(path, " goes with physicalFunction only; " + remedy);
        }
    }

    /** Checks a list's length and each item; items that could not be understood are left out. */
    private <S, T> List<T> each(String path, List<S> items, int most, BiFunction<String, S, T> check) {
        if (items == null || items.isEmpty()) {
            problem(path, " is " + (items == null ? "missing" : "empty") + "; write 1 to " + most + " entries");
            return List.of();
        }
        if (items.size() > most) {
            problem(path, " has " + items.size() + " entries; write at most " + most);
        }
        List<T> checked = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            String itemPath = path + "[" + i + "]";
            if (items.get(i) == null) {
                problem(itemPath, " is empty; fill it in or remove it");
                continue;
            }
            T item = check.apply(itemPath, items.get(i));
            if (item != null) {
                checked.add(item);
            }
        }
        return List.copyOf(checked);
    }

    private void checkAddressesDistinct(List<PortConfig> ports) {
        List<IpAddress> all = ports.stream()
                .flatMap(port -> port.ip().addresses().stream())
                .map(IpPrefix::address)
                .toList();
        checkDistinct("ports", all, address -> "address " + address);
    }

    private <T> void checkDistinct(String path, List<T> items, Function<T, String> name) {
        Set<String> seen = new HashSet<>();
        items.stream()
                .map(name)
                .filter(item -> !seen.add(item))
                .distinct()
                .forEach(twice -> problem(path, " has " + twice + " twice; give it once"));
    }

    private int range(String path, Integer value, int fallback, int least, int most) {
        if (value == null) {
            return fallback;
        }
        if (value < least || value > most) {
            problem(path, "=" + value + " is out of range; write " + least + " to " + most);
            return fallback;
        }
        return value;
    }

    private <T> T parsed(String path, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            problem(path, " '" + text + "' " + e.getMessage());
            return null;
        }
    }

    private void problem(String path, String what) {
        problems.add(prefix + path + what);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
