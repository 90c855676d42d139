/** From what was observed to conditions, figures and Events. */
package dev.diskcryptnet.operator.status;
