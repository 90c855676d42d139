package dev.diskcryptnet.device;

/**
 * What a physical function's driver lets one of its virtual functions do (ip-link(8), {@code vf NUM}).
 *
 * @param macAddress {@code 02:00:00:00:00:01}; {@link #NO_MAC} when the virtual function's driver chooses
 * @param vlan tag that the device puts on its frames and takes off, 0 for none
 * @param vlanPriority of that tag, 0 to 7
 * @param spoofCheck whether frames with another source address are dropped; null where the driver has no such setting
 * @param trust whether it may choose its address and see all frames; null where the driver has no such setting
 */
public record FunctionSettings(String macAddress, int vlan, int vlanPriority, Boolean spoofCheck, Boolean trust) {
    /** No address is given. */
    public static final String NO_MAC = "00:00:00:00:00:00";

    FunctionSettings withMacAddress(String address) {
        return new FunctionSettings(address, vlan, vlanPriority, spoofCheck, trust);
    }

    FunctionSettings withVlan(int tag) {
        return new FunctionSettings(macAddress, tag, tag == vlan ? vlanPriority : 0, spoofCheck, trust);
    }

    FunctionSettings withSpoofCheck(boolean on) {
        return new FunctionSettings(macAddress, vlan, vlanPriority, on, trust);
    }

    /** Whether they differ in nothing but the address. */
    boolean equalsButForAddress(FunctionSettings other) {
        return withMacAddress(other.macAddress).equals(other);
    }

    @Override
    public String toString() {
        return "mac=" + macAddress + " vlan=" + vlan + (vlanPriority == 0 ? "" : "p" + vlanPriority) + " spoofCheck="
                + onOff(spoofCheck) + " trust=" + onOff(trust);
    }

    private static String onOff(Boolean value) {
        return value == null ? "unknown" : value ? "on" : "off";
    }
}
