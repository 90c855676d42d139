package dev.diskcryptnet.e2e.guest;

import com.fasterxml.jackson.databind.JsonNode;

/** Finds devices in what QEMU's {@code query-pci} says. */
final class PciAddresses {
    private PciAddresses() {}

    /** PCI address of the device with an id of QEMU's. */
    static String of(JsonNode buses, String id) {
        for (JsonNode bus : buses) {
            String found = find(bus.get("devices"), id);
            if (found != null) {
                return found;
            }
        }
        throw new IllegalArgumentException("device=" + id + " is none of the guest's");
    }

    private static String find(JsonNode devices, String id) {
        if (devices == null) {
            return null;
        }
        for (JsonNode device : devices) {
            if (device.get("qdev_id").asText().equals(id)) {
                return "0000:%02x:%02x.%x"
                        .formatted(
                                device.get("bus").asInt(),
                                device.get("slot").asInt(),
                                device.get("function").asInt());
            }
            String behind = find(device.at("/pci_bridge/devices"), id);
            if (behind != null) {
                return behind;
            }
        }
        return null;
    }
}
