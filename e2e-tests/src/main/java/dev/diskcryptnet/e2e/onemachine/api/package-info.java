/** API servers that run on one machine, and how to talk to them. */
package dev.diskcryptnet.e2e.onemachine.api;
