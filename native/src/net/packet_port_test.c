// The driver on a veth pair in a network namespace of its own.
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dcn/net.h"
#include "net/frame_bed.h"
#include "support/test.h"

static void run(const char *command) {
    if (system(command) != 0) {
        fprintf(stderr, "failed: %s\n", command);
        exit(1);
    }
}

static struct dcn_port *open_port(const char *uri, struct dcn_port_opened *opened) {
    int rc = dcn_port_open(uri, opened);
    if (rc < 0) {
        fprintf(stderr, "%s: %s\n", uri, opened->message);
        exit(1);
    }
    return opened->port;
}

static struct dcn_port_queue_opened open_queue(struct dcn_port *port) {
    struct dcn_port_queue_opened opened;
    if (dcn_port_queue_open(port, 0, 1, &opened) < 0) {
        fprintf(stderr, "%s\n", opened.message);
        exit(1);
    }
    return opened;
}

static void should_name_what_is_wrong(void) {
    struct dcn_port_opened opened;
    CHECK(dcn_port_open("packet:none0", &opened) == -ENODEV && strstr(opened.message, "interface=none0"));
    CHECK(dcn_port_open("packet:", &opened) == -EINVAL);
    CHECK(dcn_port_open("packet:a-name-that-is-too-long", &opened) == -EINVAL);
    CHECK(dcn_port_open("packet:v0?slots=100", &opened) == -EINVAL && strstr(opened.message, "slots=100"));
    CHECK(dcn_port_open("packet:v0?colour=1", &opened) == -EINVAL);
    CHECK(dcn_port_open("packet:v0?huge=2", &opened) == -EINVAL);
    CHECK(dcn_port_open("packet:v0?syns=99999999", &opened) == -EINVAL && strstr(opened.message, "syns=N"));
    CHECK(dcn_port_open("carrier-pigeon:v0", &opened) == -EPROTONOSUPPORT);
    CHECK(dcn_port_open("packet:lo", &opened) == -EOPNOTSUPP && strstr(opened.message, "not Ethernet"));
}

// More than any machine that tests are run on sets aside.
static void should_say_that_huge_pages_are_missing(void) {
    struct dcn_port_opened opened;
    open_port("packet:v0?copy=1&huge=1&memory=4294967296", &opened);
    struct dcn_port_queue_opened queue;
    CHECK(dcn_port_queue_open(opened.port, 0, 1, &queue) == -ENOMEM);
    CHECK(strstr(queue.message, "interface=v0") && strstr(queue.message, "HugePages_Free"));
    dcn_port_close(opened.port);
}

static struct dcn_tx_frame small_frame(struct dcn_queue_state *state, uint32_t slot, const uint8_t *to) {
    const struct dcn_ring_layout *ring = &state->ring[DCN_RING_CONTROL];
    uint32_t offset = slot * ring->slot_bytes + ring->payload_offset;
    uint8_t *frame = (uint8_t *)(uintptr_t)ring->address + offset;
    memset(frame, 0, 60);
    memcpy(frame, to, 6);
    frame[12] = 0x08;
    frame[14] = (uint8_t)slot;
    return (struct dcn_tx_frame){.slot = slot, .frame_offset = offset, .frame_bytes = 60, .ring = DCN_RING_CONTROL};
}

