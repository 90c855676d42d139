/**
 * What a StreamingNode becomes: pure functions from the resource to the objects desired. Nothing here reads a cluster, a
 * clock or the environment, so that the same resource always gives the same objects.
 */
package dev.diskcryptnet.operator.model;
