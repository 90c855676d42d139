package dev.diskcryptnet.device;

import java.util.function.Supplier;

/**
 * The machine, as changes see it.
 *
 * @param links network interfaces
 * @param files sysfs and procfs
 * @param bootId differs after each start of the machine
 */
public record Host(Links links, MachineFiles files, Supplier<String> bootId) {}
