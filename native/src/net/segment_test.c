// Generated frames are cut, and each packet compared with one that is written out in full by plain arithmetic.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "net/segment.h"
#include "support/test.h"

#define PAYLOAD_MAX 65000u

struct frame {
    uint8_t bytes[SEGMENT_HEADER_BYTES + PAYLOAD_MAX];
    uint32_t header_bytes, network_at, tcp_at, payload_bytes;
    bool ipv6;
};

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

// Big-endian words, modulo 65535: nothing of this is shared with what is tested.
static uint32_t plain_sum(const uint8_t *bytes, uint32_t count, uint32_t sum) {
    for (uint32_t i = 0; i < count; i++) {
        sum = (sum + (i % 2 == 0 ? bytes[i] * 256u : bytes[i])) % 65535;
    }
    return sum;
}

static uint32_t plain_pseudo(const struct frame *frame, const uint8_t *network, uint32_t tcp_bytes) {
    return frame->ipv6 ? plain_sum(network + 8, 32, 6 + tcp_bytes) : plain_sum(network + 12, 8, 6 + tcp_bytes);
}

static void make(struct frame *frame, bool ipv6, bool tagged, uint32_t ip_options, uint32_t tcp_options,
                 uint32_t payload_bytes) {
    for (uint32_t i = 0; i < sizeof frame->bytes; i++) {
        frame->bytes[i] = (uint8_t)rand();
    }
    frame->ipv6 = ipv6;
    frame->network_at = tagged ? 18 : 14;
    frame->tcp_at = frame->network_at + (ipv6 ? 40 : 20 + ip_options);
    frame->header_bytes = frame->tcp_at + 20 + tcp_options;
    frame->payload_bytes = payload_bytes;
    if (tagged) {
        put16(frame->bytes + 12, 0x8100);
    }
    put16(frame->bytes + frame->network_at - 2, ipv6 ? 0x86dd : 0x0800);
    uint8_t *network = frame->bytes + frame->network_at;
    network[0] = ipv6 ? 0x60 : (uint8_t)(0x40 + (20 + ip_options) / 4);
    network[ipv6 ? 6 : 9] = 6;
    frame->bytes[frame->tcp_at + 12] = (uint8_t)((20 + tcp_options) / 4 << 4);
}

// The packet as it must be, all of it.
static uint32_t plain_packet(const struct frame *frame, uint32_t offset, uint32_t segment_bytes, uint8_t *out) {
    uint32_t left = frame->payload_bytes - offset;
    uint32_t bytes = left < segment_bytes ? left : segment_bytes;
    memcpy(out, frame->bytes, frame->header_bytes);
    memcpy(out + frame->header_bytes, frame->bytes + frame->header_bytes + offset, bytes);
    uint8_t *network = out + frame->network_at;
    uint8_t *tcp = out + frame->tcp_at;
    uint32_t tcp_bytes = frame->header_bytes - frame->tcp_at + bytes;
    if (frame->ipv6) {
        put16(network + 4, tcp_bytes);
    } else {
        put16(network + 2, frame->tcp_at - frame->network_at + tcp_bytes);
        put16(network + 4, network[4] * 256u + network[5] + offset / segment_bytes);
        put16(network + 10, 0);
        put16(network + 10, 65535 - plain_sum(network, frame->tcp_at - frame->network_at, 0));
    }
    put32(tcp + 4, ((uint32_t)tcp[4] << 24 | (uint32_t)tcp[5] << 16 | (uint32_t)tcp[6] << 8 | tcp[7]) + offset);
    tcp[13] &= offset != 0 ? 0x7f : 0xff;
    tcp[13] &= bytes != left ? 0xf6 : 0xff;
    put16(tcp + 16, 0);
    put16(tcp + 16, 65535 - plain_sum(tcp, tcp_bytes, plain_pseudo(frame, network, tcp_bytes)));
    return bytes;
}

// A checksum of all ones and one of zero say the same (RFC 1624 3).
static bool same_checksum(const uint8_t *one, const uint8_t *other) {
    return (one[0] * 256u + one[1]) % 65535 == (other[0] * 256u + other[1]) % 65535;
}

