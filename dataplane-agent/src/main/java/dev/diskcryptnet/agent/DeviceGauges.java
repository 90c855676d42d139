package dev.diskcryptnet.agent;

import dev.diskcryptnet.counters.CounterSet;
import dev.diskcryptnet.diskmap.DiskFacts;
import dev.diskcryptnet.netmap.PortFacts;
import dev.diskcryptnet.wire.MacAddress;

/** What drivers report of their devices, as gauges that stay as they are. */
final class DeviceGauges {
    private DeviceGauges() {}

    static void show(CounterSet counters, DiskFacts disk) {
        counters.info(
                "dcn_disk_info",
                "What a disk is; always 1.",
                "disk",
                disk.id(),
                "driver",
                disk.driver(),
                "model",
                disk.model(),
                "serial",
                disk.serial());
    }

    static void show(CounterSet counters, PortFacts facts) {
        CounterSet port = counters.with("port", facts.interfaceName());
        port.info(
                "dcn_port_info",
                "What a port is; always 1.",
                "driver",
                facts.driver(),
                "mac_address",
                MacAddress.format(facts.macAddress()),
                "transmit_mode",
                facts.transmitMode());
        String help = "1 when the device cuts long frames into packets (TSO or GSO).";
        port.gauge("dcn_port_segmentation_offload", "", help, "ip", "4").set(facts.segmentationIpv4() ? 1 : 0);
        port.gauge("dcn_port_segmentation_offload", "", help, "ip", "6").set(facts.segmentationIpv6() ? 1 : 0);
        port.gauge("dcn_port_checksum_offload", "", "1 when the device completes TCP checksums.")
                .set(facts.checksumOffload() ? 1 : 0);
        port.gauge("dcn_port_zero_copy", "", "1 when the device reads the slots' memory itself.")
                .set(facts.zeroCopy() ? 1 : 0);
        port.gauge("dcn_port_mtu_bytes", "bytes", "Largest IP packet on the wire.")
                .set(facts.mtu());
    }
}
