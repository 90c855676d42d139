// The ring's bookkeeping against a kernel played in memory: one position, in ring order, that refuses, completes late
// and cannot be told where to stand.
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/packet_tx.h"
#include "support/test.h"

#define SLOTS 8u
#define SLOT_BYTES 4096u

struct fake {
    struct packet_tx_ring ring;
    uint32_t position;  // the kernel's
    uint64_t sent[4096];
    uint32_t sent_count;
    uint32_t malformed_count;
};

static struct fake *fake_new(void) {
    struct fake *fake = calloc(1, sizeof *fake);
    fake->ring.base = calloc(SLOTS, SLOT_BYTES);
    fake->ring.state = calloc(SLOTS, 1);
    fake->ring.slots = SLOTS;
    fake->ring.slot_bytes = SLOT_BYTES;
    return fake;
}

static void fake_free(struct fake *fake) {
    free(fake->ring.base);
    free(fake->ring.state);
    free(fake);
}

static struct tpacket2_hdr *header_of(struct fake *fake, uint32_t slot) {
    return (struct tpacket2_hdr *)(void *)(fake->ring.base + (size_t)slot * SLOT_BYTES);
}

// sendto: consumes marked slots in ring order, at most `limit` good ones (then the device refuses).
static void fake_kick(struct fake *fake, uint32_t limit) {
    struct tpacket2_hdr *header;
    while ((header = header_of(fake, fake->position))->tp_status == TP_STATUS_SEND_REQUEST) {
        if (header->tp_mac < TPACKET_ALIGN(sizeof *header)) {
            header->tp_status = TP_STATUS_AVAILABLE;
            fake->malformed_count++;
        } else if (limit == 0) {
            return;
        } else {
            limit--;
            header->tp_status = TP_STATUS_SENDING;
            const uint8_t *frame = (uint8_t *)header + header->tp_mac + sizeof(struct virtio_net_hdr);
            CHECK(fake->sent_count < 4096);
            memcpy(&fake->sent[fake->sent_count++], frame + 14, sizeof(uint64_t));
        }
        fake->position = (fake->position + 1) % SLOTS;
    }
}

static void fake_complete(struct fake *fake, uint32_t slot) {
    if (header_of(fake, slot)->tp_status == TP_STATUS_SENDING) {
        header_of(fake, slot)->tp_status = TP_STATUS_AVAILABLE;
    }
}

static void fake_complete_all(struct fake *fake) {
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        fake_complete(fake, slot);
    }
}

static struct dcn_tx_frame frame_in(struct fake *fake, uint64_t sequence, uint8_t flags) {
    uint32_t slot = (uint32_t)sequence % SLOTS;
    struct dcn_tx_frame frame = {
        .slot = slot, .frame_offset = slot * SLOT_BYTES + 128, .frame_bytes = 64, .flags = flags};
    memcpy(fake->ring.base + frame.frame_offset + 14, &sequence, sizeof sequence);
    return frame;
}

static bool put(struct fake *fake, uint64_t sequence, uint8_t flags) {
    struct dcn_tx_frame frame = frame_in(fake, sequence, flags);
    return packet_tx_put(&fake->ring, &frame);
}

static void should_send_in_slot_order_when_filled_out_of_order(void) {
    struct fake *fake = fake_new();
    put(fake, 2, 0);
    put(fake, 1, DCN_TX_CANCEL);
    CHECK(!packet_tx_waiting(&fake->ring));
    fake_kick(fake, SLOTS);
    CHECK(packet_tx_advance(&fake->ring) == 0 && fake->ring.tail == 0);
    put(fake, 0, 0);
    CHECK(packet_tx_waiting(&fake->ring));
    fake_kick(fake, SLOTS);
    CHECK(packet_tx_advance(&fake->ring) == 2);
    CHECK(fake->sent_count == 2 && fake->sent[0] == 0 && fake->sent[1] == 2 && fake->malformed_count == 1);
    CHECK(fake->ring.tail == 0);  // the device still has slot 0
    fake_complete(fake, 2);
    packet_tx_advance(&fake->ring);
    CHECK(fake->ring.tail == 0);  // given back in order
    fake_complete(fake, 0);
    packet_tx_advance(&fake->ring);
    CHECK(fake->ring.tail == 3);
    fake_free(fake);
}

