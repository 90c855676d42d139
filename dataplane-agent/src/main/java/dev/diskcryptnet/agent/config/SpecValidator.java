package dev.diskcryptnet.agent.config;

import dev.diskcryptnet.agent.config.AgentConfig.DiskConfig;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.agent.config.AgentConfig.PortConfig;
import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.ClientsSpec;
import dev.diskcryptnet.crds.CongestionControlPolicy;
import dev.diskcryptnet.crds.CryptEnginePolicy;
import dev.diskcryptnet.crds.DiskDriver;
import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.ListenerSpec;
import dev.diskcryptnet.crds.LogFormat;
import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.PortDriver;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.WorkersSpec;
import dev.diskcryptnet.crds.validation.ByteQuantity;
import dev.diskcryptnet.crds.validation.SpecDuration;
import dev.diskcryptnet.crds.validation.StreamingNodeRules;
import dev.diskcryptnet.device.DiskRequest;
import dev.diskcryptnet.device.PortRequest;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.ip.IpPrefix;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.PrefixLimit;
import dev.diskcryptnet.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Checks a spec and fills in its defaults: first the API's own rules, then what the API has and this version of the agent
 * has not. All problems are gathered, so that a person mends a file in one go.
 */
final class SpecValidator {
    private final String prefix;
    private final List<String> problems = new ArrayList<>();

    /** @param prefix what stands in front of a field's path in messages */
    SpecValidator(String prefix) {
        this.prefix = prefix;
    }

    AgentConfig validate(StreamingNodeSpec spec, String source) {
        problems.addAll(StreamingNodeRules.problems(spec, StreamingNodeRules.Use.BY_HAND, prefix));
        if (!problems.isEmpty()) {
            throw new ConfigException(source, problems);
        }
        WorkersSpec workers = Objects.requireNonNullElseGet(spec.workers, WorkersSpec::new);
        AgentSpec agent = Objects.requireNonNullElseGet(spec.agent, AgentSpec::new);
        return new AgentConfig(
                spec.disks.stream().map(SpecValidator::disk).toList(),
                spec.ports.stream().map(port -> port(port, spec.ports)).toList(),
                spec.listeners.stream().map(SpecValidator::listener).toList(),
                prefixLimit(Objects.requireNonNullElseGet(spec.clients, ClientsSpec::new)),
                Objects.requireNonNullElse(workers.count, Limits.DEFAULT_WORKERS),
                Boolean.TRUE.equals(workers.dedicated),
                bytes(workers.bufferMemory),
                bytes(workers.hugepages),
                Objects.requireNonNullElse(spec.format, FormatPolicy.NEVER),
                SpecDuration.parse(Objects.requireNonNullElse(spec.drainTimeout, Limits.DEFAULT_DRAIN_TIMEOUT)),
                Objects.requireNonNullElse(agent.logLevel, LogLevel.INFO),
                Objects.requireNonNullElse(agent.logFormat, LogFormat.TEXT),
                Objects.requireNonNullElse(agent.accessLogEvery, 0),
                Objects.requireNonNullElse(agent.adminPort, Limits.DEFAULT_ADMIN_PORT),
                lower(Objects.requireNonNullElse(agent.cryptEngine, CryptEnginePolicy.AUTO)));
    }

    private static long bytes(String quantity) {
        return quantity == null ? 0 : ByteQuantity.parse(quantity);
    }

    private static DiskConfig disk(DiskSpec disk) {
        if (disk.pciAddress != null) {
            boolean passthru = disk.driver == DiskDriver.PASSTHRU;
            return new DiskConfig(
                    null,
                    new DiskRequest(disk.pciAddress, passthru ? DiskRequest.Driver.PASSTHRU : DiskRequest.Driver.VFIO));
        }
        return new DiskConfig("uring:" + disk.path + (Boolean.FALSE.equals(disk.direct) ? "?direct=0" : ""), null);
    }

    private static PortConfig port(PortSpec port, List<PortSpec> all) {
        List<String> gateways = Objects.requireNonNullElse(port.gateways, List.of());
        UnaryOperator<String> driver = driver(port);
        return new PortConfig(
                port.interfaceName == null ? null : driver.apply(port.interfaceName),
                driver,
                port.physicalFunction == null ? null : request(port, all),
                Objects.requireNonNullElse(port.mtu, 0),
                new IpConfig(
                        port.addresses.stream().map(IpPrefix::parse).toList(),
                        gateways.stream().map(IpAddress::parse).toList()));
    }

    private static UnaryOperator<String> driver(PortSpec port) {
        String scheme = lower(Objects.requireNonNullElse(port.driver, PortDriver.PACKET));
        return interfaceName -> scheme + ":" + interfaceName + options(port);
    }

    /** An interface has an MTU; a port of a VALE switch is told. */
    private static String options(PortSpec port) {
        if (port.zeroCopy != null) {
            return "?zerocopy=" + lower(port.zeroCopy);
        }
        boolean onSwitch = port.interfaceName != null && port.interfaceName.contains(":");
        return onSwitch && port.mtu != null ? "?mtu=" + port.mtu : "";
    }

    private static PortRequest request(PortSpec port, List<PortSpec> all) {
        int highest = all.stream()
                .filter(other -> port.physicalFunction.equals(other.physicalFunction))
                .mapToInt(SpecValidator::virtualFunction)
                .max()
                .orElseThrow();
        return new PortRequest(
                port.physicalFunction,
                virtualFunction(port),
                highest + 1,
                port.macAddress,
                Objects.requireNonNullElse(port.vlan, 0),
                Objects.requireNonNullElse(port.mtu, 0));
    }

    private static int virtualFunction(PortSpec port) {
        return Objects.requireNonNullElse(port.virtualFunction, 0);
    }

    private static ListenerConfig listener(ListenerSpec listener) {
        CongestionAlgorithm congestionControl = congestionControl(listener.congestionControl);
        boolean ecn = Objects.requireNonNullElse(listener.ecn, true);
        if (listener.tls == null) {
            return new ListenerConfig(listener.port, List.of(), congestionControl, ecn);
        }
        List<String> additional = Objects.requireNonNullElse(listener.tls.additionalSecretNames, List.of());
        return new ListenerConfig(
                listener.port,
                Stream.concat(Stream.of(listener.tls.secretName), additional.stream())
                        .toList(),
                congestionControl,
                ecn);
    }

    private static PrefixLimit prefixLimit(ClientsSpec clients) {
        return new PrefixLimit(
                Objects.requireNonNullElse(clients.maxConnectionsPerPrefix, PrefixLimit.NONE.connections()),
                Objects.requireNonNullElse(clients.ipv4PrefixLength, Limits.DEFAULT_IPV4_PREFIX_LENGTH),
                Objects.requireNonNullElse(clients.ipv6PrefixLength, Limits.DEFAULT_IPV6_PREFIX_LENGTH));
    }

    private static CongestionAlgorithm congestionControl(CongestionControlPolicy policy) {
        return switch (Objects.requireNonNullElse(policy, CongestionControlPolicy.CUBIC)) {
            case CUBIC -> CongestionAlgorithm.CUBIC;
            case BBR -> CongestionAlgorithm.BBR;
        };
    }

    /** Runs a check on each item; what is missing the API's own rules have named. */
    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
