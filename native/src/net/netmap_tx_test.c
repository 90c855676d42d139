// Sending against a kernel that is played in memory: it takes packets late, gives slots back later, and never in a hurry.
#include "net/netmap_tx.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <stdio.h>

#include "net/netmap_bed.h"

#define SLOTS 8u
#define SLOT_BYTES (17u * 4096u)
#define CONTROL_SLOT_BYTES 2048u
#define BUFFER_BYTES 2048u
#define HEADERS 54u
#define SEGMENT 1446u
#define PAYLOAD_AT 4096u

static const bool EITHER[] = {false, true};

struct test_bed {
    struct netmap_bed bed;
    struct netmap_tx tx;
    uint8_t *own;  // data slots when frames are cut
    uint8_t *control;
    bool whole;
    uint32_t first, taken;  // extra buffers
};

static void open_bed(struct test_bed *test, bool whole, uint32_t ring_slots) {
    memset(test, 0, sizeof *test);
    test->whole = whole;
    uint32_t buffers = whole ? SLOTS * SLOT_BYTES / BUFFER_BYTES : 0;
    netmap_bed_open(&test->bed, ring_slots, BUFFER_BYTES, buffers);
    struct netmap_ring *ring = test->bed.ring[NETMAP_RING_TX];
    test->tx = (struct netmap_tx){.port_header_bytes = whole ? 12 : 0, .packet_bytes = 1514};
    CHECK(netmap_tx_open(&test->tx, ring) == 0);
    test->own = whole ? NULL : malloc(SLOTS * SLOT_BYTES);
    test->control = malloc(SLOTS * CONTROL_SLOT_BYTES);
    uint8_t *data = test->own;
    if (whole) {
        test->taken = netmap_memory_take(&test->bed.memory, ring, buffers, &test->first);
        CHECK_EQUAL(buffers, test->taken);
        data = netmap_buffer(ring, test->first);
    }
    CHECK(netmap_slots_open(&test->tx.rings[DCN_RING_DATA], data, SLOTS, SLOT_BYTES) == 0);
    CHECK(netmap_slots_open(&test->tx.rings[DCN_RING_CONTROL], test->control, SLOTS, CONTROL_SLOT_BYTES) == 0);
    test->tx.rings[DCN_RING_DATA].first_buffer = test->first;
}

static void close_bed(struct test_bed *test) {
    netmap_tx_close(&test->tx);
    netmap_memory_give(&test->bed.memory, test->bed.ring[0], test->first, test->taken);
    netmap_bed_check_buffers(&test->bed, BED_RINGS * test->bed.ring[0]->slots + test->taken);
    netmap_slots_close(&test->tx.rings[0]);
    netmap_slots_close(&test->tx.rings[1]);
    netmap_bed_close(&test->bed);
    free(test->own);
    free(test->control);
}

static uint8_t payload_byte(uint64_t number, uint32_t index) {
    return (uint8_t)(number * 167 + index * 13 + (index >> 8));
}

// Ethernet, IPv4, TCP and a payload that tells the frame's number, whose headers end at `payload_at` of the slot.
static struct dcn_tx_frame fill(struct test_bed *test, uint8_t which, uint64_t number, uint32_t payload_at,
                                uint32_t payload_bytes) {
    struct netmap_slots *ring = &test->tx.rings[which];
    uint32_t slot = (uint32_t)number % SLOTS;
    uint32_t offset = slot * ring->slot_bytes + payload_at - HEADERS;
    uint8_t *frame = ring->base + offset;
    memset(frame, 0, HEADERS);
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[14 + 9] = 6;
    frame[14 + 1] = which;  // type of service
    memcpy(frame + 34 + 8, &number, 4);  // the acknowledgement number tells which frame it was
    frame[34 + 12] = 0x50;
    frame[34 + 13] = number % 2 == 0 ? 0 : 0x80;  // CWR
    // The pseudo header's sum, without addresses: those are 0.
    uint32_t pseudo = 6 + 20 + payload_bytes;
    memcpy(frame + 34 + 16, (uint8_t[]){(uint8_t)(pseudo >> 8), (uint8_t)pseudo}, 2);
    for (uint32_t i = 0; i < payload_bytes; i++) {
        frame[HEADERS + i] = payload_byte(number, i);
    }
    bool large = payload_bytes > SEGMENT;
    return (struct dcn_tx_frame){.slot = slot, .frame_offset = offset, .frame_bytes = HEADERS + payload_bytes,
                                 .segment_bytes = large ? SEGMENT : 0, .header_bytes = large ? HEADERS : 0,
                                 .checksum_start = 34, .ring = which};
}

