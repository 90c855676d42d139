package dev.diskcryptnet.operator.model;

/**
 * What every agent's pod takes from the operator rather than from its spec.
 *
 * @param agentImage for specs that name none
 * @param seccompProfile file on the machines, relative to the kubelet's seccomp directory; null when there is none
 */
public record Build(String agentImage, String seccompProfile) {}
