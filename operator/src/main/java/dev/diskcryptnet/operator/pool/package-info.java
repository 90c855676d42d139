/**
 * StreamingNodePools: keeps as many StreamingNodes as asked for on as many machines. {@link
 * dev.diskcryptnet.operator.pool.PoolPlanner} has the rules and knows no client.
 */
package dev.diskcryptnet.operator.pool;
