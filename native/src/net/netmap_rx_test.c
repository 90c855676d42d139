// Receiving, and what stands between the wire and the kernel, on memory laid out as netmap's.
#include "net/netmap_rx.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdio.h>

#include "net/netmap_bed.h"

#define SLOTS 64u
#define BUFFER_BYTES 2048u

static const uint8_t MAC[6] = {0x02, 0, 0, 0, 0, 1};
static const uint8_t IPV4[4] = {192, 0, 2, 10};
static const uint8_t IPV6[16] = {0x20, 0x01, 0x0d, 0xb8, [13] = 0xaa, 0xbb, 0xcc};

struct test_bed {
    struct netmap_bed bed;
    struct netmap_station station;
    struct netmap_rx rx;
    uint8_t *area;  // netmap's memory is part of a larger one: long frames lie behind
};

static void open_bed(struct test_bed *test, bool whole, uint32_t port_header_bytes) {
    memset(test, 0, sizeof *test);
    netmap_bed_open(&test->bed, SLOTS, BUFFER_BYTES, 0);
    memcpy(test->station.mac, MAC, sizeof MAC);
    test->station.whole = whole;
    CHECK(netmap_station_add(&test->station, IPV4, 4) == 0 && netmap_station_add(&test->station, IPV6, 16) == 0);
    test->area = malloc(NETMAP_LONG_FRAMES * NETMAP_LONG_BYTES);
    test->rx = (struct netmap_rx){.memory = &test->bed.memory,
                                  .ring = test->bed.ring[NETMAP_RING_RX],
                                  .to_kernel = whole ? NULL : test->bed.ring[NETMAP_RING_HOST_TX],
                                  .station = &test->station,
                                  .long_frames = test->area,
                                  .port_header_bytes = port_header_bytes};
}

static void close_bed(struct test_bed *test) {
    netmap_bed_check_buffers(&test->bed, BED_RINGS * SLOTS);
    netmap_bed_close(&test->bed);
    free(test->area);
}

static const uint8_t *bytes_of(const struct test_bed *test, const struct dcn_rx_frame *frame) {
    uint8_t *at = test->bed.memory.base + frame->offset;
    // The test's long frames lie elsewhere; offsets are those of addresses modulo 2^32.
    uint64_t away = (uint64_t)(uintptr_t)(test->area - test->bed.memory.base);
    uint32_t low = frame->offset - (uint32_t)away;
    return low < NETMAP_LONG_FRAMES * NETMAP_LONG_BYTES ? test->area + low : at;
}

enum kind {
    TO_US, ARP_FOR_US, SOLICITED, ANNOUNCED, TO_KERNEL, ARP_FOR_KERNEL, SOLICITED_OTHER, TAGGED, OTHER_STATION,
    UNKNOWN_TYPE, RUNT, KINDS
};

// What becomes of each where a kernel stands behind the port, and where none does.
static const uint32_t WHOSE[KINDS] = {1, 1, 3, 3, 2, 2, 2, 2, 2, 2, 0};
static const uint32_t WHOSE_WHOLE[KINDS] = {1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0};

static uint32_t make(enum kind kind, uint32_t number, uint32_t bytes, uint8_t *frame) {
    for (uint32_t i = 0; i < bytes; i++) {
        frame[i] = (uint8_t)(number * 31 + i);
    }
    memcpy(frame, MAC, sizeof MAC);
    memcpy(frame + 12, "\x08\x00", 2);
    memcpy(frame + 30, IPV4, 4);
    frame[23] = 17;
    if (kind == ARP_FOR_US || kind == ANNOUNCED || kind == ARP_FOR_KERNEL) {
        memset(frame, 0xff, 6);
        memcpy(frame + 12, "\x08\x06", 2);
        memcpy(frame + 28, "\xc0\x00\x02\x63", 4);
        memcpy(frame + 38, kind == ARP_FOR_US ? (const char *)IPV4 : kind == ANNOUNCED ? "\xc0\x00\x02\x63" : "\1\2\3\4", 4);
    } else if (kind == SOLICITED || kind == SOLICITED_OTHER) {
        memcpy(frame, "\x33\x33\xff\xaa\xbb\xcc", 6);
        memcpy(frame + 12, "\x86\xdd", 2);
        memset(frame + 38, 0, 16);
        memcpy(frame + 38, "\xff\x02", 2);
        memcpy(frame + 49, "\x01\xff", 2);
        memcpy(frame + 51, IPV6 + 13, 3);
        frame[53] = (uint8_t)(frame[53] + (kind == SOLICITED_OTHER));
    } else if (kind == TO_KERNEL) {
        frame[33]++;
    } else if (kind == TAGGED) {
        memcpy(frame + 12, "\x81\x00", 2);
    } else if (kind == OTHER_STATION) {
        frame[5]++;
    } else if (kind == UNKNOWN_TYPE) {
        memcpy(frame + 12, "\x88\xcc", 2);
    }
    return kind == RUNT ? number % ETH_HLEN : bytes;
}

