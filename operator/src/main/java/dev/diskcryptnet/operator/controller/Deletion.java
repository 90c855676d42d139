package dev.diskcryptnet.operator.controller;

import dev.diskcryptnet.crds.Reason;
import dev.diskcryptnet.crds.StreamingNode;
import dev.diskcryptnet.operator.dependent.Applier;
import dev.diskcryptnet.operator.model.Build;
import dev.diskcryptnet.operator.model.Declaration;
import dev.diskcryptnet.operator.model.DeviceClaims;
import dev.diskcryptnet.operator.model.Names;
import dev.diskcryptnet.operator.model.ReleaseJob;
import dev.diskcryptnet.operator.status.EventRecorder;
import dev.diskcryptnet.operator.status.Finding;
import dev.diskcryptnet.operator.status.PodTrouble;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The way out of a StreamingNode, each step begun only when the one before it is seen to be over: StatefulSet and pod gone
 * (the pod drains first), devices given back by a Job on that machine, finalizer off. Where it stands is read from the
 * cluster each time, so that an operator that was killed goes on where it was.
 */
final class Deletion {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    /** Before a release that failed is tried again. */
    static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    private final ClusterView view;
    private final Workload workload;
    private final Applier applier;
    private final EventRecorder events;
    private final Build build;
    private final Clock clock;

    Deletion(ClusterView view, Workload workload, Applier applier, EventRecorder events, Build build, Clock clock) {
        this.view = view;
        this.workload = workload;
        this.applier = applier;
        this.events = events;
        this.build = build;
        this.clock = clock;
    }

    /** Goes as far as it can. Done means that the finalizer may come off. */
    Outcome advance(StreamingNode node) {
        workload.remove(node);
        String machine = node.getSpec().nodeName;
        if (machine == null || view.machine(machine).isEmpty()) {
            events.record(
                    node,
                    EventRecorder.Type.Warning,
                    Reason.NodeUnknown.name(),
                    "node " + machine + " is not in the cluster: neither its agent's end nor the release of "
                            + devices(node) + " was waited for");
            return Outcome.DONE;
        }
        if (isForced(node)) {
            events.record(
                    node,
                    EventRecorder.Type.Warning,
                    "ForceDeleted",
                    "annotation " + Names.FORCE_DELETE + ": neither the drain of the agent on node " + machine
                            + " was waited for, nor were given back and verified " + devices(node)
                            + "; the journal on that node is " + Names.stateDirectory(node) + "/devices.json, and "
                            + "dcn-agent release reads it");
            return Outcome.DONE;
        }
        return workload.statefulSet(node).isPresent()
                        || !workload.agentPods(node).isEmpty()
                ? draining(node)
                : release(node);
    }

    private Outcome draining(StreamingNode node) {
        String what = workload.agentPods(node).stream()
                .findFirst()
                .map(pod -> "pod " + pod.getMetadata().getName())
                .orElse("StatefulSet " + Names.agent(node.getMetadata().getName()));
        return new Outcome(
                new Finding(
                        Reason.Draining,
                        what + " finishes its running responses and ends, then the devices are given back; if node "
                                + node.getSpec().nodeName + " is lost for good, delete that node, or "
                                + howToForce(node)),
                LOOK_AGAIN);
    }

    private Outcome release(StreamingNode node) {
        String namespace = node.getMetadata().getNamespace();
        String name = Names.release(node.getMetadata().getName());
        Optional<Job> present = view.owned(Job.class, namespace, name);
        if (present.isEmpty()) {
            view.remember(applier.create(ReleaseJob.of(Declaration.forRelease(node), build)), null);
            return releasing(node);
        }
        Job job = present.get();
        if (!Names.owns(node, job)) {
            // Of an earlier StreamingNode of this name: what it says is not about these devices.
            return again(node, job);
        }
        if (job.isMarkedForDeletion()) {
            return releasing(node);
        }
        return switch (ReleaseJob.outcome(job)) {
            case RUNNING -> releasing(node);
            case SUCCEEDED -> Outcome.DONE;
            case FAILED -> failed(node, job);
        };
    }

    private Outcome again(StreamingNode node, Job job) {
        if (!job.isMarkedForDeletion()) {
            applier.delete(job, DeletionPropagation.BACKGROUND);
        }
        return releasing(node);
    }

    private Outcome releasing(StreamingNode node) {
        Finding trouble = workload.pods(node, Names.RELEASE).stream()
                .findFirst()
                .flatMap(PodTrouble::of)
                .filter(finding -> finding.reason() == Reason.ImageMissing || finding.reason() == Reason.Unschedulable)
                .map(finding -> new Finding(
                        finding.reason(),
                        "the devices are not given back yet: " + finding.message() + "; " + howToForce(node)))
                .orElseGet(() -> new Finding(
                        Reason.Releasing,
                        "Job " + Names.release(node.getMetadata().getName()) + " gives back " + devices(node)
                                + " on node " + node.getSpec().nodeName));
        return new Outcome(trouble, LOOK_AGAIN);
    }

    /** A release that failed is tried again and again: what held a device may let go of it. */
    private Outcome failed(StreamingNode node, Job job) {
        List<Pod> pods = workload.pods(node, Names.RELEASE);
        String why = pods.stream()
                .map(PodTrouble::lastWords)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse("see the log of Job " + job.getMetadata().getName());
        var finding = new Finding(
                Reason.ReleaseFailed,
                devices(node) + " on node " + node.getSpec().nodeName + " could not be given back as before: " + why
                        + "; it is tried again; mend it there, or " + howToForce(node));
        Duration left = Duration.between(clock.instant(), failedAt(job).plus(RETRY_AFTER));
        if (left.isPositive()) {
            return new Outcome(finding, left.plusMillis(1));
        }
        applier.delete(job, DeletionPropagation.BACKGROUND);
        return new Outcome(finding, LOOK_AGAIN);
    }

    private Instant failedAt(Job job) {
        return job.getStatus().getConditions().stream()
                .filter(condition -> "Failed".equals(condition.getType()))
                .map(condition -> condition.getLastTransitionTime())
                .filter(time -> time != null && !time.isEmpty())
                .map(Instant::parse)
                .findFirst()
                .orElse(Instant.EPOCH);
    }

    private static boolean isForced(StreamingNode node) {
        return "true".equals(node.getMetadata().getAnnotations().get(Names.FORCE_DELETE));
    }

    private static String howToForce(StreamingNode node) {
        return "give the devices up with: kubectl -n " + node.getMetadata().getNamespace() + " annotate sn "
                + node.getMetadata().getName() + " " + Names.FORCE_DELETE + "=true";
    }

    private static String devices(StreamingNode node) {
        return DeviceClaims.of(node.getSpec()).stream()
                .map(DeviceClaims.Claim::device)
                .filter(device -> !device.startsWith("adminPort="))
                .collect(Collectors.joining(", "));
    }
}
