package dev.diskcryptnet.device;

/**
 * A virtual function that is wanted.
 *
 * @param physicalFunction PCI address
 * @param virtualFunction its number, from 0
 * @param functions how many virtual functions the physical one needs for all that is asked of it, at least {@code
 *     virtualFunction + 1}
 * @param macAddress in the usual notation; null for what its driver chooses
 * @param vlan that the physical function tags its frames with, 1 to 4094; 0 for none
 * @param mtu in bytes; 0 for as it is
 */
public record PortRequest(
        String physicalFunction, int virtualFunction, int functions, String macAddress, int vlan, int mtu) {}
