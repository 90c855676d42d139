#include "net/netmap_board.h"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IPV4_PROTOCOL 23u
#define IPV6_NEXT_HEADER 20u
#define IPV6_PAYLOAD 54u
#define OPTIONS_BYTES 8u  // of a hop-by-hop header with Router Alert, RFC 2711 2.1

struct netmap_board *netmap_board_new(void) {
    struct netmap_board *board = calloc(1, sizeof *board);
    if (board != NULL) {
        pthread_mutex_init(&board->lock, NULL);
        memset(board->event, 0xff, sizeof board->event);  // -1
    }
    return board;
}

// An error about what was sent says in its payload only whose it is: RFC 792.
static bool is_ipv4_error(const uint8_t *frame, uint32_t bytes) {
    uint32_t icmp_at = ETH_HLEN + (frame[ETH_HLEN] & 15u) * 4;
    return bytes > icmp_at && frame[IPV4_PROTOCOL] == IPPROTO_ICMP && frame[icmp_at] == ICMP_DEST_UNREACH;
}

// RFC 4443 3, RFC 4861 4; RFC 3810 5: questions who listens to groups come behind Router Alert.
static bool is_told_to_all(const uint8_t *frame, uint32_t bytes) {
    const uint8_t *payload = frame + IPV6_PAYLOAD;
    if (frame[IPV6_NEXT_HEADER] == IPPROTO_HOPOPTS) {
        return bytes > IPV6_PAYLOAD + OPTIONS_BYTES && payload[0] == IPPROTO_ICMPV6 && payload[1] == 0 &&
               payload[OPTIONS_BYTES] == MLD_LISTENER_QUERY;
    }
    return frame[IPV6_NEXT_HEADER] == IPPROTO_ICMPV6 &&
           (payload[0] <= ICMP6_PARAM_PROB || (payload[0] >= ND_ROUTER_SOLICIT && payload[0] <= ND_REDIRECT));
}

bool netmap_board_wants(const uint8_t *frame, uint32_t bytes) {
    if (bytes > NETMAP_BOARD_BYTES || bytes < ETH_HLEN) {
        return false;
    }
    uint32_t type = (uint32_t)(frame[12] << 8 | frame[13]);
    if (type == ETH_P_IP) {
        return bytes > IPV4_PROTOCOL && is_ipv4_error(frame, bytes);
    }
    if (type == ETH_P_IPV6) {
        return bytes > IPV6_PAYLOAD && is_told_to_all(frame, bytes);
    }
    return type == ETH_P_ARP;
}

void netmap_board_post(struct netmap_board *board, uint32_t worker, const uint8_t *frame, uint32_t bytes) {
    pthread_mutex_lock(&board->lock);
    struct netmap_posted *posted = &board->posted[board->written % NETMAP_BOARD_FRAMES];
    posted->worker = worker;
    posted->bytes = bytes;
    memcpy(posted->frame, frame, bytes);
    // Relaxed: who looks without the lock only learns that there is something to take it for.
    __atomic_store_n(&board->written, board->written + 1, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < NETMAP_BOARD_WORKERS; i++) {
        uint64_t one = 1;
        if (i != worker && board->event[i] >= 0) {
            (void)!write(board->event[i], &one, sizeof one);
        }
    }
    pthread_mutex_unlock(&board->lock);
}

void netmap_board_watch(struct netmap_board *board, uint32_t worker, int event) {
    pthread_mutex_lock(&board->lock);
    board->event[worker] = event;
    pthread_mutex_unlock(&board->lock);
}

uint32_t netmap_board_read(struct netmap_board *board, uint32_t worker, uint64_t *read, uint8_t *frame) {
    if (__atomic_load_n(&board->written, __ATOMIC_RELAXED) == *read) {
        return 0;
    }
    uint32_t bytes = 0;
    pthread_mutex_lock(&board->lock);
    if (board->written - *read > NETMAP_BOARD_FRAMES) {
        *read = board->written - NETMAP_BOARD_FRAMES;
    }
    for (; bytes == 0 && *read != board->written; ++*read) {
        const struct netmap_posted *posted = &board->posted[*read % NETMAP_BOARD_FRAMES];
        if (posted->worker != worker) {
            bytes = posted->bytes;
            memcpy(frame, posted->frame, bytes);
        }
    }
    pthread_mutex_unlock(&board->lock);
    return bytes;
}
