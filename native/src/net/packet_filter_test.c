// Both filters on sockets of a veth pair, and the limit of the one that has it.
#include "net/packet_filter.h"

#include <errno.h>
#include <time.h>

#include "net/frame_bed.h"

#define RATE 1000u  // SYNs a second: what passes at once is a second's worth, and a bit
#define CLIENTS 200u
#define RING 100000u  // slots: more than come

static int wire;

static struct frame icmp4(uint8_t type, uint32_t option_words) {
    struct frame frame = frame_ipv4(1, 1, option_words);
    frame.bytes[ETH_HLEN + 20 + 4 * option_words] = type;
    return frame;
}

static struct frame icmp6(uint8_t type) {
    struct frame frame = frame_ipv6(58, 1);
    frame.bytes[ETH_HLEN + 40] = type;
    return frame;
}

static struct frame icmp6_behind_options(uint8_t next, uint8_t units, uint8_t type) {
    struct frame frame = frame_ipv6(0, 1);
    frame.bytes[ETH_HLEN + 40] = next;
    frame.bytes[ETH_HLEN + 41] = units;
    frame.bytes[ETH_HLEN + 48] = type;
    return frame;
}

static struct frame to_station(struct frame frame, const uint8_t *station) {
    memcpy(frame.bytes, station, 6);
    return frame;
}

static struct frame tagged(struct frame frame, uint16_t vlan) {
    memmove(frame.bytes + 16, frame.bytes + 12, frame.count - 12);
    frame.count += 4;
    memcpy(frame.bytes + 12, (uint8_t[4]){0x81, 0, (uint8_t)(vlan >> 8), (uint8_t)vlan}, 4);
    return frame;
}

static struct frame cut(struct frame frame, uint32_t count) {
    frame.count = count;
    return frame;
}

static struct frame fragment(struct frame frame, uint8_t offset) {
    frame.bytes[ETH_HLEN + 7] = offset;
    return frame;
}

static struct syn_limit limit_of(uint32_t rate) {
    struct syn_limit limit;
    CHECK_EQUAL(0, syn_limit_open(&limit, rate, RING));
    return limit;
}

static int limited_socket(const struct syn_limit *limit, uint32_t queue) {
    int fd = frame_bed_socket("v0", ETH_P_ALL);
    CHECK_EQUAL(0, packet_filter_attach(fd, true, true));
    CHECK_EQUAL(0, packet_filter_attach_limited(fd, true, limit, queue));
    frame_bed_drain(fd);
    return fd;
}