static void should_wake_the_descriptor_and_hand_frames_over(bool copies) {
    struct dcn_port_opened near, far;
    open_port(copies ? "packet:v0?slots=16&copy=1" : "packet:v0?slots=16&copy=0", &near);
    open_port("packet:v1", &far);
    CHECK(((near.facts.flags & DCN_PORT_COPIES) != 0) == copies);
    CHECK((near.facts.flags & DCN_PORT_QDISC_BYPASS) && !(near.facts.flags & DCN_PORT_HAS_ADDRESS));
    struct dcn_port_queue_opened from = open_queue(near.port);
    struct dcn_port_queue_opened to = open_queue(far.port);
    CHECK(from.state->ring[DCN_RING_DATA].slots == 16 && from.state->link_up == 1);

    struct pollfd waiting = {.fd = to.state->wait_descriptor, .events = POLLIN};
    struct dcn_rx_frame frames[8];
    CHECK(dcn_port_rx(to.queue, frames, 8) == 0 && poll(&waiting, 1, 0) == 0);
    struct dcn_tx_frame out[3];
    for (uint32_t i = 0; i < 3; i++) {
        out[i] = small_frame(from.state, i, far.facts.mac);
    }
    CHECK(dcn_port_tx(from.queue, out, 3) == 3 && from.state->tail[DCN_RING_CONTROL] == (copies ? 0 : 3));
    CHECK(poll(&waiting, 1, 1000) == 1);
    CHECK(dcn_port_rx(to.queue, frames, 8) == 3);
    for (uint32_t i = 0; i < 3; i++) {
        const uint8_t *frame = (const uint8_t *)(uintptr_t)to.state->receive_address + frames[i].offset;
        CHECK(frames[i].bytes == 60 && frame[14] == i);
    }
    CHECK(dcn_port_rx(to.queue, frames, 8) == 0 && poll(&waiting, 1, 0) == 0);

    dcn_port_queue_close(from.queue);
    dcn_port_queue_close(to.queue);
    dcn_port_close(near.port);
    dcn_port_close(far.port);
}

// The frame's second half lies outside of the slot; a port that hands its slots over refuses it.
static void should_send_foreign_bytes_behind_those_of_the_slot(bool copies) {
    struct dcn_port_opened near, far;
    open_port(copies ? "packet:v0?copy=1" : "packet:v0?copy=0", &near);
    open_port("packet:v1", &far);
    struct dcn_port_queue_opened from = open_queue(near.port);
    struct dcn_port_queue_opened to = open_queue(far.port);
    static const uint8_t foreign[] = "elsewhere";
    struct dcn_tx_frame out[3];
    for (uint32_t i = 0; i < 3; i++) {
        out[i] = small_frame(from.state, i, far.facts.mac);
        out[i].frame_bytes += sizeof foreign;
        out[i].foreign_bytes = sizeof foreign;
        out[i].foreign_address = (uint64_t)(uintptr_t)foreign;
    }
    out[1].foreign_address = 64;  // nothing is mapped there
    out[2].foreign_bytes = out[2].frame_bytes;  // a frame without headers
    CHECK(dcn_port_tx(from.queue, out, 3) == (copies ? 1 : 0));
    CHECK(from.state->dropped_refused == (copies ? 1 : 0) && from.state->dropped_invalid == (copies ? 1 : 3));
    struct dcn_rx_frame frame = {0};
    CHECK(dcn_port_rx(to.queue, &frame, 1) == (copies ? 1 : 0));
    const uint8_t *bytes = (const uint8_t *)(uintptr_t)to.state->receive_address + frame.offset;
    CHECK(!copies || (frame.bytes == 60 + sizeof foreign && memcmp(bytes + 60, foreign, sizeof foreign) == 0));
    dcn_port_queue_close(from.queue);
    dcn_port_queue_close(to.queue);
    dcn_port_close(near.port);
    dcn_port_close(far.port);
}

// A frame of `bytes` with a header that says "cut it up".
static struct dcn_tx_frame long_frame(struct dcn_queue_state *state, uint32_t slot, const uint8_t *to, uint32_t bytes) {
    const struct dcn_ring_layout *ring = &state->ring[DCN_RING_DATA];
    uint32_t offset = slot * ring->slot_bytes + ring->payload_offset - 54;
    uint8_t *frame = (uint8_t *)(uintptr_t)ring->address + offset;
    memset(frame, 0, bytes);
    memcpy(frame, to, 6);
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[14 + 9] = 6;  // TCP
    frame[14 + 20 + 12] = 0x50;
    return (struct dcn_tx_frame){.slot = slot, .frame_offset = offset, .frame_bytes = bytes, .segment_bytes = 1446,
                                 .header_bytes = 54, .checksum_start = 34, .ring = DCN_RING_DATA};
}