// What the kernel was given, in the order of each of our rings.
struct log {
    uint64_t number[DCN_RINGS];       // of the frame that comes next, or is under way
    uint32_t payload_bytes[DCN_RINGS];  // of it, seen so far
};

static void check_checksum(const uint8_t *packet, uint32_t bytes) {
    uint32_t sum = 6 + bytes - 34;
    for (uint32_t i = 26; i < bytes; i++) {
        sum += i % 2 == 0 ? packet[i] * 256u : packet[i];
    }
    CHECK_EQUAL(0, sum % 65535);  // RFC 1071
}

// Takes one packet off the ring. Its frame is that of `number`, or a later one when frames were dropped or cancelled.
static bool take(struct test_bed *test, struct log *log) {
    static uint8_t packet[BED_PACKET_BYTES];
    uint32_t bytes = netmap_bed_sent(&test->bed, NETMAP_RING_TX, packet);
    if (bytes == 0) {
        return false;
    }
    const uint8_t *frame = packet + test->tx.port_header_bytes;
    bytes -= test->tx.port_header_bytes;
    uint32_t number, sequence;
    memcpy(&number, frame + 34 + 8, sizeof number);
    memcpy(&sequence, frame + 34 + 4, sizeof sequence);
    uint32_t which = frame[14 + 1];
    if (!test->whole) {
        check_checksum(frame, bytes);
        CHECK(bytes <= 1514);
    } else {
        struct virtio_net_hdr header;
        memcpy(&header, packet, sizeof header);
        CHECK(header.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && header.csum_start == 34 && header.csum_offset == 16);
        bool large = bytes > HEADERS + SEGMENT;
        uint32_t type = VIRTIO_NET_HDR_GSO_TCPV4 | (number % 2 == 0 ? 0 : VIRTIO_NET_HDR_GSO_ECN);
        CHECK_EQUAL(large ? type : VIRTIO_NET_HDR_GSO_NONE, header.gso_type);
        CHECK_EQUAL(large ? SEGMENT : 0, header.gso_size);
        CHECK_EQUAL(large ? HEADERS : 0, header.hdr_len);
        CHECK(packet[10] == 0 && packet[11] == 0);
    }
    CHECK(which < DCN_RINGS);
    if (number != log->number[which]) {
        CHECK(number > log->number[which]);
        log->number[which] = number;
        log->payload_bytes[which] = 0;
    }
    CHECK_EQUAL(test->whole ? 0 : log->payload_bytes[which], ntohl(sequence));
    for (uint32_t i = HEADERS; i < bytes; i++) {
        CHECK_EQUAL(payload_byte(number, log->payload_bytes[which] + i - HEADERS), frame[i]);
    }
    log->payload_bytes[which] += bytes - HEADERS;
    return true;
}

static void should_lend_buffers_where_the_port_takes_large_frames(void) {
    struct test_bed test;
    struct log log = {{1, 0}, {0, 0}};
    open_bed(&test, true, 64);
    struct netmap_ring *ring = test.bed.ring[NETMAP_RING_TX];
    uint32_t own = ring->slot[1].buffer;
    struct dcn_tx_frame frame = fill(&test, DCN_RING_DATA, 1, PAYLOAD_AT, 10000);
    CHECK(netmap_tx_put(&test.tx, &frame) && !netmap_tx_waiting(&test.tx));  // behind slot 0
    CHECK_EQUAL(0, netmap_tx_fill(&test.tx));
    struct dcn_tx_frame first = {.slot = 0, .flags = DCN_TX_CANCEL};
    CHECK(netmap_tx_put(&test.tx, &first));
    CHECK_EQUAL(1, netmap_tx_fill(&test.tx));
    CHECK_EQUAL(6, ring->head);  // headers, and 10,000 bytes in buffers of 2,048
    CHECK(ring->slot[0].bytes == 12 + HEADERS && ring->slot[1].bytes == 2048 && ring->slot[5].bytes == 10000 - 8192);
    // The payload lies where the disk put it.
    CHECK(netmap_buffer(ring, ring->slot[1].buffer) ==
          test.tx.rings[DCN_RING_DATA].base + SLOT_BYTES + PAYLOAD_AT);
    CHECK((ring->slot[1].flags & NETMAP_SLOT_BUFFER_CHANGED) != 0);
    CHECK(take(&test, &log));
    netmap_tx_reclaim(&test.tx);
    CHECK_EQUAL(1, test.tx.rings[DCN_RING_DATA].tail);  // the cancelled slot only
    netmap_bed_complete(&test.bed, NETMAP_RING_TX, 5);
    netmap_tx_reclaim(&test.tx);
    CHECK_EQUAL(1, test.tx.rings[DCN_RING_DATA].tail);  // all but its last piece
    netmap_bed_complete(&test.bed, NETMAP_RING_TX, 1);
    netmap_tx_reclaim(&test.tx);
    CHECK_EQUAL(2, test.tx.rings[DCN_RING_DATA].tail);
    CHECK_EQUAL(own, ring->slot[1].buffer);
    close_bed(&test);
}

