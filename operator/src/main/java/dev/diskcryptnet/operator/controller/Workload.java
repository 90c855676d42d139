package dev.diskcryptnet.operator.controller;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.model.AdminSecret;
import dev.diskcryptnet.operator.model.AgentConfigMap;
import dev.diskcryptnet.operator.model.AgentService;
import dev.diskcryptnet.operator.model.AgentStatefulSet;
import dev.diskcryptnet.operator.model.Build;
import dev.diskcryptnet.operator.model.Declaration;
import dev.diskcryptnet.operator.model.Names;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The objects of a StreamingNode in the cluster: made, kept as they should be, and taken away. */
final class Workload {
    private final ClusterView view;
    private final Applier applier;
    private final Build build;
    private final SecureRandom random = new SecureRandom();

    Workload(ClusterView view, Applier applier, Build build) {
        this.view = view;
        this.applier = applier;
        this.build = build;
    }

    /** Makes all objects be as the spec of {@code node} says. The pod comes last: what it mounts is there by then. */
    void apply(StreamingNode node) {
        Declaration declared = Declaration.of(node);
        keep(AgentService.account(declared));
        keep(AgentConfigMap.of(node));
        keepToken(node);
        keep(AgentService.service(declared));
        keep(AgentStatefulSet.of(declared, build));
    }

    /** Begins to take the agent away: its pod drains and ends. Does nothing when that was begun already. */
    void remove(StreamingNode node) {
        statefulSet(node)
                .filter(present -> !present.isMarkedForDeletion())
                .ifPresent(present -> applier.delete(present, DeletionPropagation.FOREGROUND));
    }

    Optional<StatefulSet> statefulSet(StreamingNode node) {
        return view.owned(
                StatefulSet.class,
                node.getMetadata().getNamespace(),
                Names.agent(node.getMetadata().getName()));
    }

    /** Agents' pods that are not known to have ended. */
    List<Pod> agentPods(StreamingNode node) {
        return pods(node, Names.AGENT);
    }

    /** Pods of a kind, the one that stays before those that end, newest first. */
    List<Pod> pods(StreamingNode node, String component) {
        return view.pods(node.getMetadata().getNamespace(), node.getMetadata().getName()).stream()
                .filter(pod -> component.equals(pod.getMetadata().getLabels().get(Names.COMPONENT_LABEL)))
                .sorted(Comparator.comparing(Pod::isMarkedForDeletion)
                        .thenComparing(
                                pod -> String.valueOf(pod.getMetadata().getCreationTimestamp()),
                                Comparator.reverseOrder()))
                .toList();
    }

    @SuppressWarnings("unchecked")
    private <T extends HasMetadata> void keep(T desired) {
        T actual = view.owned(
                        (Class<T>) desired.getClass(),
                        desired.getMetadata().getNamespace(),
                        desired.getMetadata().getName())
                .orElse(null);
        T result = applier.apply(desired, actual);
        if (result != actual) {
            view.remember(result, actual);
        }
    }

    /** A token that exists is never made anew, not even when the cache has not heard of it yet. */
    private void keepToken(StreamingNode node) {
        String namespace = node.getMetadata().getNamespace();
        String name = Names.admin(node.getMetadata().getName());
        if (view.owned(Secret.class, namespace, name).isPresent()) {
            return;
        }
        try {
            view.remember(applier.create(AdminSecret.of(node, random)), null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HTTP_CONFLICT) {
                throw e;
            }
        }
    }
}
