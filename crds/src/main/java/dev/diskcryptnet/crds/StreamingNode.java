package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.crd.generator.annotation.AdditionalSelectableField;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * Disks and network ports of one machine, pinned to an agent that streams from the former through the latter. Neither
 * {@code getSpec()} nor {@code getStatus()} is ever null on a resource that was read; their fields are null where
 * nothing was given.
 */
@JsonClassDescription(
        "Disks and network ports of one machine, given to an agent that streams video from the former through the latter. "
                + "Deleting it gives the devices back as they were.")
@ValidationRule(
        value = "self.metadata.name.size() <= " + Limits.MAX_NODE_NAME_LENGTH + " && self.metadata.name.matches('"
                + Patterns.SERVICE_NAME_OF_SUBDOMAIN + "')",
        message =
                "metadata.name must begin with a letter and be of at most " + Limits.MAX_NODE_NAME_LENGTH
                        + " lower-case letters, digits and -, as its Service and pods are named after it; write a shorter or simpler one")
@AdditionalSelectableField(jsonPath = ".spec.nodeName")
@AdditionalPrinterColumn(name = "Node", jsonPath = ".spec.nodeName", type = Type.STRING)
@AdditionalPrinterColumn(
        name = "Ready",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
        type = Type.STRING)
@AdditionalPrinterColumn(
        name = "Reason",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(name = "Addresses", jsonPath = ".status.addresses", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(name = "Gbit/s", jsonPath = ".status.transmitGbitPerSecond", type = Type.STRING)
@AdditionalPrinterColumn(name = "Connections", jsonPath = ".status.connections", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
@Group("diskcryptnet.dev")
@Version("v1alpha1")
@Kind(StreamingNodeSpec.KIND)
@Plural("streamingnodes")
@Singular("streamingnode")
@ShortNames("sn")
@Categories("diskcryptnet")
public class StreamingNode extends CustomResource<StreamingNodeSpec, StreamingNodeStatus>
        implements Namespaced, Unread.Carrier {
    private static final long serialVersionUID = 1L;

    private transient Unread unread;

    @Override
    public Unread unread() {
        return unread;
    }

    @Override
    public void unread(Unread part) {
        unread = part;
    }
}