// Headers that end in the middle of a buffer of the slot's, and a control frame that waited with it.
static void should_copy_headers_and_send_control_frames_first(void) {
    struct test_bed test;
    open_bed(&test, true, 64);
    struct netmap_ring *ring = test.bed.ring[NETMAP_RING_TX];
    struct dcn_tx_frame data = fill(&test, DCN_RING_DATA, 0, PAYLOAD_AT + HEADERS, 5000);
    struct dcn_tx_frame control = fill(&test, DCN_RING_CONTROL, 0, 256, 20);
    CHECK(netmap_tx_put(&test.tx, &data) && netmap_tx_put(&test.tx, &control) && netmap_tx_fill(&test.tx) == 2);
    CHECK(ring->slot[0].bytes == 12 + HEADERS + 20 && ring->slot[0].flags == 0);
    CHECK_EQUAL(12 + 2048, ring->slot[1].bytes + ring->slot[2].bytes);  // up to where a buffer begins
    CHECK(ring->slot[1].bytes == 2048 && ring->slot[2].bytes == 12);
    CHECK(netmap_buffer(ring, ring->slot[3].buffer) == test.tx.rings[DCN_RING_DATA].base + PAYLOAD_AT + 2048);
    close_bed(&test);
}

// Who takes it off the switch without knowing packets of several slots gets it whole.
static void should_send_a_packet_in_one_slot_where_it_fits(void) {
    struct test_bed test;
    open_bed(&test, true, 64);
    struct netmap_ring *ring = test.bed.ring[NETMAP_RING_TX];
    const uint32_t most = BUFFER_BYTES - 12 - HEADERS;
    test.tx.packet_bytes = 9014;
    struct dcn_tx_frame fits = fill(&test, DCN_RING_DATA, 0, PAYLOAD_AT, most);
    fits.segment_bytes = fits.header_bytes = 0;
    CHECK(netmap_tx_put(&test.tx, &fits) && netmap_tx_fill(&test.tx) == 1);
    CHECK_EQUAL(1, ring->head);
    CHECK(ring->slot[0].bytes == BUFFER_BYTES && ring->slot[0].flags == 0);
    struct dcn_tx_frame longer = fill(&test, DCN_RING_DATA, 1, PAYLOAD_AT, most + 1);
    longer.segment_bytes = longer.header_bytes = 0;
    CHECK(netmap_tx_put(&test.tx, &longer) && netmap_tx_fill(&test.tx) == 1);
    CHECK_EQUAL(3, ring->head);
    CHECK(ring->slot[1].bytes == 12 + HEADERS && ring->slot[2].bytes == most + 1);
    close_bed(&test);
}

static void should_refuse_bad_descriptors(bool whole) {
    struct test_bed test;
    open_bed(&test, whole, 64);
    struct dcn_tx_frame good = fill(&test, DCN_RING_DATA, 0, PAYLOAD_AT, 3000);
    struct dcn_tx_frame bad[] = {good, good, good, good, good, good, good, good, good};
    bad[0].slot = SLOTS;
    bad[1].ring = DCN_RINGS;
    bad[2].frame_bytes = SLOT_BYTES;
    bad[3].frame_offset = SLOT_BYTES - 60;
    bad[4].foreign_bytes = 1;
    bad[5].segment_bytes = 1500;        // longer than a packet may be
    bad[6].frame_bytes = UINT32_MAX;
    bad[7].checksum_start = 0;          // large, and nothing says how to cut it
    bad[8].header_bytes = 50;
    for (uint32_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!netmap_tx_put(&test.tx, &bad[i]));
        if (i >= 2) {  // its slot was given back unsent
            CHECK(!netmap_tx_put(&test.tx, &good));
            CHECK_EQUAL(0, netmap_tx_fill(&test.tx));
            netmap_tx_reclaim(&test.tx);
            for (uint32_t slot = 1; slot < SLOTS; slot++) {
                struct dcn_tx_frame cancel = {.slot = slot, .flags = DCN_TX_CANCEL};
                CHECK(netmap_tx_put(&test.tx, &cancel));
            }
            netmap_tx_fill(&test.tx);
            netmap_tx_reclaim(&test.tx);
        }
    }
    CHECK(netmap_tx_put(&test.tx, &good) && !netmap_tx_put(&test.tx, &good));
    CHECK_EQUAL(1, netmap_tx_fill(&test.tx));
    close_bed(&test);
}