static void should_hand_out_ours_and_pass_the_kernels_on(uint32_t seed, bool whole) {
    enum { HELD = 8 };
    static uint8_t packet[BED_PACKET_BYTES], seen[BED_PACKET_BYTES], copies[HELD][BED_PACKET_BYTES];
    static uint8_t expected[64][BED_PACKET_BYTES];
    static uint32_t expected_bytes[64];
    struct test_bed test;
    uint32_t arrived = 0, ours_in = 0, ours_out = 0, kernels = 0;
    srandom(seed);
    uint32_t header = whole && seed % 2 == 0 ? 12 : 0;
    open_bed(&test, whole, header);
    memset(packet, 0, 12);
    for (int step = 0; step < 2000; step++) {
        if (random() % 3 != 0) {
            enum kind kind = (enum kind)(random() % KINDS);
            bool large = random() % 10 == 0 && kind != RUNT;
            uint32_t bytes = make(kind, arrived, 60 + (uint32_t)random() % (large ? 30000 : 1400), packet + header);
            if (netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, bytes + header, BUFFER_BYTES)) {
                uint32_t whose = (whole ? WHOSE_WHOLE : WHOSE)[kind];
                if ((whose & 1) != 0) {
                    memcpy(expected[ours_in % 64], packet + header, bytes);
                    expected_bytes[ours_in++ % 64] = bytes;
                }
                kernels += (whose & 2) != 0;
                arrived++;
            }
            continue;
        }
        struct dcn_rx_frame frames[HELD];
        netmap_rx_release(&test.rx);
        uint32_t count = netmap_rx_take(&test.rx, frames, 1 + (uint32_t)random() % HELD);
        for (uint32_t i = 0; i < count; i++) {
            memcpy(copies[i], bytes_of(&test, &frames[i]), frames[i].bytes);
        }
        // What arrives now must not touch what was handed out.
        uint32_t more = make(TO_KERNEL, 0, 60, packet + header);
        while (step % 8 == 0 && netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, more + header, BUFFER_BYTES)) {
            kernels += whole ? 0 : 1;
            if (whole) {
                memcpy(expected[ours_in % 64], packet + header, more);
                expected_bytes[ours_in++ % 64] = more;
            }
        }
        for (uint32_t i = 0; i < count; i++, ours_out++) {
            CHECK_EQUAL(expected_bytes[ours_out % 64], frames[i].bytes);
            CHECK(frames[i].flags == 0 && memcmp(copies[i], expected[ours_out % 64], frames[i].bytes) == 0);
            CHECK(memcmp(copies[i], bytes_of(&test, &frames[i]), frames[i].bytes) == 0);
        }
        while (netmap_bed_sent(&test.bed, NETMAP_RING_HOST_TX, seen) != 0) {
        }
        netmap_bed_complete(&test.bed, NETMAP_RING_HOST_TX, SLOTS);
    }
    do {
        struct dcn_rx_frame frames[HELD];
        netmap_rx_release(&test.rx);
        ours_out += netmap_rx_take(&test.rx, frames, HELD);
    } while (test.rx.next != test.rx.ring->tail);
    CHECK_EQUAL(ours_in, ours_out);
    CHECK_EQUAL(kernels, test.rx.passed + test.rx.not_passed);
    CHECK(whole || test.rx.passed > 100);
    close_bed(&test);
}

