package dev.diskcryptnet.crds;

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
@Group("diskcryptnet.dev")
@Version("v1alpha1")
@Kind(StreamingNodePoolSpec.KIND)
@Plural("streamingnodepools")
@Singular("streamingnodepool")
@ShortNames("snp")
@Categories("diskcryptnet")
public class StreamingNodePool extends CustomResource<StreamingNodePoolSpec, StreamingNodePoolStatus>
        implements Namespaced {
    private static final long serialVersionUID = 1L;
}