static void should_offer_again_what_the_device_refused(void) {
    struct fake *fake = fake_new();
    for (uint64_t i = 0; i < SLOTS; i++) {
        put(fake, i, 0);
    }
    fake_kick(fake, 3);
    CHECK(packet_tx_advance(&fake->ring) == 3);
    CHECK(packet_tx_waiting(&fake->ring));
    fake_kick(fake, SLOTS);
    CHECK(packet_tx_advance(&fake->ring) == 5);
    CHECK(!packet_tx_waiting(&fake->ring));
    fake_complete_all(fake);
    packet_tx_advance(&fake->ring);
    CHECK(fake->ring.tail == SLOTS);
    fake_free(fake);
}

static void should_refuse_bad_descriptors(void) {
    struct fake *fake = fake_new();
    struct dcn_tx_frame frame = frame_in(fake, 0, 0);
    frame.slot = SLOTS;
    CHECK(!packet_tx_put(&fake->ring, &frame));
    frame = frame_in(fake, 0, 0);
    frame.frame_offset = PACKET_TX_HEADROOM_BYTES - 1;
    CHECK(!packet_tx_put(&fake->ring, &frame));
    CHECK(!packet_tx_put(&fake->ring, &frame));  // not twice
    frame = frame_in(fake, 1, 0);
    frame.frame_bytes = SLOT_BYTES - 127;
    CHECK(!packet_tx_put(&fake->ring, &frame));
    frame = frame_in(fake, 2, 0);
    frame.checksum_start = 50;
    CHECK(!packet_tx_put(&fake->ring, &frame));
    frame = frame_in(fake, 3, 0);
    frame.segment_bytes = 1000;
    CHECK(!packet_tx_put(&fake->ring, &frame));
    frame = frame_in(fake, 4, 0);
    frame.frame_bytes = UINT32_MAX;
    CHECK(!packet_tx_put(&fake->ring, &frame));
    fake_kick(fake, SLOTS);
    packet_tx_advance(&fake->ring);
    CHECK(fake->sent_count == 0 && fake->malformed_count == 5 && fake->ring.tail == 5);
    fake_free(fake);
}

static void should_write_segmentation_by_ethertype(void) {
    struct fake *fake = fake_new();
    struct dcn_tx_frame frame = {.slot = 0, .frame_offset = 128, .frame_bytes = 3000, .segment_bytes = 1400,
                                 .header_bytes = 74, .checksum_start = 54};
    fake->ring.base[128 + 12] = 0x86;
    fake->ring.base[128 + 13] = 0xdd;
    CHECK(packet_tx_put(&fake->ring, &frame));
    struct virtio_net_hdr vnet;
    memcpy(&vnet, fake->ring.base + 128 - sizeof vnet, sizeof vnet);
    CHECK(vnet.gso_type == VIRTIO_NET_HDR_GSO_TCPV6 && vnet.gso_size == 1400 && vnet.hdr_len == 74);
    CHECK(vnet.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && vnet.csum_start == 54 && vnet.csum_offset == 16);
    CHECK(header_of(fake, 0)->tp_len == 3010 && header_of(fake, 0)->tp_mac == 118);
    frame.slot = 1;
    frame.frame_offset += SLOT_BYTES;
    fake->ring.base[frame.frame_offset + 12] = 0x86;
    fake->ring.base[frame.frame_offset + 13] = 0xdd;
    fake->ring.base[frame.frame_offset + 54 + 13] = 0x90;  // CWR, ACK
    CHECK(packet_tx_put(&fake->ring, &frame));
    memcpy(&vnet, fake->ring.base + frame.frame_offset - sizeof vnet, sizeof vnet);
    CHECK_EQUAL(VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN, vnet.gso_type);
    fake_free(fake);
}