static void should_pass_frames_whole_in_both_directions(void) {
    static uint8_t packet[BED_PACKET_BYTES], seen[BED_PACKET_BYTES];
    struct test_bed test;
    struct dcn_rx_frame frame;
    open_bed(&test, false, 0);
    for (uint32_t i = 0; i < 3 * SLOTS; i++) {
        uint32_t bytes = make(TO_KERNEL, i, 60 + i, packet);
        CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, bytes, BUFFER_BYTES));
        CHECK_EQUAL(0, netmap_rx_take(&test.rx, &frame, 1));
        netmap_rx_release(&test.rx);
        CHECK_EQUAL(bytes, netmap_bed_sent(&test.bed, NETMAP_RING_HOST_TX, seen));
        CHECK(memcmp(packet, seen, bytes) == 0);
        netmap_bed_complete(&test.bed, NETMAP_RING_HOST_TX, 1);

        CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_HOST_RX, packet, bytes, BUFFER_BYTES));
        CHECK_EQUAL(1, netmap_pass(test.bed.ring[NETMAP_RING_HOST_RX], test.bed.ring[NETMAP_RING_TX]));
        CHECK_EQUAL(bytes, netmap_bed_sent(&test.bed, NETMAP_RING_TX, seen));
        CHECK(memcmp(packet, seen, bytes) == 0);
        netmap_bed_complete(&test.bed, NETMAP_RING_TX, 1);
        netmap_bed_check_buffers(&test.bed, BED_RINGS * SLOTS);
    }
    // Full: what the kernel sends stays in its ring.
    for (uint32_t i = 0; i < SLOTS + 2; i++) {
        netmap_bed_arrive(&test.bed, NETMAP_RING_HOST_RX, packet, 60, BUFFER_BYTES);
        netmap_pass(test.bed.ring[NETMAP_RING_HOST_RX], test.bed.ring[NETMAP_RING_TX]);
    }
    CHECK_EQUAL(3, netmap_space(test.bed.ring[NETMAP_RING_HOST_RX], test.bed.ring[NETMAP_RING_HOST_RX]->head));
    close_bed(&test);
}

static void should_show_both_what_tells_everybody_and_keep_pieces_from_the_kernel(void) {
    static uint8_t packet[BED_PACKET_BYTES], seen[BED_PACKET_BYTES];
    struct test_bed test;
    struct dcn_rx_frame frame;
    open_bed(&test, false, 0);
    uint32_t bytes = make(ANNOUNCED, 7, 90, packet);
    CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, bytes, BUFFER_BYTES));
    CHECK_EQUAL(1, netmap_rx_take(&test.rx, &frame, 1));
    CHECK(frame.bytes == bytes && memcmp(bytes_of(&test, &frame), packet, bytes) == 0);
    CHECK(netmap_bed_sent(&test.bed, NETMAP_RING_HOST_TX, seen) == bytes && memcmp(seen, packet, bytes) == 0);
    bytes = make(TO_KERNEL, 8, 3000, packet);
    CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, bytes, BUFFER_BYTES));
    CHECK_EQUAL(0, netmap_rx_take(&test.rx, &frame, 1));
    CHECK(netmap_bed_sent(&test.bed, NETMAP_RING_HOST_TX, seen) == 0 && test.rx.not_passed == 1);
    close_bed(&test);
}

