package dev.diskcryptnet.operator.model;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;

/** Puts the machine's devices back as its journal says they were, once the agent is gone. */
public final class ReleaseJob {
    /** Tries by Kubernetes itself, for example when the container could not start. */
    private static final int RETRIES = 1;

    private static final long DEADLINE_SECONDS = 600;

    /** How a Job stands. */
    public enum Outcome {
        /** Not over. */
        RUNNING,
        /** All is as it was. */
        SUCCEEDED,
        /** Something is not. */
        FAILED
    }

    private ReleaseJob() {}

    /** The Job of {@code declared}. */
    public static Job of(Declaration declared, Build build) {
        var node = declared.node();
        return new JobBuilder()
                .withMetadata(Names.meta(node, Names.release(node.getMetadata().getName()), Names.RELEASE))
                .withNewSpec()
                .withBackoffLimit(RETRIES)
                .withActiveDeadlineSeconds(DEADLINE_SECONDS)
                .withTemplate(AgentPod.releasing(declared, build))
                .endSpec()
                .build();
    }

    /** How {@code job} stands: what the cluster observed of it, never what it was told to do. */
    public static Outcome outcome(Job job) {
        JobStatus status = job.getStatus();
        if (status == null) {
            return Outcome.RUNNING;
        }
        if (holds(status, "Failed")) {
            return Outcome.FAILED;
        }
        return holds(status, "Complete") ? Outcome.SUCCEEDED : Outcome.RUNNING;
    }

    private static boolean holds(JobStatus status, String type) {
        for (JobCondition condition : status.getConditions()) {
            if (condition.getType().equals(type) && "True".equals(condition.getStatus())) {
                return true;
            }
        }
        return false;
    }
}
