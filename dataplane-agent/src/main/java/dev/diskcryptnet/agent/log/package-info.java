/** How events are written down: one a line, as text or JSON, with their repetitions counted. */
package dev.diskcryptnet.agent.log;