// Whatever happens in whatever order: what the kernel is given is the frames, in each ring's order, while the caller
// spoils every slot that it gets back; no buffer is lost or in two places; every slot comes back.
static void should_keep_order_and_lose_no_buffer(uint32_t seed, bool whole) {
    struct test_bed test;
    struct log log = {{0, 0}, {0, 0}};
    uint64_t head[DCN_RINGS] = {0, 0}, spoiled[DCN_RINGS] = {0, 0};
    uint64_t held[DCN_RINGS][SLOTS];
    uint32_t held_count[DCN_RINGS] = {0, 0};
    uint64_t ready = 0, filled = 0, dropped = 0;
    srandom(seed);
    open_bed(&test, whole, whole ? 80 : 20);
    for (int step = 0; step < 1500; step++) {
        uint8_t which = random() % 3 == 0 ? DCN_RING_CONTROL : DCN_RING_DATA;
        struct netmap_slots *ring = &test.tx.rings[which];
        long dice = random() % 100;
        if (dice < 30 && head[which] - ring->tail < SLOTS) {
            held[which][held_count[which]++] = head[which]++;
        } else if (dice < 60 && held_count[which] > 0) {
            uint32_t pick = (uint32_t)random() % held_count[which];
            uint64_t number = held[which][pick];
            held[which][pick] = held[which][--held_count[which]];
            bool data = which == DCN_RING_DATA;
            uint32_t at = data ? (random() % 2 == 0 ? PAYLOAD_AT : 60 + (uint32_t)random() % 5000) : 256;
            uint32_t bytes = (uint32_t)random() % (data && random() % 2 == 0 ? 60000 : 1400);
            struct dcn_tx_frame frame = fill(&test, which, number, at, bytes);
            frame.flags = random() % 5 == 0 ? DCN_TX_CANCEL : 0;
            ready += frame.flags == 0;
            CHECK(netmap_tx_put(&test.tx, &frame));
        } else if (dice < 75) {
            filled += netmap_tx_fill(&test.tx);
        } else if (dice < 90) {
            take(&test, &log);
        } else if (dice < 97) {
            netmap_bed_complete(&test.bed, NETMAP_RING_TX, (uint32_t)random() % 60);
            netmap_tx_reclaim(&test.tx);
        } else if (dice < 98) {
            dropped += netmap_tx_drop(&test.tx);
        }
        for (int i = 0; i < DCN_RINGS; i++) {
            CHECK(head[i] - test.tx.rings[i].tail <= SLOTS);
            for (; spoiled[i] != test.tx.rings[i].tail; spoiled[i]++) {
                uint64_t at = spoiled[i] % SLOTS * test.tx.rings[i].slot_bytes;
                memset(test.tx.rings[i].base + at, 0xee, test.tx.rings[i].slot_bytes);
            }
        }
        CHECK(!netmap_tx_waiting(&test.tx) || ready > filled + dropped);
    }
    for (int i = 0; i < DCN_RINGS; i++) {
        while (held_count[i] > 0) {
            struct dcn_tx_frame frame = {.slot = (uint32_t)(held[i][--held_count[i]] % SLOTS), .ring = (uint8_t)i,
                                         .flags = DCN_TX_CANCEL};
            CHECK(netmap_tx_put(&test.tx, &frame));
        }
    }
    for (int round = 0; round < 500; round++) {
        filled += netmap_tx_fill(&test.tx);
        while (take(&test, &log)) {
        }
        netmap_bed_complete(&test.bed, NETMAP_RING_TX, 100);
        netmap_tx_reclaim(&test.tx);
    }
    for (int i = 0; i < DCN_RINGS; i++) {
        CHECK_EQUAL(head[i], test.tx.rings[i].tail);
    }
    CHECK_EQUAL(ready, filled + dropped);
    close_bed(&test);
}

int main(void) {
    should_lend_buffers_where_the_port_takes_large_frames();
    should_copy_headers_and_send_control_frames_first();
    should_send_a_packet_in_one_slot_where_it_fits();
    for (int i = 0; i < 2; i++) {
        should_refuse_bad_descriptors(EITHER[i]);
        for (uint32_t seed = 0; seed < 300; seed++) {
            should_keep_order_and_lose_no_buffer(seed, EITHER[i]);
        }
    }
    puts("ok");
    return 0;
}
