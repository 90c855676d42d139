/**
 * How resources are read: one that a newer version wrote is understood as far as possible, and what is not is reported,
 * so that it never stops the reading of the others.
 */
package dev.diskcryptnet.operator.reading;