static void should_sort_frames_alike_with_and_without_a_limit(void) {
    static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
    const struct {
        struct frame frame;
        bool flow, neighbour;
    } cases[] = {
        {to_station(frame_ethernet(ETH_P_ARP), everybody), false, true},
        {frame_ethernet(ETH_P_IPX), true, false},
        {frame_tcp4(1, 1, ACK), true, false},
        {frame_tcp4(1, 1, SYN_FLAG), true, false},
        {frame_tcp6(1, 1, SYN_FLAG), true, false},
        {frame_ipv4(17, 1, 0), true, false},
        {fragment(frame_tcp4(1, 1, SYN_FLAG), 9), true, false},
        {icmp4(8, 0), true, false},
        {icmp4(3, 0), false, true},
        {icmp4(3, 2), false, true},
        {icmp6(4), false, true},
        {icmp6(5), true, false},
        {icmp6(128), true, false},
        {icmp6(133), false, true},
        {icmp6(137), false, true},
        {icmp6(138), true, false},
        {frame_ipv6(0, 1), true, false},
        {icmp6_behind_options(58, 0, 130), false, true},
        {icmp6_behind_options(58, 0, 131), true, false},
        {icmp6_behind_options(58, 1, 130), true, false},
        {icmp6_behind_options(6, 0, 130), true, false},
        {to_station(frame_tcp4(1, 1, ACK), OTHER_STATION), false, false},
        {tagged(frame_tcp4(1, 1, ACK), 100), false, false},
        {tagged(frame_tcp4(1, 1, ACK), 0), true, false},
        {cut(frame_ipv6(58, 1), ETH_HLEN + 40), false, false},
    };
    struct syn_limit limit = limit_of(SYN_LIMIT_MAX);
    int flows = frame_bed_socket("v0", ETH_P_ALL);
    int neighbours = frame_bed_socket("v0", ETH_P_ALL);
    int limited = frame_bed_socket("v0", ETH_P_ALL);
    int limited_all = limited_socket(&limit, 1);
    CHECK_EQUAL(0, packet_filter_attach(flows, true, false));
    CHECK_EQUAL(0, packet_filter_attach(neighbours, false, true));
    CHECK_EQUAL(0, packet_filter_attach_limited(limited, false, &limit, 0));
    const int sockets[] = {flows, neighbours, limited, limited_all};
    for (int i = 0; i < 4; i++) {
        frame_bed_drain(sockets[i]);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t wanted[] = {cases[i].flow, cases[i].neighbour, cases[i].flow,
                                   cases[i].flow || cases[i].neighbour};
        frame_bed_send(wire, &cases[i].frame);
        for (int j = 0; j < 4; j++) {
            uint32_t found = frame_bed_drain(sockets[j]);
            if (found != wanted[j]) {
                (void)fprintf(stderr, "case=%zu socket=%d found=%u\n", i, j, found);
                exit(1);
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        close(sockets[i]);
    }
    syn_limit_close(&limit);
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sleep_ms(uint32_t ms) {
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l}, NULL);
}

// SYNs of clients who were never here before.
static void flood(uint32_t count) {
    static uint32_t stranger = 0x20000000;
    for (uint32_t i = 0; i < count; i++) {
        struct frame frame = stranger % 2 == 0 ? frame_tcp4(stranger, 4000, SYN_FLAG) : frame_tcp6(stranger, 4000, SYN_FLAG);
        frame_bed_send(wire, &frame);
        stranger++;
    }
}

static uint32_t passed(int fd, const struct frame *frames, uint32_t count) {
    frame_bed_drain(fd);
    for (uint32_t i = 0; i < count; i++) {
        frame_bed_send(wire, &frames[i]);
    }
    return frame_bed_drain(fd);
}

static void should_shed_what_is_beyond_the_limit(void) {
    struct syn_limit limit = limit_of(RATE);
    int fd = limited_socket(&limit, 3);
    uint64_t start = now_ms();
    flood(5000);
    uint32_t taken = frame_bed_drain(fd);
    uint64_t grown = (now_ms() - start + 20) * RATE / 1000;
    CHECK(taken >= SYN_LIMIT_CREDIT / 2 && taken <= SYN_LIMIT_CREDIT / 2 + grown);
    CHECK_EQUAL(5000 - taken, syn_limit_shed(&limit, 3));
    CHECK_EQUAL(0, syn_limit_shed(&limit, 2));
    close(fd);
    syn_limit_close(&limit);
}

static void should_leave_room_in_the_ring(void) {
    struct syn_limit limit;
    CHECK_EQUAL(0, syn_limit_open(&limit, SYN_LIMIT_MAX, 400));
    int fd = limited_socket(&limit, 0);
    struct frame clients[CLIENTS];
    for (uint32_t i = 0; i < CLIENTS; i++) {
        clients[i] = frame_tcp4(9, (uint16_t)(i + 1), SYN_FLAG);
    }
    flood(300);
    CHECK_EQUAL(200, frame_bed_drain(fd));
    CHECK_EQUAL(0, passed(fd, clients, CLIENTS));
    sleep_ms(1010);
    CHECK_EQUAL(100, passed(fd, clients, CLIENTS));  // they come again
    syn_limit_take(&limit, 0, syn_limit_passed(&limit, 0));
    flood(300);
    CHECK_EQUAL(200, frame_bed_drain(fd));
    close(fd);
    syn_limit_close(&limit);
}

static void should_shed_nothing_but_syns(void) {
    struct syn_limit limit = limit_of(1);
    int fd = limited_socket(&limit, 0);
    struct frame options = frame_ipv4(6, 5, 3);
    frame_tcp(&options, ETH_HLEN + 32, 5, SYN_FLAG);
    const struct frame syns[] = {frame_tcp4(1, 1, SYN_FLAG), frame_tcp6(1, 1, SYN_FLAG), options,
                                 frame_tcp4(1, 2, SYN_FLAG | ECE | CWR), tagged(frame_tcp4(2, 2, SYN_FLAG), 0)};
    frame_tcp(&options, ETH_HLEN + 32, 5, ACK);
    const struct frame others[] = {
        frame_tcp4(1, 1, ACK),
        frame_tcp4(1, 1, SYN_FLAG | ACK),
        frame_tcp4(1, 1, SYN_FLAG | RST),
        frame_tcp4(1, 1, SYN_FLAG | FIN),
        frame_tcp6(1, 1, ACK),
        options,
        fragment(frame_tcp4(1, 1, SYN_FLAG), 1),
        frame_ipv4(17, 1, 0),
        frame_ethernet(ETH_P_ARP),
        icmp6(135),
        frame_ethernet(ETH_P_IPX),
    };
    flood(3 * SYN_LIMIT_CREDIT);  // a second is worth one
    CHECK_EQUAL(0, passed(fd, syns, sizeof syns / sizeof syns[0]));
    CHECK_EQUAL(sizeof others / sizeof others[0], passed(fd, others, sizeof others / sizeof others[0]));
    close(fd);
    syn_limit_close(&limit);
}

static void wait_for_a_new_spell(void) {
    const long spell_ns = 1l << SYN_LIMIT_SPELL_SHIFT;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long into_ns = (now.tv_sec * 1000000000l + now.tv_nsec) % spell_ns;
    sleep_ms((uint32_t)((spell_ns - into_ns) / 1000000 + 10));
}

static void should_take_clients_that_come_again(void) {
    struct syn_limit limit = limit_of(RATE);
    int fd = limited_socket(&limit, 0);
    struct frame clients[CLIENTS];
    for (uint32_t i = 0; i < CLIENTS; i++) {
        clients[i] = i % 2 == 0 ? frame_tcp4(7, (uint16_t)(i + 1), SYN_FLAG) : frame_tcp6(7, (uint16_t)(i + 1), SYN_FLAG);
    }
    flood(3000);
    wait_for_a_new_spell();
    flood(3000);
    CHECK(passed(fd, clients, CLIENTS) < CLIENTS / 2);
    CHECK(passed(fd, clients, CLIENTS) < CLIENTS / 2);  // at once is too early: so a flood of a few senders gains nothing
    sleep_ms(1010);
    flood(3000);
    CHECK(passed(fd, clients, CLIENTS) > CLIENTS - 5);  // one in 50 may be taken for somebody of the flood
    CHECK(passed(fd, clients, CLIENTS) < CLIENTS / 2);  // and again at once, as only floods do
    flood(3000);
    sleep_ms(2200);
    flood(5000);
    CHECK(passed(fd, clients, CLIENTS) < CLIENTS / 2);  // too late
    close(fd);
    syn_limit_close(&limit);
}

int main(void) {
    if (!frame_bed_make()) {
        return DCN_TEST_SKIPPED;
    }
    struct syn_limit limit;
    if (syn_limit_open(&limit, RATE, RING) == -EPERM) {
        puts("skipped: the kernel takes no programs of ours");
        return DCN_TEST_SKIPPED;
    }
    syn_limit_close(&limit);
    wire = frame_bed_socket("v1", 0);
    should_sort_frames_alike_with_and_without_a_limit();
    should_shed_what_is_beyond_the_limit();
    should_leave_room_in_the_ring();
    should_shed_nothing_but_syns();
    should_take_clients_that_come_again();
    puts("ok");
    return 0;
}
