package dev.diskcryptnet.operator.status;

import dev.diskcryptnet.crds.Reason;

/**
 * Why a StreamingNode is as it is.
 *
 * @param message for a person: names the device or object and the remedy
 */
public record Finding(Reason reason, String message) {}
