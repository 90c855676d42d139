/** The Quarkus operator that reconciles StreamingNode resources. */
package dev.diskcryptnet.operator;