static void compare(const struct frame *frame, uint32_t segment_bytes) {
    static uint8_t want[SEGMENT_HEADER_BYTES + PAYLOAD_MAX];
    uint8_t got[SEGMENT_HEADER_BYTES];
    struct segment_template template;
    CHECK(segment_begin(&template, frame->bytes, frame->header_bytes, frame->tcp_at, frame->payload_bytes,
                        segment_bytes));
    const uint8_t *payload = frame->bytes + frame->header_bytes;
    for (uint32_t offset = 0, bytes; offset < frame->payload_bytes; offset += bytes) {
        bytes = plain_packet(frame, offset, segment_bytes, want);
        CHECK(segment_write_complete(&template, offset, payload + offset, got) == bytes);
        CHECK(same_checksum(got + frame->tcp_at + 16, want + frame->tcp_at + 16));
        if (!frame->ipv6) {
            CHECK(same_checksum(got + frame->network_at + 10, want + frame->network_at + 10));
            memcpy(got + frame->network_at + 10, want + frame->network_at + 10, 2);
        }
        memcpy(got + frame->tcp_at + 16, want + frame->tcp_at + 16, 2);
        CHECK(memcmp(got, want, frame->header_bytes) == 0);

        // Left partial, it is that of the pseudo header, and a device makes the same of it.
        CHECK(segment_write(&template, offset, got) == bytes);
        CHECK(segment_partial(want, frame->header_bytes + bytes) == false);
        memcpy(want, got, frame->header_bytes);
        CHECK(frame->tcp_at != frame->network_at + (frame->ipv6 ? 40 : 20) ||
              segment_partial(want, frame->header_bytes + bytes));
        uint32_t tcp_bytes = frame->header_bytes - frame->tcp_at + bytes;
        uint8_t pseudo[2];
        put16(pseudo, plain_pseudo(frame, want + frame->network_at, tcp_bytes));
        CHECK(same_checksum(want + frame->tcp_at + 16, pseudo));
        segment_complete(want, frame->header_bytes + bytes, frame->tcp_at);
        CHECK(plain_sum(want + frame->tcp_at, tcp_bytes, plain_pseudo(frame, want + frame->network_at, tcp_bytes)) %
                  65535 == 0);
    }
}

static void should_write_what_plain_arithmetic_writes(void) {
    static struct frame frame;
    for (int round = 0; round < 300; round++) {
        bool ipv6 = rand() % 2;
        uint32_t payload_bytes = 1 + (uint32_t)rand() % (round % 10 == 0 ? PAYLOAD_MAX : 5000);
        make(&frame, ipv6, rand() % 2, ipv6 ? 0 : (uint32_t)(rand() % 3) * 4, (uint32_t)(rand() % 11) * 4, payload_bytes);
        compare(&frame, 1 + (uint32_t)rand() % 9000);
        compare(&frame, 1448);
    }
}

static void should_refuse_what_is_not_tcp_over_ip(void) {
    static struct frame frame;
    struct segment_template template;
    make(&frame, false, false, 0, 0, 5000);
    CHECK(segment_begin(&template, frame.bytes, 54, 34, 5000, 1448));
    CHECK(!segment_begin(&template, frame.bytes, 53, 34, 5000, 1448));
    CHECK(!segment_begin(&template, frame.bytes, 135, 34, 5000, 1448));
    CHECK(!segment_begin(&template, frame.bytes, 54, 33, 5000, 1448));
    CHECK(!segment_begin(&template, frame.bytes, 54, 34, 5000, 0));
    CHECK(!segment_begin(&template, frame.bytes, 54, 34, 0, 1448));
    put16(frame.bytes + 12, 0x0806);
    CHECK(!segment_begin(&template, frame.bytes, 54, 34, 5000, 1448));
}

static void should_find_nothing_partial_in_garbage(void) {
    static struct frame frame;
    for (uint32_t bytes = 0; bytes < 60; bytes++) {
        make(&frame, bytes % 2, false, 0, 0, 1000);
        uint8_t *exact = malloc(bytes + 1);  // the sanitizer tells when more is read
        memcpy(exact, frame.bytes, bytes);
        CHECK(bytes >= 54 || !segment_partial(exact, bytes));
        free(exact);
    }
}

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Not a check: what segmentation costs here, told to who runs the test by itself.
static void print_costs(void) {
    static struct frame frame;
    uint8_t out[SEGMENT_HEADER_BYTES];
    struct segment_template template;
    make(&frame, false, false, 0, 12, 60000);
    for (int complete = 0; complete < 2; complete++) {
        double start = cpu_seconds();
        for (int round = 0; round < 2000; round++) {
            segment_begin(&template, frame.bytes, frame.header_bytes, frame.tcp_at, frame.payload_bytes, 1448);
            for (uint32_t offset = 0; offset < frame.payload_bytes; offset += 1448) {
                const uint8_t *payload = frame.bytes + frame.header_bytes + offset;
                complete ? segment_write_complete(&template, offset, payload, out) : segment_write(&template, offset, out);
            }
        }
        printf("cpuSecondsPerGB=%.4f checksums=%s\n", (cpu_seconds() - start) / (2000 * 60000e-9),
               complete ? "complete" : "partial");
    }
}

int main(void) {
    srand(9293);
    should_write_what_plain_arithmetic_writes();
    should_refuse_what_is_not_tcp_over_ip();
    should_find_nothing_partial_in_garbage();
    print_costs();
    return 0;
}
