/**
 * StreamingNodePools: as many StreamingNodes as asked for, one per machine.
 *
 * <p>{@link dev.diskcryptnet.operator.pool.PoolPlanner} has the rules and knows no client: {@code PoolView} in, {@code
 * PoolPlan} out. {@code PoolReconciler} reads the view, {@code PoolWorker} does the steps, {@code PoolStatuses} says
 * what was found. What must survive the operator is kept in the cluster: which machines were used, in the pool's
 * status; when a member was last changed, in an annotation of the member; which member belongs to which machine, in its
 * name.
 */
package dev.diskcryptnet.operator.pool;
