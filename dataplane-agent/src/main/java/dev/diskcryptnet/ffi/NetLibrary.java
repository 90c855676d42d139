package dev.diskcryptnet.ffi;

import jnr.ffi.annotations.IgnoreError;

/**
 * The functions of {@code dcn/net.h}. Addresses are plain numbers: what they point to is laid out by {@link NetLayout}
 * and read through Agrona. Results are as in C, {@code >= 0} or {@code -errno}.
 */
public interface NetLibrary {
    /** Bits of a port's facts. */
    int DCN_PORT_SEGMENTATION_IPV4 = 1;

    int DCN_PORT_SEGMENTATION_IPV6 = 2;
    int DCN_PORT_CHECKSUM = 4;
    int DCN_PORT_ZERO_COPY = 8;
    int DCN_PORT_DEVICE_TSO_IPV4 = 16;
    int DCN_PORT_DEVICE_TSO_IPV6 = 32;
    int DCN_PORT_QDISC_BYPASS = 64;
    int DCN_PORT_HAS_ADDRESS = 128;
    int DCN_PORT_DEFAULT_ROUTE = 256;
    int DCN_PORT_COPIES = 512;
    int DCN_PORT_PASSES_OTHERS = 1024;
    int DCN_PORT_SEGMENTS_ITSELF = 2048;
    int DCN_PORT_COPY_MODE = 4096;
    int DCN_PORT_KERNEL_MEMORY = 8192;
    int DCN_PORT_SPARES_KERNEL = 16384;
    int DCN_PORT_SYN_LIMIT = 32768;

    /** Rings of a queue, and how many there are. */
    int DCN_RING_DATA = 0;

    int DCN_RING_CONTROL = 1;
    int DCN_RINGS = 2;

    /** Flag of a {@code struct dcn_tx_frame}. */
    byte DCN_TX_CANCEL = 1;

    /** A setting that a physical function's driver does not have. */
    int DCN_FUNCTION_UNKNOWN = -1;

    /** Longest message of an open call. */
    int DCN_PORT_MESSAGE_BYTES = 256;

    /** The library, loaded at first use. */
    static NetLibrary get() {
        return Loaded.LIBRARY;
    }

    @IgnoreError
    int dcn_port_open(String uri, long openedAddress);

    @IgnoreError
    void dcn_port_close(long port);

    @IgnoreError
    int dcn_port_address_add(long port, long address, int bytes);

    @IgnoreError
    int dcn_port_queue_open(long port, int worker, int workers, long openedAddress);

    @IgnoreError
    void dcn_port_queue_close(long queue);

    @IgnoreError
    int dcn_port_rx(long queue, long framesAddress, int max);

    @IgnoreError
    int dcn_port_tx(long queue, long framesAddress, int count);

    @IgnoreError
    int dcn_link_get(String name, long linkAddress);

    @IgnoreError
    int dcn_link_set_gso_max_size(String name, int bytes);

    @IgnoreError
    int dcn_link_set_gso_ipv4_max_size(String name, int bytes);

    @IgnoreError
    int dcn_link_set_mtu(String name, int bytes);

    @IgnoreError
    int dcn_link_set_up(String name, int up);

    @IgnoreError
    int dcn_link_group_join(String name, long groupAddress);

    @IgnoreError
    void dcn_link_group_leave(int membership);

    @IgnoreError
    int dcn_link_function_get(String name, int index, long functionAddress);

    @IgnoreError
    int dcn_link_function_set_mac(String name, int index, long macAddress);

    @IgnoreError
    int dcn_link_function_set_vlan(String name, int index, int vlan, int priority);

    @IgnoreError
    int dcn_link_function_set_spoof_check(String name, int index, int on);

    @IgnoreError
    int dcn_link_function_set_trust(String name, int index, int on);

    /** Holds the one instance. */
    final class Loaded {
        private static final NetLibrary LIBRARY = NativeLibrary.bind(NetLibrary.class);

        private Loaded() {}
    }
}
