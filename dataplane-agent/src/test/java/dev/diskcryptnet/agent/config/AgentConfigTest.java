package dev.diskcryptnet.agent.config;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.diskcryptnet.agent.config.AgentConfig.ListenerConfig;
import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.CryptEnginePolicy;
import dev.diskcryptnet.crds.FormatPolicy;
import dev.diskcryptnet.crds.Limits;
import dev.diskcryptnet.crds.LogFormat;
import dev.diskcryptnet.crds.LogLevel;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.WorkersSpec;
import dev.diskcryptnet.device.DiskRequest;
import dev.diskcryptnet.device.PortRequest;
import dev.diskcryptnet.ip.IpConfig;
import dev.diskcryptnet.tcp.CongestionAlgorithm;
import dev.diskcryptnet.tcp.PrefixLimit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigTest {
    private static final String DISKS = "disks: [{path: /a.img}]\n";
    private static final String PORTS = "ports: [{interfaceName: eth1, addresses: [192.0.2.10/24]}]\n";
    private static final String LISTENERS = "listeners: [{port: 80}]\n";

    @Test
    void shouldNameTheDriverOfAPortInItsUri() {
        AgentConfig config = AgentConfig.parse("""
                disks: [{path: /a.img}]
                ports:
                - {interfaceName: eth1, driver: xdp, zeroCopy: Prefer, addresses: [192.0.2.10/24]}
                - {interfaceName: eth2, driver: netmap, addresses: [192.0.2.12/24]}
                - {interfaceName: "vale0:video", driver: netmap, mtu: 9000, addresses: [192.0.2.13/24]}
                - {physicalFunction: "0000:5e:00.0", driver: xdp, addresses: [192.0.2.11/24]}
                listeners: [{port: 80}]
                """, "node.yaml");

        assertEquals("xdp:eth1?zerocopy=prefer", config.ports().getFirst().uri());
        assertEquals("netmap:eth2", config.ports().get(1).uri());
        assertEquals("netmap:vale0:video?mtu=9000", config.ports().get(2).uri());
        assertEquals("xdp:ens2v0", config.ports().getLast().prepared("ens2v0").uri());
    }

    @Test
    void shouldFillInDefaultsOfSmallestSpec() {
        AgentConfig config = AgentConfig.parse(DISKS + PORTS + LISTENERS, "node.yaml");

        assertAll(
                () -> assertEquals(List.of(new AgentConfig.DiskConfig("uring:/a.img", null)), config.disks()),
                () -> assertEquals("packet:eth1", config.ports().getFirst().uri()),
                () -> assertEquals(0, config.ports().getFirst().mtu()),
                () -> assertEquals(List.of(), config.ports().getFirst().ip().gateways()),
                () -> assertEquals(
                        List.of(new ListenerConfig(80, List.of(), CongestionAlgorithm.CUBIC, true)),
                        config.listeners()),
                () -> assertEquals(PrefixLimit.NONE, config.prefixLimit()),
                () -> assertEquals(1, config.workers()),
                () -> assertEquals(0, config.bufferBytes()),
                () -> assertEquals(FormatPolicy.NEVER, config.format()),
                () -> assertEquals(Duration.ofSeconds(60), config.drainTimeout()),
                () -> assertEquals(LogLevel.INFO, config.logLevel()),
                () -> assertEquals(LogFormat.TEXT, config.logFormat()),
                () -> assertEquals(0, config.accessLogEvery()),
                () -> assertEquals(9464, config.adminPort()),
                () -> assertEquals("auto", config.cryptEngine()));
    }

    @Test
    void shouldTakeBothFamiliesOnOnePort() {
        AgentConfig config = AgentConfig.parse("""
                disks: [{path: /dev/nvme0n1}]
                ports:
                - interfaceName: eth1
                  addresses: [192.0.2.10/24, "2001:db8::10/64"]
                  gateways: [192.0.2.1, "fe80::1"]
                listeners: [{port: 80}]
                """, "node.yaml");
        assertEquals(
                IpConfig.parse(List.of("192.0.2.10/24", "2001:db8::10/64"), List.of("192.0.2.1", "fe80::1")),
                config.ports().getFirst().ip());
    }

    @Test
    void shouldReadEveryFieldOfWholeResource() {
        AgentConfig config = AgentConfig.parse("""
                apiVersion: diskcryptnet.dev/v1alpha1
                kind: StreamingNode
                metadata: {name: edge-01, namespace: streaming}
                spec:
                  nodeName: rack1-host7
                  disks:
                  - {path: /dev/nvme0n1, driver: uring}
                  - {path: /var/lib/demo.img}
                  ports:
                  - interfaceName: eth1
                    driver: packet
                    mtu: 1500
                    addresses: [192.0.2.10/24, 198.51.100.7/31]
                    gateways: [192.0.2.1]
                  listeners:
                  - {port: 80}
                  - {port: 443, tls: {secretName: edge-01-tls}, ecn: false}
                  - {port: 8443, tls: {secretName: a, additionalSecretNames: [b.example, c]}, congestionControl: bbr}
                  clients: {maxConnectionsPerPrefix: 500, ipv4PrefixLength: 32, ipv6PrefixLength: 64}
                  workers: {count: 4, dedicated: true, bufferMemory: 512Mi}
                  format: IfEmpty
                  drainTimeout: 1m30s
                  agent: {image: x, logLevel: debug, logFormat: json, accessLogEvery: 100, cryptEngine: ipsec-mb, adminPort: 19464, tolerations: [{key: a}], resources: {limits: {cpu: 4}}}
                """, "node.yaml");

        assertAll(
                () -> assertEquals(
                        "uring:/var/lib/demo.img", config.disks().get(1).uri()),
                () -> assertEquals(1500, config.ports().getFirst().mtu()),
                () -> assertEquals(
                        "198.51.100.7/31",
                        config.ports().getFirst().ip().addresses().get(1).toString()),
                () -> assertEquals(
                        "[192.0.2.1]", config.ports().getFirst().ip().gateways().toString()),
                () -> assertEquals(
                        List.of(
                                new ListenerConfig(80, List.of(), CongestionAlgorithm.CUBIC, true),
                                new ListenerConfig(443, List.of("edge-01-tls"), CongestionAlgorithm.CUBIC, false),
                                new ListenerConfig(
                                        8443, List.of("a", "b.example", "c"), CongestionAlgorithm.BBR, true)),
                        config.listeners()),
                () -> assertEquals(new PrefixLimit(500, 32, 64), config.prefixLimit()),
                () -> assertEquals(4, config.workers()),
                () -> assertTrue(config.dedicated()),
                () -> assertEquals(512L << 20, config.bufferBytes()),
                () -> assertEquals(FormatPolicy.IF_EMPTY, config.format()),
                () -> assertEquals(Duration.ofSeconds(90), config.drainTimeout()),
                () -> assertEquals(LogLevel.DEBUG, config.logLevel()),
                () -> assertEquals(LogFormat.JSON, config.logFormat()),
                () -> assertEquals(100, config.accessLogEvery()),
                () -> assertEquals(19464, config.adminPort()),
                () -> assertEquals("ipsec-mb", config.cryptEngine()));
    }

    @Test
    void shouldAskForDevicesByAddress() {
        AgentConfig config = AgentConfig.parse("""
                disks:
                - {pciAddress: "0000:3b:00.0"}
                - {pciAddress: "0000:3c:00.0", driver: passthru}
                - {path: /dev/nvme2n1}
                ports:
                - {physicalFunction: "0000:5e:00.0", macAddress: "02:00:00:00:00:0a", vlan: 100, mtu: 9000, addresses: [192.0.2.10/24]}
                - {physicalFunction: "0000:5e:00.0", virtualFunction: 3, addresses: [192.0.2.11/24]}
                - {physicalFunction: "0000:5f:00.0", addresses: [192.0.2.12/24]}
                listeners: [{port: 80}]
                """, "node.yaml");
        assertEquals(
                Arrays.asList(
                        new DiskRequest("0000:3b:00.0", DiskRequest.Driver.VFIO),
                        new DiskRequest("0000:3c:00.0", DiskRequest.Driver.PASSTHRU),
                        null),
                config.disks().stream().map(AgentConfig.DiskConfig::request).toList());
        assertEquals(
                List.of(
                        new PortRequest("0000:5e:00.0", 0, 4, "02:00:00:00:00:0a", 100, 9000),
                        new PortRequest("0000:5e:00.0", 3, 4, null, 0, 0),
                        new PortRequest("0000:5f:00.0", 0, 1, null, 0, 0)),
                config.ports().stream().map(AgentConfig.PortConfig::request).toList());
        assertEquals(
                "packet:ens2v0", config.ports().getFirst().prepared("ens2v0").uri());
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                   | disks is missing; write 1 to 16 entries
            disks: []                            | disks is empty; write 1 to 16 entries
            disks: [null]                        | disks[0] is empty; fill it in or remove it
            disks: [{}]                          | disks[0] must have exactly one of pciAddress and path
            disks: [{path: /a, pciAddress: "0000:3b:00.0"}] | disks[0] must have exactly one of pciAddress and path
            disks: [{pciAddress: "3b:00.0"}]     | disks[0].pciAddress '3b:00.0' is not a PCI address
            disks: [{pciAddress: "0000:3b:00.0", driver: uring}] | disks[0].driver=uring does not suit a disk given by pciAddress
            disks: [{path: a.img}]               | disks[0].path is 'a.img'; write an absolute path
            disks: [{path: /a, driver: vfio}]    | does not suit a disk given by path
            disks: [{path: /a, driver: passthru}] | does not suit a disk given by path
            disks: [{path: /a}, {path: /a}]      | disks has path /a twice
            disks: [{path: /b/../a}]             | disks[0].path is '/b/../a'; write it of letters
            disks: [1]                           | line 1: disks[0] must be a mapping
            disks: 5                             | line 1: disks must be a list
            disks: [{path: /a, driver: nvme}]    | line 1: disks[0].driver must be one of uring, passthru, vfio
            disks: [{pth: /a}]                   | line 1: disks[0].pth is not a known field; did you mean path?
            disk: []                             | line 1: disk is not a known field; did you mean disks?
            zzzzzzzzzz: 1                        | line 1: zzzzzzzzzz is not a known field; known here: agent, clients, disks
            ports: [{}]                          | ports[0] must have exactly one of physicalFunction and interfaceName
            ports: [{physicalFunction: "5e:00.0"}] | ports[0].physicalFunction '5e:00.0' is not a PCI address
            ports: [{interfaceName: a/b}]        | ports[0].interfaceName is 'a/b'
            ports: [{interfaceName: abcdefghijklmnop}] | ports[0].interfaceName is 'abcdefghijklmnop'
            ports: [{interfaceName: "vale12345:abcdef", driver: netmap}] | ports[0].interfaceName is 'vale12345:abcdef'
            ports: [{interfaceName: "vale0:video"}] | ports[0].interfaceName 'vale0:video' is a port of a VALE switch
            ports: [{interfaceName: e, zeroCopy: Prefer}] | ports[0].zeroCopy goes with driver xdp only
            ports: [{interfaceName: e, virtualFunction: 0}] | ports[0].virtualFunction goes with physicalFunction only
            ports: [{interfaceName: e, vlan: 5}] | ports[0].vlan goes with physicalFunction only
            ports: [{interfaceName: e, macAddress: "02:00:00:00:00:01"}] | ports[0].macAddress goes with physicalFunction
            ports: [{interfaceName: e, mtu: 1279}] | ports[0].mtu=1279 is out of range; write 1280 to 9216
            ports: [{interfaceName: e}]          | ports[0].addresses is missing
            ports: [{interfaceName: e, addresses: [10.0.0.1]}] | ports[0].addresses[0] '10.0.0.1' has no prefix length
            ports: [{interfaceName: e, addresses: [10.1/8]}] | ports[0].addresses[0] '10.1/8' is not an IP address
            ports: [{interfaceName: e, addresses: [10.0.0.256/8]}] | '10.0.0.256/8' is not an IP address
            ports: [{interfaceName: e, addresses: [localhost/8]}] | 'localhost/8' is not an IP address
            ports: [{interfaceName: e, addresses: [10.0.0.1/33]}] | has prefix length '33'; it must be 1 to 32
            ports: [{interfaceName: e, addresses: ["2001:db8::/64"]}] | '2001:db8::/64' is the network address of its subnet
            ports: [{interfaceName: e, addresses: ["::ffff:10.0.0.1/96"]}] | is an IPv4 address in IPv6 form
            ports: [{interfaceName: e, addresses: ["2001:db8::1%eth0/64"]}] | is not an IP address
            ports: [{interfaceName: e, addresses: ["2001:db8::1/64"], gateways: ["2001:db9::1"]}] | is in no subnet of the port's addresses
            ports: [{interfaceName: e, addresses: [10.0.0.1/8], gateways: ["fe80::1"]}] | is in no subnet of the port's addresses
            ports: [{interfaceName: e, addresses: [10.0.0.0/24]}] | is the network address of its subnet
            ports: [{interfaceName: e, addresses: [10.0.0.255/24]}] | is the broadcast address of its subnet
            ports: [{interfaceName: e, addresses: [224.0.0.1/24]}] | is not an address that a port can have
            ports: [{interfaceName: e, addresses: [127.0.0.1/8]}] | is not an address that a port can have
            ports: [{interfaceName: e, addresses: [10.0.0.1/8, 10.0.0.1/16]}] | ports has address 10.0.0.1 twice
            ports: [{interfaceName: e, addresses: [10.0.0.1/8]}, {interfaceName: e, addresses: [10.0.0.2/8]}] | ports has interfaceName e twice
            ports: [{interfaceName: e, addresses: [10.0.0.1/24], gateways: [10.0.1.1]}] | ports[0].gateways[0] '10.0.1.1' is in no subnet
            ports: [{interfaceName: e, addresses: [10.0.0.1/24], gateways: [10.0.0.1]}] | is the port's own address
            ports: [{interfaceName: e, addresses: [10.0.0.1/24], gateways: [10.0.0.2, 10.0.0.3]}] | ports[0].gateways has two routers for IPv4; keep one
            listeners: [{port: 0}]               | listeners[0].port=0 is out of range; write 1 to 65535
            listeners: [{port: 65536}]           | listeners[0].port=65536 is out of range; write 1 to 65535
            listeners: [{port: 80}, {port: 80}]  | listeners has port 80 twice
            listeners: [{}]                      | listeners[0].port is missing
            listeners: [{port: "80"}]            | line 1: listeners[0].port must be a whole number
            listeners: [{port: 80.5}]            | line 1: listeners[0].port must be a whole number
            listeners: [{port: 99999999999}]     | line 1: listeners[0].port cannot be read: Numeric value (99999999999) out of range of int
            listeners: [{port: 443, tls: {}}]    | listeners[0].tls.secretName is missing; write the name of the secret
            listeners: [{port: 443, tls: {secretName: ../x}}] | listeners[0].tls.secretName '../x' is not a secret's name
            listeners: [{port: 443, tls: {secretName: ..}}] | listeners[0].tls.secretName '..' is not a secret's name
            listeners: [{port: 443, tls: {secretName: a..b}}] | listeners[0].tls.secretName 'a..b' is not a secret's name
            listeners: [{port: 443, tls: {secretName: Edge}}] | 'Edge' is not a secret's name; write lower-case letters
            listeners: [{port: 443, tls: {secretName: ""}}] | listeners[0].tls.secretName '' is not a secret's name
            listeners: [{port: 443, tls: {secretName: a, additionalSecretNames: [b/c]}}] | listeners[0].tls.additionalSecretNames[0] 'b/c' is not
            listeners: [{port: 443, tls: {secretName: a, additionalSecretNames: [b, a]}}] | listeners[0].tls has secret a twice
            listeners: [{port: 443, tls: {secretName: a, additionalSecretNames: [a, null]}}] | listeners[0].tls.additionalSecretNames[1] is empty
            listeners: [{port: 443, tls: {secretName: a, additionalSecretNames: [b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b]}}] | has 32 entries; write at most 31
            listeners: [{port: 443, tls: {secret: a}}] | line 1: listeners[0].tls.secret is not a known field
            workers: {count: 0}                  | workers.count=0 is out of range; write 1 to 256
            workers: {count: 257}                | workers.count=257 is out of range
            workers: {dedicated: 1}              | line 1: workers.dedicated must be true or false
            workers: {bufferMemory: 1 GB}        | workers.bufferMemory '1 GB' is not a quantity of bytes
            workers: {bufferMemory: 1Mi}         | workers.bufferMemory=1Mi does not suit 1 workers; write 4.0 MiB to 1.0 GiB
            workers: {bufferMemory: 2Gi}         | workers.bufferMemory=2Gi does not suit
            workers: {bufferMemory: 9999999999Ti} | is more than 2^63 bytes
            format: Always                       | line 1: format must be one of Never, IfEmpty
            format: 1                            | line 1: format must be one of Never, IfEmpty
            drainTimeout: 60                     | drainTimeout '60' is not a duration
            drainTimeout: 61m                    | drainTimeout=61m is too long; write 0s to 1h
            agent: {logLevel: loud}              | line 1: agent.logLevel must be one of error, warn, info
            agent: {adminPort: 80}               | agent.adminPort=80 is out of range; write 1024 to 65535
            agent: {cryptEngine: aes}            | line 1: agent.cryptEngine must be one of auto, ipsec-mb, openssl
            agent: {logLevl: info}               | line 1: agent.logLevl is not a known field; did you mean logLevel?
            {kind: Pod, apiVersion: v1}          | kind is 'Pod'; it must be StreamingNode
            {kind: StreamingNode}                | apiVersion is missing; it must be diskcryptnet.dev/v1alpha1
            {kind: StreamingNode, apiVersion: diskcryptnet.dev/v1alpha1} | spec is missing
            {kind: StreamingNode, apiVersion: diskcryptnet.dev/v1alpha1, spec: {disks: []}} | spec.disks is empty
            {kind: StreamingNode, apiVersion: diskcryptnet.dev/v1alpha1, spec: {dsks: []}} | spec.dsks is not a known field; did you mean disks?
            {disks: [], disks: []}               | line 1: not valid YAML: Duplicate
            'disks: ['                           | it holds no fields
            `disks: [`                           | not valid YAML
            hello                                | it holds no fields
            """)
    void shouldNamePathAndRemedyWhenSpecIsWrong(String yaml, String expected) {
        ConfigException e = assertThrows(ConfigException.class, () -> AgentConfig.parse(yaml, "node.yaml"));

        assertTrue(
                e.problems().stream().anyMatch(problem -> problem.contains(expected)),
                () -> "expected a problem with '" + expected + "' in:\n" + String.join("\n", e.problems()));
    }

    @Test
    void shouldTellEveryProblemAtOnce() {
        ConfigException e = assertThrows(
                ConfigException.class,
                () -> AgentConfig.parse("disks: [{}]\nworkers: {count: 0}\ndrainTimeout: x\n", "node.yaml"));

        assertEquals(5, e.problems().size(), e::getMessage);
        assertTrue(e.getMessage().startsWith("config=node.yaml has 5 problems:"), e::getMessage);
    }

    @Test
    void shouldCountLinesWhenFieldIsUnknown() {
        ConfigException e = assertThrows(
                ConfigException.class, () -> AgentConfig.parse(DISKS + PORTS + "listners: []\n", "node.yaml"));

        assertTrue(e.getMessage().contains("line 3: listners"), e::getMessage);
    }

    @Test
    void shouldRefuseSecondDocument() {
        assertThrows(
                ConfigException.class, () -> AgentConfig.parse(DISKS + PORTS + LISTENERS + "---\na: b\n", "node.yaml"));
    }

    @Test
    void shouldNameFileThatDoesNotExist() {
        ConfigException e = assertThrows(ConfigException.class, () -> AgentConfig.load(Path.of("/nowhere/node.yaml")));

        assertEquals("config=/nowhere/node.yaml: the file does not exist", e.getMessage());
    }

    @Test
    void shouldUseTheDefaultsThatTheApiDocuments() throws ReflectiveOperationException {
        assertEquals(documentedDefault(WorkersSpec.class, "count"), String.valueOf(Limits.DEFAULT_WORKERS));
        assertEquals(documentedDefault(StreamingNodeSpec.class, "drainTimeout"), Limits.DEFAULT_DRAIN_TIMEOUT);
        assertEquals(
                documentedDefault(StreamingNodeSpec.class, "format"),
                SpecReader.names(FormatPolicy.class).getFirst());
        assertEquals(
                documentedDefault(AgentSpec.class, "cryptEngine"),
                SpecReader.names(CryptEnginePolicy.class).getFirst());
    }

    private static String documentedDefault(Class<?> type, String field) throws ReflectiveOperationException {
        return type.getField(field).getAnnotation(JsonProperty.class).defaultValue();
    }
}
