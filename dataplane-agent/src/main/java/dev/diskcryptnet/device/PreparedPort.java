package dev.diskcryptnet.device;

/**
 * A virtual function that is ours until the changes are taken back.
 *
 * @param pciAddress of the virtual function
 * @param interfaceName of its network interface, which is up
 */
public record PreparedPort(String pciAddress, String interfaceName) {}
