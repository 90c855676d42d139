package dev.diskcryptnet.e2e.onemachine.runner;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobSpec;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Jobs: pods until enough of them succeeded, more failed than may, or time is up. A failed pod is followed by another
 * after a pause that doubles. Not played: indexed completion, pod failure policies, suspension with active pods.
 */
final class Jobs implements Controller {
    private static final int DEFAULT_BACKOFF_LIMIT = 6;
    /** A cluster begins with 10 s; on one machine a person waits for it. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private static final int LONGEST_PAUSE_DOUBLINGS = 8;

    private final ClusterView view;
    private final ApiWriter writer;

    Jobs(ClusterView view, ApiWriter writer) {
        this.view = view;
        this.writer = writer;
    }

    @Override
    public void reconcile() {
        for (Job job : view.all(Job.class)) {
            if (!PodTemplates.isDeleting(job)) {
                reconcile(job, Instant.now());
            }
        }
    }

    private void reconcile(Job job, Instant now) {
        if (finished(job) != null) {
            deleteWhenExpired(job, now);
            return;
        }
        List<Pod> pods = view.podsOf(job);
        List<Pod> active =
                pods.stream().filter(pod -> !PodTemplates.hasEnded(pod)).toList();
        int succeeded = count(pods, "Succeeded");
        List<Pod> failures = pods.stream()
                .filter(pod -> PodTemplates.phase(pod).equals("Failed"))
                .toList();
        JobCondition end = end(job, now, succeeded, failures.size() + restarts(active));
        if (end != null) {
            active.stream()
                    .filter(pod -> !PodTemplates.isDeleting(pod))
                    .forEach(pod -> writer.delete(pod, DeletionPropagation.BACKGROUND));
        } else if (!Boolean.TRUE.equals(job.getSpec().getSuspend())) {
            startMissing(job, pods, active.size(), succeeded, failures, now);
        }
        int activeNow = end == null ? active.size() : 0;
        writer.updateStatus(job, present -> {
            JobStatus status = status(present, activeNow, succeeded, failures.size(), end, now);
            boolean differs = !status.equals(present.getStatus());
            present.setStatus(status);
            return differs;
        });
    }

    private static JobCondition finished(Job job) {
        return job.getStatus() == null
                ? null
                : job.getStatus().getConditions().stream()
                        .filter(condition -> List.of("Complete", "Failed").contains(condition.getType())
                                && condition.getStatus().equals("True"))
                        .findFirst()
                        .orElse(null);
    }

    private void deleteWhenExpired(Job job, Instant now) {
        Integer ttlSeconds = job.getSpec().getTtlSecondsAfterFinished();
        if (ttlSeconds != null
                && now.isAfter(
                        Instant.parse(finished(job).getLastTransitionTime()).plusSeconds(ttlSeconds))) {
            writer.delete(job, DeletionPropagation.BACKGROUND);
        }
    }

    private static int count(List<Pod> pods, String phase) {
        return (int) pods.stream()
                .filter(pod -> PodTemplates.phase(pod).equals(phase))
                .count();
    }

    /** With {@code restartPolicy: OnFailure} it is containers that fail, and their pod goes on. */
    private static int restarts(List<Pod> pods) {
        return pods.stream()
                .filter(pod -> pod.getStatus() != null)
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .mapToInt(container -> container.getRestartCount())
                .sum();
    }

    private static JobCondition end(Job job, Instant now, int succeeded, int failed) {
        JobSpec spec = job.getSpec();
        int limit = Objects.requireNonNullElse(spec.getBackoffLimit(), DEFAULT_BACKOFF_LIMIT);
        if (succeeded >= Objects.requireNonNullElse(spec.getCompletions(), 1)) {
            return condition("Complete", "CompletionsReached", "reached the wanted number of succeeded pods", now);
        }
        if (failed > limit) {
            return condition(
                    "Failed", "BackoffLimitExceeded", "more than backoffLimit=" + limit + " failures of its pods", now);
        }
        Long seconds = spec.getActiveDeadlineSeconds();
        String start = job.getStatus() == null ? null : job.getStatus().getStartTime();
        if (seconds != null && start != null && now.isAfter(Instant.parse(start).plusSeconds(seconds))) {
            return condition("Failed", "DeadlineExceeded", "longer active than activeDeadlineSeconds=" + seconds, now);
        }
        return null;
    }

    private static JobCondition condition(String type, String reason, String message, Instant now) {
        return new JobConditionBuilder()
                .withType(type)
                .withStatus("True")
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(Timestamps.of(now))
                .build();
    }

    private void startMissing(Job job, List<Pod> pods, int active, int succeeded, List<Pod> failures, Instant now) {
        JobSpec spec = job.getSpec();
        int left = Objects.requireNonNullElse(spec.getCompletions(), 1) - succeeded;
        int wanted = Math.min(left, Objects.requireNonNullElse(spec.getParallelism(), 1));
        if (active >= wanted || now.isBefore(mayStartAt(failures))) {
            return;
        }
        // Named by number: a late view then leads to a name that is taken, not to one pod too many.
        String name = job.getMetadata().getName() + "-" + pods.size();
        Map<String, String> labels = Map.of(
                "job-name", job.getMetadata().getName(),
                "batch.kubernetes.io/job-name", job.getMetadata().getName(),
                "controller-uid", job.getMetadata().getUid(),
                "batch.kubernetes.io/controller-uid", job.getMetadata().getUid());
        writer.create(PodTemplates.pod(job, spec.getTemplate(), name, labels));
    }

    private static Instant mayStartAt(List<Pod> failures) {
        if (failures.isEmpty()) {
            return Instant.MIN;
        }
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures.size() - 1, LONGEST_PAUSE_DOUBLINGS));
        return failures.stream()
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .filter(container -> container.getState().getTerminated() != null)
                .map(container ->
                        Instant.parse(container.getState().getTerminated().getFinishedAt()))
                .max(Instant::compareTo)
                .orElse(Instant.MIN)
                .plus(pause);
    }

    private static JobStatus status(Job job, int active, int succeeded, int failed, JobCondition end, Instant now) {
        JobStatus before = job.getStatus();
        String start = before == null || before.getStartTime() == null ? Timestamps.of(now) : before.getStartTime();
        List<JobCondition> conditions = new ArrayList<>();
        if (end != null) {
            // A server takes the end of a job only from who has announced it.
            String announced = end.getType().equals("Complete") ? "SuccessCriteriaMet" : "FailureTarget";
            conditions.add(condition(announced, end.getReason(), end.getMessage(), now));
            conditions.add(end);
        }
        return new JobStatusBuilder()
                .withStartTime(start)
                .withActive(orNull(active))
                // Pods that were deleted meanwhile still count.
                .withSucceeded(orNull(Math.max(succeeded, before == null ? 0 : count(before.getSucceeded()))))
                .withFailed(orNull(Math.max(failed, before == null ? 0 : count(before.getFailed()))))
                .withCompletionTime(
                        end != null && end.getType().equals("Complete") ? end.getLastTransitionTime() : null)
                .withConditions(conditions)
                .build();
    }

    private static int count(Integer given) {
        return given == null ? 0 : given;
    }

    private static Integer orNull(int count) {
        return count == 0 ? null : count;
    }
}