static uint32_t received_bytes(struct dcn_port_queue *queue, uint32_t *count) {
    struct dcn_rx_frame frames[8];
    uint32_t bytes = 0;
    *count = (uint32_t)dcn_port_rx(queue, frames, 8);
    for (uint32_t i = 0; i < *count; i++) {
        bytes += frames[i].bytes - 54;
    }
    return bytes;
}

static void should_send_frames_as_long_as_the_interface_takes(void) {
    struct dcn_link link;
    CHECK(dcn_link_get("v0", &link) == 0);
    if (link.gso_ipv4_max_size == 0) {
        puts("this kernel knows no longer frames");
        return;
    }
    struct dcn_port_opened near, far;
    open_port("packet:v0?copy=0", &near);
    CHECK(near.facts.max_frame_bytes == 65535 && near.facts.frame_limit_bytes == 65535);
    dcn_port_close(near.port);
    CHECK(dcn_link_set_gso_ipv4_max_size("v0", 300000) == 0);
    open_port("packet:v0?copy=0", &near);
    CHECK(near.facts.max_frame_bytes == 65535);  // a ring's frame has too few fragments for more
    dcn_port_close(near.port);
    open_port("packet:v0?copy=1", &near);
    CHECK(near.facts.max_frame_bytes == 299999 && near.facts.frame_limit_bytes == link.tso_max_size - 1);
    open_port("packet:v1", &far);
    struct dcn_port_queue_opened from = open_queue(near.port);
    struct dcn_port_queue_opened to = open_queue(far.port);
    CHECK(from.state->ring[DCN_RING_DATA].slot_bytes >= 4096 + 299999);
    uint32_t count;
    struct dcn_tx_frame out = long_frame(from.state, 0, far.facts.mac, 70000);
    CHECK(dcn_port_tx(from.queue, &out, 1) == 1 && received_bytes(to.queue, &count) == 70000 - 54 && count == 1);
    out = long_frame(from.state, 0, far.facts.mac, 299999);
    CHECK(dcn_port_tx(from.queue, &out, 1) == 1);
    received_bytes(to.queue, &count);
    CHECK(count == 1 && from.state->retries == 0);  // longer than what is received here: cut off

    // Nobody tells the open port that the interface takes less now; the kernel refuses, and parts of the frame go.
    CHECK(dcn_link_set_gso_ipv4_max_size("v0", 65536) == 0);
    out = long_frame(from.state, 0, far.facts.mac, 299999);
    CHECK(dcn_port_tx(from.queue, &out, 1) == 1);
    CHECK(received_bytes(to.queue, &count) == 299999 - 54 && count == 5);
    CHECK(from.state->retries == 1 && from.state->dropped_refused == 0);
    dcn_port_queue_close(from.queue);
    dcn_port_queue_close(to.queue);
    dcn_port_close(near.port);
    dcn_port_close(far.port);
}

// More SYNs than the limit allows, and an ACK behind them.
static void should_shed_syns_beyond_the_limit(void) {
    struct dcn_port_opened near;
    open_port("packet:v0?syns=1000", &near);
    if ((near.facts.flags & DCN_PORT_SYN_LIMIT) == 0) {
        puts("this kernel takes no programs of ours");
        dcn_port_close(near.port);
        return;
    }
    struct dcn_port_queue_opened queue = open_queue(near.port);
    struct dcn_rx_frame frames[256];
    int wire = frame_bed_socket("v1", 0);
    uint32_t received = 0;
    for (uint32_t i = 0; i <= 5000; i++) {
        struct frame frame = frame_tcp4(0x20000000 + i, 4000, i == 5000 ? ACK : SYN_FLAG);
        memcpy(frame.bytes, near.facts.mac, 6);
        frame_bed_send(wire, &frame);
        received += i % 64 == 0 ? (uint32_t)dcn_port_rx(queue.queue, frames, 256) : 0;
    }
    const uint8_t *last = NULL;
    for (int count; (count = dcn_port_rx(queue.queue, frames, 256)) > 0; received += (uint32_t)count) {
        last = (const uint8_t *)(uintptr_t)queue.state->receive_address + frames[count - 1].offset;
    }
    CHECK(last != NULL && last[ETH_HLEN + 20 + 13] == ACK);
    CHECK(received > 1000 && received < 4000);
    CHECK_EQUAL(5001, received + queue.state->syns_shed);
    CHECK_EQUAL(0, queue.state->receive_dropped);
    close(wire);
    dcn_port_queue_close(queue.queue);
    queue = open_queue(near.port);
    dcn_port_rx(queue.queue, frames, 256);
    CHECK_EQUAL(0, queue.state->syns_shed);  // another queue's count
    dcn_port_queue_close(queue.queue);
    dcn_port_close(near.port);
}

