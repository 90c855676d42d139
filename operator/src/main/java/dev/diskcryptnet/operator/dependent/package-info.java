/** How objects are compared with what is desired, and written. */
package dev.diskcryptnet.operator.dependent;
