package dev.diskcryptnet.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.crd.generator.annotation.SchemaSwap;
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

/** A number of alike streaming nodes, one per machine, on machines that a selector chooses. */
@JsonClassDescription(
        "A number of alike StreamingNodes, one per machine, on machines that a selector chooses. A machine that was used "
                + "before is preferred, and none is moved without need.")
@ValidationRule(
        value = "self.metadata.name.size() <= " + Limits.MAX_POOL_NAME_LENGTH + " && self.metadata.name.matches('"
                + Patterns.SERVICE_NAME_OF_SUBDOMAIN + "')",
        message =
                "metadata.name must begin with a letter and be of at most " + Limits.MAX_POOL_NAME_LENGTH
                        + " lower-case letters, digits and -, as its StreamingNodes are named after it; write a shorter or simpler one")
@SchemaSwap(originalType = StreamingNodeSpec.class, fieldName = "nodeName", targetType = void.class)
@AdditionalPrinterColumn(name = "Desired", jsonPath = ".spec.replicas", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Current", jsonPath = ".status.replicas", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Ready", jsonPath = ".status.readyReplicas", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Updated", jsonPath = ".status.updatedReplicas", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Message", jsonPath = ".status.message", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
@Group("diskcryptnet.dev")
@Version("v1alpha1")
@Kind(StreamingNodePoolSpec.KIND)
@Plural("streamingnodepools")
@Singular("streamingnodepool")
@ShortNames("snp")
@Categories("diskcryptnet")
public class StreamingNodePool extends CustomResource<StreamingNodePoolSpec, StreamingNodePoolStatus>
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
