/** The agent's front door: commands, their exit codes and messages, and the life of a serving process. */
package dev.diskcryptnet.agent;