// As in a container that is given no CAP_BPF: a port, and a word about what it lacks.
static void should_do_without_programs_in_the_kernel(void) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{.effective = 1u << CAP_NET_RAW | 1u << CAP_NET_ADMIN}};
        data[0].permitted = data[0].effective;
        CHECK(syscall(SYS_capset, &header, data) == 0);
        struct dcn_port_opened near;
        open_port("packet:v0", &near);
        CHECK((near.facts.flags & DCN_PORT_SPARES_KERNEL) == 0);
        CHECK(dcn_port_address_add(near.port, (const uint8_t[4]){10, 0, 0, 1}, 4) == 0);
        struct dcn_port_queue_opened queue = open_queue(near.port);
        struct frame frame = frame_tcp4(1, 1, SYN_FLAG);
        struct dcn_rx_frame received;
        int wire = frame_bed_socket("v1", 0);
        memcpy(frame.bytes, near.facts.mac, 6);
        frame_bed_send(wire, &frame);
        struct pollfd waiting = {.fd = queue.state->wait_descriptor, .events = POLLIN};
        CHECK(poll(&waiting, 1, 1000) == 1 && dcn_port_rx(queue.queue, &received, 1) == 1);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void should_wake_the_descriptor_when_the_link_changes(bool copies) {
    struct dcn_port_opened near;
    open_port(copies ? "packet:v0?copy=1" : "packet:v0?copy=0", &near);
    struct dcn_port_queue_opened queue = open_queue(near.port);
    struct dcn_rx_frame frames[8];
    struct pollfd waiting = {.fd = queue.state->wait_descriptor, .events = POLLIN};
    for (int up = 0; up < 2; up++) {
        run(up ? "ip link set v0 up" : "ip link set v0 down");
        while (queue.state->link_up != (uint32_t)up) {
            CHECK(poll(&waiting, 1, 3000) == 1);
            CHECK(dcn_port_rx(queue.queue, frames, 8) == 0);
        }
    }
    for (int quiet = 0; quiet < 3;) {  // the last notices, then silence: nothing keeps it readable
        quiet = poll(&waiting, 1, 100) == 0 ? quiet + 1 : 0;
        dcn_port_rx(queue.queue, frames, 8);
    }
    run("ip link delete v0");
    while (queue.state->link_up != 0) {
        CHECK(poll(&waiting, 1, 3000) == 1);
        dcn_port_rx(queue.queue, frames, 8);
    }
    struct dcn_tx_frame out = small_frame(queue.state, 0, near.facts.mac);
    CHECK(dcn_port_tx(queue.queue, &out, 1) == 0);
    CHECK(queue.state->dropped_link_down == 1 && queue.state->tail[DCN_RING_CONTROL] == (copies ? 0 : 1));
    dcn_port_queue_close(queue.queue);
    dcn_port_close(near.port);
}

int main(void) {
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
        puts("skipped: needs root, to make a network namespace");
        return DCN_TEST_SKIPPED;
    }
    run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
    for (int copies = 0; copies < 2; copies++) {
        run("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
        should_name_what_is_wrong();
        should_say_that_huge_pages_are_missing();
        should_wake_the_descriptor_and_hand_frames_over(copies);
        should_send_foreign_bytes_behind_those_of_the_slot(copies);
        should_send_frames_as_long_as_the_interface_takes();
        should_shed_syns_beyond_the_limit();
        should_do_without_programs_in_the_kernel();
        should_wake_the_descriptor_when_the_link_changes(copies);
    }
    puts("ok");
    return 0;
}
