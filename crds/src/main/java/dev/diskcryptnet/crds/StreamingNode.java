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

/**
 * Disks and network ports of one machine, pinned to an agent that streams from the former through the latter. Neither
 * {@code getSpec()} nor {@code getStatus()} is ever null on a resource that was read; their fields are null where
 * nothing was given.
 */
@Group("diskcryptnet.dev")
@Version("v1alpha1")
@Kind(StreamingNodeSpec.KIND)
@Plural("streamingnodes")
@Singular("streamingnode")
@ShortNames("sn")
@Categories("diskcryptnet")
public class StreamingNode extends CustomResource<StreamingNodeSpec, StreamingNodeStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
