package dev.diskcryptnet.operator.pool;

import dev.diskcryptnet.crds.TolerationSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that a plan is made from, read at one moment.
 *
 * @param pool         name of the pool
 * @param replicas     members wanted
 * @param nodeSelector labels that a machine must carry to take a new member
 * @param tolerations  taints that the template's pods tolerate
 * @param claims       what a member claims of its machine
 * @param maxUnavailable how many members a roll may have out of service
 * @param limits       times that the planner goes by
 * @param usedMachines machines that have or had a member of the pool, the preferred first
 * @param members      the pool's members, those being deleted too
 * @param machines     all nodes of the cluster
 * @param occupants    all other StreamingNodes that can be seen
 * @param now          the present
 */
record PoolView(
        String pool,
        int replicas,
        Map<String, String> nodeSelector,
        List<TolerationSpec> tolerations,
        Set<String> claims,
        MaxUnavailable maxUnavailable,
        Limits limits,
        List<String> usedMachines,
        List<Member> members,
        List<Machine> machines,
        List<Occupant> occupants,
        Instant now) {

    /**
     * Times that the planner goes by.
     *
     * @param progressDeadline how long a member that was made or changed may take to become ready
     * @param machineGoneGrace how long a machine may have no Node, its member being not ready, before it is given up
     */
    record Limits(Duration progressDeadline, Duration machineGoneGrace) {}
}
