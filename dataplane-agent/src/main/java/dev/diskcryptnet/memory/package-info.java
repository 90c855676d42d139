/**
 * How many bytes go between the processors and memory, by the machine's own counters: resctrl's monitoring groups (Intel
 * RDT, AMD QoS) and the memory controllers' (Intel uncore IMC, AMD UMC and data fabric). Nothing is estimated: where the
 * machine has no counter there is no figure, and a reason.
 */
package dev.diskcryptnet.memory;
