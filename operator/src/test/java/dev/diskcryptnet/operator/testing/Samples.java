package dev.diskcryptnet.operator.testing;

import dev.diskcryptnet.crds.AgentSpec;
import dev.diskcryptnet.crds.DiskSpec;
import dev.diskcryptnet.crds.ListenerSpec;
import dev.diskcryptnet.crds.PortSpec;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.crds.StreamingNodeSpec;
import dev.diskcryptnet.crds.TlsSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.ArrayList;
import java.util.List;

/** StreamingNodes to test with. */
public final class Samples {
    private Samples() {}

    /** A valid one that claims {@code disk-NAME}, {@code eth-NAME} and an admin port on {@code machine}. */
    public static StreamingNode node(String name, String machine, int adminPort) {
        var node = new StreamingNode();
        node.setMetadata(new ObjectMetaBuilder()
                .withNamespace(TestCluster.NAMESPACE)
                .withName(name)
                .build());
        node.setSpec(spec(name, machine, adminPort));
        return node;
    }

    private static StreamingNodeSpec spec(String name, String machine, int adminPort) {
        var spec = new StreamingNodeSpec();
        spec.nodeName = machine;
        var disk = new DiskSpec();
        disk.path = "/var/lib/videos/" + name + ".img";
        spec.disks = new ArrayList<>(List.of(disk));
        var port = new PortSpec();
        port.interfaceName = name.length() > 11 ? name.substring(name.length() - 11) : "eth" + name;
        port.addresses = List.of("192.0.2.10/24");
        spec.ports = new ArrayList<>(List.of(port));
        var listener = new ListenerSpec();
        listener.port = 80;
        spec.listeners = new ArrayList<>(List.of(listener));
        spec.agent = new AgentSpec();
        spec.agent.adminPort = adminPort;
        return spec;
    }

    /** Adds a TLS listener that wants {@code secretName}. */
    public static StreamingNode withTls(StreamingNode node, String secretName) {
        var listener = new ListenerSpec();
        listener.port = 443;
        listener.tls = new TlsSpec();
        listener.tls.secretName = secretName;
        node.getSpec().listeners.add(listener);
        return node;
    }
}
