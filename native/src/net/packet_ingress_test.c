// What the kernel's IP stack still gets, by its own count.
#include "net/packet_ingress.h"

#include <errno.h>

#include "net/address_map.h"
#include "net/frame_bed.h"

static long counted(const char *file, const char *format) {
    char line[512];
    long found = -1;
    FILE *stream = fopen(file, "r");
    CHECK(stream != NULL);
    while (found < 0 && fgets(line, sizeof line, stream) != NULL) {
        (void)sscanf(line, format, &found);
    }
    (void)fclose(stream);
    CHECK(found >= 0);
    return found;
}

// Packets that the stack has looked at, of both families.
static long seen_by_stack(void) {
    return counted("/proc/thread-self/net/snmp", "Ip: %*d %*d %ld") +
           counted("/proc/thread-self/net/snmp6", "Ip6InReceives %ld");
}

static void should_end_tcp_for_served_addresses_only(int tap, int wire, bool on) {
    struct frame elsewhere4 = frame_tcp4(1, 1, SYN_FLAG);
    struct frame elsewhere6 = frame_tcp6(1, 1, SYN_FLAG);
    elsewhere4.bytes[ETH_HLEN + 19] = 2;
    elsewhere6.bytes[ETH_HLEN + 39] = 2;
    const struct {
        struct frame frame;
        long stack;
    } cases[] = {
        {frame_tcp4(1, 1, SYN_FLAG), on ? 0 : 1},
        {frame_tcp4(1, 1, ACK), on ? 0 : 1},
        {frame_tcp6(1, 1, ACK), on ? 0 : 1},
        {elsewhere4, 1},
        {elsewhere6, 1},
        {frame_ipv4(17, 1, 0), 1},
        {frame_ipv4(1, 1, 0), 1},
        {frame_ipv6(58, 1), 1},
    };
    frame_bed_drain(tap);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        long before = seen_by_stack();
        frame_bed_send(wire, &cases[i].frame);
        CHECK_EQUAL(1, frame_bed_drain(tap));
        CHECK_EQUAL(cases[i].stack, seen_by_stack() - before);
    }
}

int main(void) {
    static const uint8_t ipv4[4] = {10, 0, 0, 1};
    static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    if (!frame_bed_make()) {
        return DCN_TEST_SKIPPED;
    }
    struct packet_ingress ingress;
    int rc = packet_ingress_open(&ingress, (int)if_nametoindex("v0"));
    if (rc == -EPERM || rc == -EINVAL) {
        puts("skipped: the kernel has no such hook (Linux 6.6), or takes no programs of ours");
        return DCN_TEST_SKIPPED;
    }
    CHECK_EQUAL(0, rc);
    int tap = frame_bed_socket("v0", ETH_P_ALL);
    int wire = frame_bed_socket("v1", 0);
    should_end_tcp_for_served_addresses_only(tap, wire, false);
    CHECK_EQUAL(0, address_map_add(ingress.addresses, ipv4, sizeof ipv4));
    CHECK_EQUAL(0, address_map_add(ingress.addresses, ipv6, sizeof ipv6));
    should_end_tcp_for_served_addresses_only(tap, wire, true);
    packet_ingress_close(&ingress);
    should_end_tcp_for_served_addresses_only(tap, wire, false);
    puts("ok");
    return 0;
}
