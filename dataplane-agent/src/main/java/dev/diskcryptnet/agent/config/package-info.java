/** The agent's configuration: the {@code spec} of a StreamingNode, read strictly and checked before anything is touched. */
package dev.diskcryptnet.agent.config;