static void bring_up(struct fake *fake) {
    if (packet_tx_up_begin(&fake->ring) != 0) {
        fake_kick(fake, 0);
    }
    CHECK(packet_tx_up_end(&fake->ring));
}

static void should_stay_down_when_the_kernel_does_not_step(void) {
    struct fake *fake = fake_new();
    put(fake, 0, 0);
    CHECK(packet_tx_down(&fake->ring) == 1);
    packet_tx_advance(&fake->ring);
    CHECK(fake->ring.tail == 1);
    CHECK(packet_tx_up_begin(&fake->ring) == 1);
    CHECK(!packet_tx_up_end(&fake->ring));  // no kick: ENETDOWN
    CHECK(header_of(fake, 0)->tp_status == TP_STATUS_AVAILABLE);
    bring_up(fake);
    put(fake, 1, 0);
    fake_kick(fake, SLOTS);
    CHECK(packet_tx_advance(&fake->ring) == 1 && fake->sent[0] == 1);
    fake_free(fake);
}

// Whatever happens in whatever order: frames leave in the order in which slots were taken, each at most once, none is
// made up, every slot comes back, and without a down link nothing is missing.
static void should_keep_order_and_lose_no_slot(uint32_t seed, bool link_changes) {
    struct fake *fake = fake_new();
    uint64_t head = 0, frames = 0, dropped = 0;
    uint64_t held[SLOTS];
    uint32_t held_count = 0;
    srandom(seed);
    for (int step = 0; step < 3000; step++) {
        long dice = random() % 100;
        if (dice < 35 && head - fake->ring.tail < SLOTS) {
            held[held_count++] = head++;
        } else if (dice < 70 && held_count > 0) {
            uint32_t pick = (uint32_t)random() % held_count;
            bool cancel = random() % 4 == 0;
            CHECK(put(fake, held[pick], cancel ? DCN_TX_CANCEL : 0));
            frames += !cancel;
            dropped += !cancel && fake->ring.down;
            held[pick] = held[--held_count];
        } else if (dice < 85 && !fake->ring.down && packet_tx_waiting(&fake->ring)) {
            fake_kick(fake, (uint32_t)random() % 4);
        } else if (dice < 92) {
            fake_complete(fake, (uint32_t)random() % SLOTS);
        } else if (dice < 94 && link_changes && !fake->ring.down) {
            packet_tx_advance(&fake->ring);
            dropped += packet_tx_down(&fake->ring);
        } else if (dice < 97 && fake->ring.down) {
            packet_tx_advance(&fake->ring);
            bring_up(fake);
        }
        packet_tx_advance(&fake->ring);
        CHECK(head - fake->ring.tail <= SLOTS);
    }
    if (fake->ring.down) {
        bring_up(fake);
    }
    while (held_count > 0) {
        CHECK(put(fake, held[--held_count], 0));
        frames++;
    }
    fake_kick(fake, SLOTS);
    fake_complete_all(fake);
    packet_tx_advance(&fake->ring);
    CHECK(fake->ring.tail == head && fake->ring.kernel == head);
    CHECK(fake->sent_count + dropped == frames);
    for (uint32_t i = 1; i < fake->sent_count; i++) {
        CHECK(fake->sent[i] > fake->sent[i - 1]);
    }
    fake_free(fake);
}

int main(void) {
    should_send_in_slot_order_when_filled_out_of_order();
    should_offer_again_what_the_device_refused();
    should_refuse_bad_descriptors();
    should_write_segmentation_by_ethertype();
    should_stay_down_when_the_kernel_does_not_step();
    for (uint32_t seed = 0; seed < 500; seed++) {
        should_keep_order_and_lose_no_slot(seed, seed % 2 == 0);
    }
    puts("ok");
    return 0;
}
