package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** Pods of templates, and what tells one state of a template from another. */
final class PodTemplates {
    private PodTemplates() {}

    /** A pod of its controller. */
    static Pod pod(HasMetadata controller, PodTemplateSpec template, String name, Map<String, String> labels) {
        var templateMetadata = template.getMetadata();
        Map<String, String> allLabels = new HashMap<>();
        Map<String, String> annotations = new HashMap<>();
        if (templateMetadata != null) {
            allLabels.putAll(templateMetadata.getLabels());
            annotations.putAll(templateMetadata.getAnnotations());
        }
        allLabels.putAll(labels);
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(controller.getMetadata().getNamespace())
                .withLabels(allLabels)
                .withAnnotations(annotations)
                .withOwnerReferences(controllerReference(controller))
                .endMetadata()
                .withSpec(Serialization.clone(template.getSpec()))
                .build();
    }

    private static OwnerReference controllerReference(HasMetadata controller) {
        return new OwnerReferenceBuilder()
                .withApiVersion(controller.getApiVersion())
                .withKind(controller.getKind())
                .withName(controller.getMetadata().getName())
                .withUid(controller.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    /** Ten characters that differ whenever the template does. */
    static String revision(PodTemplateSpec template) {
        var sum = new CRC32C();
        sum.update(Serialization.asJson(template).getBytes(StandardCharsets.UTF_8));
        return "%010d".formatted(sum.getValue());
    }

    static boolean isReady(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True"));
    }

    static boolean isDeleting(HasMetadata resource) {
        return resource.getMetadata().getDeletionTimestamp() != null;
    }

    static String phase(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getPhase() == null
                ? "Pending"
                : pod.getStatus().getPhase();
    }

    static boolean hasEnded(Pod pod) {
        String phase = phase(pod);
        return phase.equals("Succeeded") || phase.equals("Failed");
    }
}
