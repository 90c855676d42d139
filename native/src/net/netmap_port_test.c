// The driver on the netmap module: two ports of a VALE switch, and one end of a veth pair in emulated mode. Without the module
// only what it says then.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/port.h"
#include "support/test.h"

#define HEADERS 54u
#define SEGMENT 1446u
#define LARGE 60000u
#define KILLS 50

static const uint8_t NEAR_ADDRESS[4] = {10, 0, 0, 1};

static void run(const char *command) {
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct end {
    struct dcn_port_opened port;
    struct dcn_port_queue_opened queue;
};

static struct end open_end(const char *uri) {
    struct end end;
    if (dcn_port_open(uri, &end.port) < 0 || dcn_port_address_add(end.port.port, NEAR_ADDRESS, 4) < 0) {
        fprintf(stderr, "%s: %s\n", uri, end.port.message);
        exit(1);
    }
    if (dcn_port_queue_open(end.port.port, 0, 1, &end.queue) < 0) {
        fprintf(stderr, "%s: %s\n", uri, end.queue.message);
        exit(1);
    }
    return end;
}

static void close_end(struct end *end) {
    dcn_port_queue_close(end->queue.queue);
    dcn_port_close(end->port.port);
}

static uint8_t payload_byte(uint32_t number, uint32_t index) {
    return (uint8_t)(number * 7 + index + (index >> 8));
}

// A TCP frame over IPv4 in slot `slot` whose payload begins where the slot's does, checksum partial.
static struct dcn_tx_frame fill(const struct end *from, const struct end *to, uint8_t which, uint32_t slot, uint32_t number,
                                uint32_t payload_bytes) {
    const struct dcn_ring_layout *ring = &from->queue.state->ring[which];
    uint32_t offset = slot * ring->slot_bytes + ring->payload_offset - HEADERS;
    uint8_t *frame = (uint8_t *)(uintptr_t)ring->address + offset;
    uint32_t ip_bytes = HEADERS - 14 + payload_bytes;
    memset(frame, 0, HEADERS);
    memcpy(frame, to->port.facts.mac, 6);
    memcpy(frame + 6, from->port.facts.mac, 6);
    memcpy(frame + 12, (uint8_t[]){0x08, 0, 0x45, 0, (uint8_t)(ip_bytes >> 8), (uint8_t)ip_bytes}, 6);
    memcpy(frame + 22, (uint8_t[]){64, 6}, 2);
    memcpy(frame + 26, NEAR_ADDRESS, 4);
    memcpy(frame + 30, NEAR_ADDRESS, 4);
    memcpy(frame + 42, &number, 4);
    frame[46] = 0x50;
    // Partial: a sum over the pseudo header, as whoever completes it expects. The IPv4 header's own is whole.
    uint32_t pseudo = 6 + ip_bytes - 20, sum = 0;
    for (uint32_t i = 26; i < 34; i += 2) {
        pseudo += (uint32_t)(frame[i] << 8 | frame[i + 1]);
    }
    for (uint32_t i = 14; i < 34; i += 2) {
        sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
    }
    pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    memcpy(frame + 50, (uint8_t[]){(uint8_t)(pseudo >> 8), (uint8_t)pseudo}, 2);
    memcpy(frame + 24, (uint8_t[]){(uint8_t)(sum >> 8), (uint8_t)sum}, 2);
    for (uint32_t i = 0; i < payload_bytes; i++) {
        frame[HEADERS + i] = payload_byte(number, i);
    }
    bool large = payload_bytes > SEGMENT;
    return (struct dcn_tx_frame){.slot = slot, .frame_offset = offset, .frame_bytes = HEADERS + payload_bytes,
                                 .segment_bytes = large ? SEGMENT : 0, .header_bytes = large ? HEADERS : 0,
                                 .checksum_start = 34, .ring = which};
}

// Takes frames until all of the payload of frame `number` is there. Returns in how many packets it came.
static uint32_t receive(const struct end *to, const struct end *from, uint32_t number, uint32_t payload_bytes) {
    uint32_t seen = 0, packets = 0;
    for (uint64_t until = now_ms() + 5000; seen < payload_bytes;) {
        struct dcn_rx_frame frames[64];
        int count = dcn_port_rx(to->queue.queue, frames, 64);
        for (int i = 0; i < count; i++) {
            const uint8_t *frame = (const uint8_t *)(uintptr_t)to->queue.state->receive_address + frames[i].offset;
            uint32_t found;
            memcpy(&found, frame + 42, sizeof found);
            CHECK_EQUAL(number, found);
            CHECK_EQUAL(seen, (uint32_t)frame[38] << 24 | frame[39] << 16 | frame[40] << 8 | frame[41]);
            for (uint32_t at = HEADERS; at < frames[i].bytes; at++, seen++) {
                CHECK_EQUAL(payload_byte(number, seen), frame[at]);
            }
            packets++;
        }
        dcn_port_tx(from->queue.queue, NULL, 0);
        CHECK(now_ms() < until);
    }
    CHECK_EQUAL(payload_bytes, seen);
    return packets;
}

static void should_carry_frames(const struct end *from, const struct end *to, uint32_t segment_bytes) {
    uint32_t slots = from->queue.state->ring[DCN_RING_DATA].slots;
    for (uint32_t number = 0; number < 3 * slots; number++) {
        uint32_t bytes = number % 3 == 0 ? 100 : LARGE - number * 10;
        struct dcn_tx_frame frame = fill(from, to, DCN_RING_DATA, number % slots, number, bytes);
        CHECK_EQUAL(1, dcn_port_tx(from->queue.queue, &frame, 1));
        uint32_t packets = receive(to, from, number, bytes);
        CHECK_EQUAL((bytes + segment_bytes - 1) / segment_bytes, packets);
        for (uint64_t until = now_ms() + 2000; from->queue.state->tail[DCN_RING_DATA] != number + 1;) {
            CHECK(now_ms() < until);
            dcn_port_tx(from->queue.queue, NULL, 0);
        }
    }
    struct dcn_tx_frame small = fill(from, to, DCN_RING_CONTROL, 0, 999, 10);
    CHECK(dcn_port_tx(from->queue.queue, &small, 1) == 1 && receive(to, from, 999, 10) == 1);
    CHECK(from->queue.state->dropped_invalid == 0 && from->queue.state->dropped_refused == 0);
}

static void should_carry_large_frames_whole_between_ports_of_a_switch(void) {
    struct end near = open_end("netmap:vale0:near?slots=8");
    struct end far = open_end("netmap:vale0:far?slots=8");
    CHECK((near.port.facts.flags & DCN_PORT_ZERO_COPY) != 0 && (near.port.facts.mac[0] & 3) == 2);
    CHECK(memcmp(near.port.facts.mac, far.port.facts.mac, 6) != 0 && near.queue.state->link_up == 1);
    struct pollfd waiting = {.fd = far.queue.state->wait_descriptor, .events = POLLIN};
    struct dcn_rx_frame frames[8];
    CHECK(dcn_port_rx(far.queue.queue, frames, 8) == 0 && poll(&waiting, 1, 0) == 0);
    struct dcn_tx_frame small = fill(&near, &far, DCN_RING_CONTROL, 0, 5, 10);
    CHECK(dcn_port_tx(near.queue.queue, &small, 1) == 1 && poll(&waiting, 1, 1000) == 1);
    CHECK(receive(&far, &near, 5, 10) == 1);
    CHECK(dcn_port_rx(far.queue.queue, frames, 8) == 0 && poll(&waiting, 1, 0) == 0);
    struct end again = near;
    close_end(&again);
    near = open_end("netmap:vale0:near?slots=8");
    should_carry_frames(&near, &far, UINT16_MAX);
    should_carry_frames(&far, &near, UINT16_MAX);
    close_end(&near);
    close_end(&far);
}

// The sender's frames carry a virtio-net header, the receiver's none: the switch cuts, into what fits its MTU of 1500.
static void should_be_cut_by_the_switch_for_who_takes_no_large_frames(void) {
    struct end near = open_end("netmap:vale1:near?slots=8");
    struct end far = open_end("netmap:vale1:far?slots=8&header=0");
    should_carry_frames(&near, &far, 1460);
    should_carry_frames(&far, &near, SEGMENT);
    close_end(&near);
    close_end(&far);
}

static void should_send_and_receive_on_an_interface(void) {
    struct end near = open_end("netmap:v0?slots=8");
    struct end far = open_end("packet:v1?slots=8");
    CHECK((near.port.facts.flags & (DCN_PORT_SEGMENTS_ITSELF | DCN_PORT_PASSES_OTHERS)) ==
          (DCN_PORT_SEGMENTS_ITSELF | DCN_PORT_PASSES_OTHERS));
    should_carry_frames(&near, &far, SEGMENT);
    // The far side leaves checksums partial and frames uncut: they are taken as what they are.
    struct dcn_rx_frame frame;
    struct dcn_tx_frame out = fill(&far, &near, DCN_RING_DATA, 0, 1, LARGE);
    CHECK(dcn_port_tx(far.queue.queue, &out, 1) == 1);
    uint64_t until = now_ms() + 3000;
    while (dcn_port_rx(near.queue.queue, &frame, 1) == 0) {
        CHECK(now_ms() < until);
    }
    CHECK(frame.bytes == HEADERS + LARGE && frame.flags == DCN_RX_CHECKSUM_GOOD);
    close_end(&near);
    close_end(&far);
}

static void should_show_neighbours_to_both_workers(void) {
    run("ip link add w0 numtxqueues 2 numrxqueues 2 type veth peer name w1 numtxqueues 2 numrxqueues 2");
    run("ip link set w0 up && ip link set w1 up");
    struct end near[2], far = open_end("packet:w1?slots=8");
    CHECK(dcn_port_open("netmap:w0?slots=8", &near[0].port) == 0);
    CHECK(dcn_port_address_add(near[0].port.port, NEAR_ADDRESS, 4) == 0);
    near[1] = near[0];
    for (uint32_t i = 0; i < 2; i++) {
        CHECK(dcn_port_queue_open(near[0].port.port, i, 2, &near[i].queue) == 0);
    }
    struct dcn_tx_frame request = fill(&far, &near[0], DCN_RING_CONTROL, 0, 0, 10);
    uint8_t *frame = (uint8_t *)(uintptr_t)far.queue.state->ring[DCN_RING_CONTROL].address + request.frame_offset;
    memcpy(frame + 12, "\x08\x06", 2);
    memcpy(frame + 38, NEAR_ADDRESS, 4);
    request.checksum_start = 0;
    CHECK(dcn_port_tx(far.queue.queue, &request, 1) == 1);
    int seen[2] = {0, 0};
    for (uint64_t until = now_ms() + 3000; seen[0] == 0 || seen[1] == 0;) {
        for (int i = 0; i < 2; i++) {
            struct dcn_rx_frame frames[8];
            seen[i] += dcn_port_rx(near[i].queue.queue, frames, 8);
        }
        CHECK(now_ms() < until);
    }
    CHECK(seen[0] == 1 && seen[1] == 1);
    for (uint32_t i = 0; i < 2; i++) {
        struct dcn_tx_frame out = fill(&near[i], &far, DCN_RING_DATA, 0, i, LARGE);
        CHECK(dcn_port_tx(near[i].queue.queue, &out, 1) == 1 && receive(&far, &near[i], i, LARGE) > 1);
    }
    dcn_port_queue_close(near[0].queue.queue);
    close_end(&near[1]);
    close_end(&far);
}

// The machine's own ping goes by both ways while a worker serves. The namespace takes the interfaces with it: comes last.
static void should_let_the_kernels_traffic_by(void) {
    run("ip netns add dcn-netmap-far && ip link set v1 netns dcn-netmap-far && ip -n dcn-netmap-far link set v1 up");
    run("ip address add 198.51.100.1/24 dev v0 && ip -n dcn-netmap-far address add 198.51.100.2/24 dev v1");
    struct end near = open_end("netmap:v0?slots=8");
    CHECK((near.port.facts.flags & DCN_PORT_HAS_ADDRESS) != 0);
    pid_t ping = fork();
    if (ping == 0) {
        execl("/bin/sh", "sh", "-c", "ip netns exec dcn-netmap-far ping -q -c 3 -i 0.2 -W 3 198.51.100.1 >/dev/null", NULL);
        _exit(1);
    }
    int status = -1;
    for (uint64_t until = now_ms() + 15000; waitpid(ping, &status, WNOHANG) == 0;) {
        struct dcn_rx_frame frames[8];
        struct pollfd waiting = {.fd = near.queue.state->wait_descriptor, .events = POLLIN};
        poll(&waiting, 1, 10);
        CHECK(dcn_port_rx(near.queue.queue, frames, 8) == 0);
        CHECK(now_ms() < until);
    }
    CHECK_EQUAL(0, status);
    close_end(&near);
    run("ip netns delete dcn-netmap-far");
}

static void should_drop_while_the_link_is_down(void) {
    struct end near = open_end("netmap:v0?slots=8");
    struct end far = open_end("packet:v1?slots=8");
    for (int side = 0; side < 2; side++) {
        run(side == 0 ? "ip link set v0 down" : "ip link set v1 down");
        struct dcn_rx_frame frames[8];
        uint64_t dropped = near.queue.state->dropped_link_down;
        for (uint32_t i = 0; i < 20; i++) {
            struct dcn_tx_frame frame = fill(&near, &far, DCN_RING_DATA, i % 8, i, LARGE);
            CHECK_EQUAL(0, dcn_port_tx(near.queue.queue, &frame, 1));
            dcn_port_rx(near.queue.queue, frames, 8);
        }
        CHECK_EQUAL(dropped + 20, near.queue.state->dropped_link_down);
        run(side == 0 ? "ip link set v0 up" : "ip link set v1 up");
        for (uint64_t until = now_ms() + 5000; near.queue.state->link_up == 0;) {
            struct pollfd waiting = {.fd = near.queue.state->wait_descriptor, .events = POLLIN};
            poll(&waiting, 1, 100);
            dcn_port_rx(near.queue.queue, frames, 8);
            CHECK(now_ms() < until);
        }
        while (dcn_port_rx(far.queue.queue, frames, 8) > 0) {
        }
        for (uint32_t i = 20; i < 24; i++) {
            struct dcn_tx_frame frame = fill(&near, &far, DCN_RING_DATA, i % 8, i, LARGE);
            CHECK(dcn_port_tx(near.queue.queue, &frame, 1) == 1 && receive(&far, &near, i, LARGE) > 1);
        }
        close_end(&near);
        near = open_end("netmap:v0?slots=8");
    }
    close_end(&near);
    close_end(&far);
}

// A process is killed in the middle of sending.
static void should_open_again_after_a_kill(const char *uri) {
    uint64_t worst = 0;
    for (int round = 0; round < KILLS; round++) {
        int ready[2];
        char byte;
        CHECK(pipe(ready) == 0);
        pid_t child = fork();
        if (child == 0) {
            struct end near = open_end(uri);
            for (uint32_t i = 0;; i++) {
                struct dcn_tx_frame frame = fill(&near, &near, DCN_RING_DATA, i % 8, i, LARGE);
                dcn_port_tx(near.queue.queue, &frame, 1);
                if (i == 20) {
                    CHECK(write(ready[1], "", 1) == 1);
                }
            }
        }
        CHECK(read(ready[0], &byte, 1) == 1);
        kill(child, SIGKILL);
        uint64_t from = now_ms();
        struct end near = open_end(uri);
        uint64_t took = now_ms() - from;
        worst = took > worst ? took : worst;
        close_end(&near);
        waitpid(child, NULL, 0);
        close(ready[0]);
        close(ready[1]);
    }
    printf("%s: open again at most %llu ms after each of %d kills\n", uri, (unsigned long long)worst, KILLS);
    CHECK(worst < 2000);
}

static void should_say_who_is_in_the_way(void) {
    struct end near = open_end("netmap:v0");
    struct dcn_port_opened second;
    struct dcn_port_queue_opened queue;
    CHECK(dcn_port_open("netmap:v0", &second) == 0);
    CHECK(dcn_port_queue_open(second.port, 0, 1, &queue) == -EBUSY && strstr(queue.message, "held by another process"));
    close_end(&near);
    CHECK(dcn_port_queue_open(second.port, 1, 2, &queue) < 0);
    CHECK(strstr(queue.message, "ethtool -L v0 combined 2"));
    run("ip link set v0 mtu 3000");
    dcn_port_close(second.port);
    CHECK(dcn_port_open("netmap:v0", &second) == 0);
    CHECK(dcn_port_queue_open(second.port, 0, 1, &queue) < 0 && strstr(queue.message, "buf_size"));
    dcn_port_close(second.port);
    run("ip link set v0 mtu 1500");
}

static void should_name_what_is_wrong(void) {
    struct dcn_port_opened opened;
    CHECK(dcn_port_open("netmap:none0", &opened) == -ENODEV && strstr(opened.message, "interface=none0"));
    CHECK(dcn_port_open("netmap:", &opened) == -EINVAL);
    CHECK(dcn_port_open("netmap:v0?slots=100", &opened) == -EINVAL && strstr(opened.message, "slots=100"));
    CHECK(dcn_port_open("netmap:v0?mtu=1500", &opened) == -EINVAL);
    CHECK(dcn_port_open("netmap:vale0:port?mtu=10", &opened) == -EINVAL);
    CHECK(dcn_port_open("netmap:lo", &opened) == -EOPNOTSUPP && strstr(opened.message, "not Ethernet"));
}

static void should_say_that_the_module_is_missing(void) {
    struct dcn_port_opened opened;
    struct dcn_port_queue_opened queue;
    CHECK(dcn_port_open("netmap:vale0:near", &opened) == 0);
    CHECK(dcn_port_queue_open(opened.port, 0, 1, &queue) == -ENODEV && strstr(queue.message, "modprobe netmap"));
    dcn_port_close(opened.port);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
        puts("skipped: needs root, to make a network namespace");
        return DCN_TEST_SKIPPED;
    }
    should_name_what_is_wrong();
    if (access("/dev/netmap", F_OK) != 0) {
        should_say_that_the_module_is_missing();
        puts("skipped: the netmap kernel module is not loaded");
        return DCN_TEST_SKIPPED;
    }
    should_carry_large_frames_whole_between_ports_of_a_switch();
    should_be_cut_by_the_switch_for_who_takes_no_large_frames();
    should_open_again_after_a_kill("netmap:vale2:near?slots=8");
    run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    run("ethtool -K v0 tx off gso off tso off >/dev/null");
    should_send_and_receive_on_an_interface();
    should_drop_while_the_link_is_down();
    should_open_again_after_a_kill("netmap:v0?slots=8");
    should_say_who_is_in_the_way();
    should_show_neighbours_to_both_workers();
    should_let_the_kernels_traffic_by();
    puts("ok");
    return 0;
}
