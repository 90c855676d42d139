#include "net/segment.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

// Where fields are in the headers (RFC 791 3.1, RFC 8200 3, RFC 9293 3.1).
enum {
    IPV4_LENGTH = 2, IPV4_IDENTIFICATION = 4, IPV4_FRAGMENT = 6, IPV4_PROTOCOL = 9, IPV4_CHECKSUM = 10,
    IPV4_ADDRESSES = 12, IPV4_BYTES = 20,
    IPV6_LENGTH = 4, IPV6_NEXT = 6, IPV6_ADDRESSES = 8, IPV6_BYTES = 40,
    TCP_SEQUENCE = 4, TCP_FLAGS = 13, TCP_CHECKSUM = 16, TCP_BYTES = 20,
};

enum { FLAG_FIN = 0x01, FLAG_PSH = 0x08, FLAG_CWR = 0x80 };

static uint16_t load16(const uint8_t *at) {
    uint16_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint32_t load32(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static void store16(uint8_t *at, uint16_t word) {
    memcpy(at, &word, sizeof word);
}

static uint16_t fold(uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint64_t segment_sum(const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    // Sums of 64-bit words with their carries counted apart: four chains that do not wait for one another.
    uint64_t sums[4] = {0}, carries[4] = {0};
    for (; count >= 32; count -= 32, at += 32) {
        for (int i = 0; i < 4; i++) {
            uint64_t word;
            memcpy(&word, at + 8 * i, sizeof word);
            carries[i] += __builtin_add_overflow(sums[i], word, &sums[i]);
        }
    }
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (sums[i] & 0xffffffff) + (sums[i] >> 32) + carries[i];
    }
    for (; count >= 2; count -= 2, at += 2) {
        sum += load16(at);
    }
    if (count != 0) {
        uint8_t last[2] = {at[0], 0};
        sum += load16(last);
    }
    return fold(sum);
}

// Where the network header begins, and whether it is IPv6; 0 when it is neither.
static uint32_t network_header(const uint8_t *frame, uint32_t bytes, bool *ipv6) {
    uint32_t at = ETH_HLEN;
    if (bytes >= at + 4 && frame[12] == 0x81 && frame[13] == 0x00) {  // IEEE 802.1Q tag in front
        at += 4;
    }
    if (bytes < at) {
        return 0;
    }
    uint16_t type = ntohs(load16(frame + at - 2));
    *ipv6 = type == ETH_P_IPV6;
    return type == ETH_P_IP || type == ETH_P_IPV6 ? at : 0;
}

static uint32_t pseudo_sum(const uint8_t *network, bool ipv6) {
    uint64_t addresses = ipv6 ? segment_sum(network + IPV6_ADDRESSES, 32) : segment_sum(network + IPV4_ADDRESSES, 8);
    return (uint32_t)addresses + htons(IPPROTO_TCP);
}

bool segment_begin(struct segment_template *template, const uint8_t *headers, uint32_t header_bytes, uint32_t tcp_at,
                   uint32_t payload_bytes, uint32_t segment_bytes) {
    bool ipv6 = false;
    uint32_t network_at = network_header(headers, header_bytes, &ipv6);
    uint32_t least = ipv6 ? IPV6_BYTES : IPV4_BYTES;
    if (network_at == 0 || header_bytes > SEGMENT_HEADER_BYTES || tcp_at < network_at + least ||
        header_bytes < tcp_at + TCP_BYTES || segment_bytes == 0 || payload_bytes == 0) {
        return false;
    }
    const uint8_t *network = headers + network_at;
    const uint8_t *tcp = headers + tcp_at;
    *template = (struct segment_template){
        .headers = headers,
        .header_bytes = header_bytes,
        .tcp_at = tcp_at,
        .payload_bytes = payload_bytes,
        .segment_bytes = segment_bytes,
        .network_at = network_at,
        .ipv6 = ipv6,
        .identification = ntohs(load16(network + IPV4_IDENTIFICATION)),
        .sequence = ntohl(load32(tcp + TCP_SEQUENCE)),
        .pseudo_sum = pseudo_sum(network, ipv6),
    };
    if (!ipv6) {
        template->ip_sum = (uint32_t)(segment_sum(network, IPV4_LENGTH) +
                                      segment_sum(network + IPV4_FRAGMENT, IPV4_CHECKSUM - IPV4_FRAGMENT) +
                                      segment_sum(network + IPV4_ADDRESSES, tcp_at - network_at - IPV4_ADDRESSES));
    }
    uint8_t offset[2] = {tcp[TCP_FLAGS - 1], 0};
    template->tcp_sum = (uint32_t)(segment_sum(tcp, TCP_SEQUENCE) + segment_sum(tcp + 8, 4) + load16(offset) +
                                   segment_sum(tcp + 14, 2) + segment_sum(tcp + 18, header_bytes - tcp_at - 18));
    return true;
}

static void write_network(const struct segment_template *template, uint32_t offset, uint32_t packet_bytes,
                          uint8_t *network) {
    if (template->ipv6) {
        store16(network + IPV6_LENGTH, htons((uint16_t)(packet_bytes - IPV6_BYTES)));
        return;
    }
    uint16_t length = htons((uint16_t)packet_bytes);
    uint16_t identification = htons((uint16_t)(template->identification + offset / template->segment_bytes));
    store16(network + IPV4_LENGTH, length);
    store16(network + IPV4_IDENTIFICATION, identification);
    store16(network + IPV4_CHECKSUM, (uint16_t)~fold((uint64_t)template->ip_sum + length + identification));
}

// What of the TCP header differs from packet to packet; returns its sum.
static uint32_t write_tcp(const struct segment_template *template, uint32_t offset, bool last, uint8_t *tcp) {
    uint32_t sequence = htonl(template->sequence + offset);
    memcpy(tcp + TCP_SEQUENCE, &sequence, sizeof sequence);
    if (offset != 0) {
        tcp[TCP_FLAGS] &= (uint8_t)~FLAG_CWR;
    }
    if (!last) {
        tcp[TCP_FLAGS] &= (uint8_t)~(FLAG_FIN | FLAG_PSH);
    }
    uint8_t flags[2] = {0, tcp[TCP_FLAGS]};
    return (sequence & 0xffff) + (sequence >> 16) + load16(flags);
}

static uint32_t write_packet(const struct segment_template *template, uint32_t offset, const uint8_t *payload,
                             uint8_t *out) {
    uint32_t left = template->payload_bytes - offset;
    bool last = left <= template->segment_bytes;
    uint32_t bytes = last ? left : template->segment_bytes;
    memcpy(out, template->headers, template->header_bytes);
    write_network(template, offset, template->header_bytes - template->network_at + bytes, out + template->network_at);
    uint32_t varying = write_tcp(template, offset, last, out + template->tcp_at);
    uint64_t sum = (uint64_t)template->pseudo_sum + htons((uint16_t)(template->header_bytes - template->tcp_at + bytes));
    uint16_t checksum = fold(sum);
    if (payload != NULL) {
        checksum = (uint16_t)~fold(sum + template->tcp_sum + varying + segment_sum(payload, bytes));
    }
    store16(out + template->tcp_at + TCP_CHECKSUM, checksum);
    return bytes;
}

uint32_t segment_write(const struct segment_template *template, uint32_t offset, uint8_t *out) {
    return write_packet(template, offset, NULL, out);
}

uint32_t segment_write_complete(const struct segment_template *template, uint32_t offset, const uint8_t *payload,
                                uint8_t *out) {
    return write_packet(template, offset, payload, out);
}

void segment_complete(uint8_t *frame, uint32_t frame_bytes, uint32_t checksum_start) {
    // The pseudo header's sum is in the place of the checksum.
    uint64_t sum = segment_sum(frame + checksum_start, frame_bytes - checksum_start);
    store16(frame + checksum_start + TCP_CHECKSUM, (uint16_t)~fold(sum));
}

bool segment_partial(const uint8_t *frame, uint32_t frame_bytes) {
    bool ipv6 = false;
    uint32_t at = network_header(frame, frame_bytes, &ipv6);
    if (at == 0 || frame_bytes < at + (ipv6 ? IPV6_BYTES : IPV4_BYTES) + TCP_BYTES) {
        return false;
    }
    const uint8_t *network = frame + at;
    uint32_t header_bytes = ipv6 ? IPV6_BYTES : (network[0] & 15u) * 4u;
    uint32_t packet_bytes = ipv6 ? ntohs(load16(network + IPV6_LENGTH)) + IPV6_BYTES : ntohs(load16(network + IPV4_LENGTH));
    if (network[ipv6 ? IPV6_NEXT : IPV4_PROTOCOL] != IPPROTO_TCP || header_bytes < IPV4_BYTES ||
        packet_bytes < header_bytes + TCP_BYTES || frame_bytes < at + packet_bytes) {
        return false;
    }
    uint64_t sum = (uint64_t)pseudo_sum(network, ipv6) + htons((uint16_t)(packet_bytes - header_bytes));
    return load16(network + header_bytes + TCP_CHECKSUM) == fold(sum);
}
