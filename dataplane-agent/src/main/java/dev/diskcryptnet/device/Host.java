package dev.diskcryptnet.device;

import java.util.function.Supplier;

/**
 * The machine, as changes see it. Another kind of change brings its own way of reading and writing with it.
 *
 * @param links network interfaces
 * @param bootId differs after each start of the machine
 */
public record Host(Links links, Supplier<String> bootId) {}