static void should_bound_what_a_slot_says(void) {
    struct test_bed test;
    uint8_t packet[60];
    struct dcn_rx_frame frame;
    open_bed(&test, false, 0);
    make(TO_US, 0, sizeof packet, packet);
    CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, sizeof packet, BUFFER_BYTES));
    test.rx.ring->slot[0].bytes = UINT16_MAX;
    CHECK(netmap_rx_take(&test.rx, &frame, 1) == 1 && frame.bytes == BUFFER_BYTES);
    CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, sizeof packet, BUFFER_BYTES));
    uint32_t buffer = test.rx.ring->slot[1].buffer;
    test.rx.ring->slot[1].buffer = UINT32_MAX;
    CHECK(netmap_rx_take(&test.rx, &frame, 1) == 0);
    test.rx.ring->slot[1].buffer = buffer;
    // Longer than any packet: cut off.
    static uint8_t packet_too_long[NETMAP_LONG_BYTES + 3000];
    make(TO_US, 0, sizeof packet_too_long, packet_too_long);
    netmap_rx_release(&test.rx);
    CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet_too_long, sizeof packet_too_long, BUFFER_BYTES));
    CHECK(netmap_rx_take(&test.rx, &frame, 1) == 1);
    CHECK(frame.bytes == NETMAP_LONG_BYTES && frame.flags == DCN_RX_TRUNCATED);
    CHECK(memcmp(bytes_of(&test, &frame), packet_too_long, frame.bytes) == 0);
    close_bed(&test);
}

// From a sender on this machine, who left the rest to a device that never came; on a switch in front of an empty header.
static void should_take_partial_checksums_for_good(uint32_t port_header_bytes) {
    struct test_bed test;
    uint8_t arrived[12 + 60] = {0};
    uint8_t *packet = arrived + port_header_bytes;
    open_bed(&test, port_header_bytes != 0, port_header_bytes);
    make(TO_US, 0, 60, packet);
    memset(packet + 14, 0, 12);
    memcpy(packet + 14, (uint8_t[]){0x45, 0, 0, 40}, 4);
    packet[23] = 6;
    memcpy(packet + 26, IPV4, 4);
    uint32_t sum = 2 * (0xc000u + 0x020au) + 6 + 20;
    sum = (sum & 0xffff) + (sum >> 16);
    for (int partial = 1; partial >= 0; partial--) {
        memcpy(packet + 50, (uint8_t[]){(uint8_t)(sum >> 8), (uint8_t)(sum + !partial)}, 2);
        CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, arrived, port_header_bytes + 60, BUFFER_BYTES));
        struct dcn_rx_frame frame;
        CHECK_EQUAL(1, netmap_rx_take(&test.rx, &frame, 1));
        CHECK_EQUAL(partial ? DCN_RX_CHECKSUM_GOOD : 0, frame.flags);
    }
    close_bed(&test);
}

static void should_take_what_the_port_header_says_of_checksums(void) {
    struct test_bed test;
    uint8_t packet[72] = {0};
    open_bed(&test, true, 12);
    for (int flags = 0; flags < 3; flags++) {
        packet[0] = (uint8_t)flags;
        make(TO_US, 0, 60, packet + 12);
        CHECK(netmap_bed_arrive(&test.bed, NETMAP_RING_RX, packet, sizeof packet, BUFFER_BYTES));
        struct dcn_rx_frame frame;
        CHECK(netmap_rx_take(&test.rx, &frame, 1) == 1 && frame.bytes == 60);
        CHECK_EQUAL(flags == 0 ? 0 : DCN_RX_CHECKSUM_GOOD, frame.flags);
    }
    close_bed(&test);
}

static void should_refuse_addresses_that_it_cannot_hold(void) {
    struct netmap_station station = {0};
    CHECK(netmap_station_add(&station, IPV6, 5) == -EINVAL);
    for (uint32_t i = 0; i < NETMAP_ADDRESSES_MAX; i++) {
        CHECK(netmap_station_add(&station, IPV4, 4) == 0);
    }
    CHECK(netmap_station_add(&station, IPV4, 4) == -E2BIG && netmap_station_add(&station, IPV6, 16) == 0);
}

int main(void) {
    should_pass_frames_whole_in_both_directions();
    should_show_both_what_tells_everybody_and_keep_pieces_from_the_kernel();
    should_bound_what_a_slot_says();
    should_take_partial_checksums_for_good(0);
    should_take_partial_checksums_for_good(12);
    should_take_what_the_port_header_says_of_checksums();
    should_refuse_addresses_that_it_cannot_hold();
    for (uint32_t seed = 0; seed < 100; seed++) {
        should_hand_out_ours_and_pass_the_kernels_on(seed, seed % 3 == 0);
    }
    puts("ok");
    return 0;
}
