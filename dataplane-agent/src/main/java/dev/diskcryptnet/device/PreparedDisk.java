package dev.diskcryptnet.device;

/**
 * A disk that is ours until the changes are taken back.
 *
 * @param pciAddress of the controller
 * @param uri to open
 * @param examined whether it was seen that nothing foreign is on it; not so where the kernel had no block device for it
 *     to begin with
 */
public record PreparedDisk(String pciAddress, String uri, boolean examined) {}
