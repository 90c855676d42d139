#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "net/netdev.h"
#include "net/packet.h"
#include "net/xdp.h"

#define RETRY_NS 500000
#define EVENTS 8

static int watch(const struct xdp_queue *queue, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return epoll_ctl(queue->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int xdp_wait_open(struct xdp_queue *queue, const char **what) {
    *what = "epoll, timerfd or rtnetlink";
    queue->epoll = epoll_create1(EPOLL_CLOEXEC);
    queue->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (queue->epoll < 0 || queue->timer < 0) {
        return -errno;
    }
    queue->link = netdev_link_socket();
    if (queue->link < 0) {
        return queue->link;
    }
    queue->neighbours = packet_neighbour_socket(queue->port->index, what);
    const int watched[] = {queue->fd, queue->timer, queue->link, queue->neighbours};
    int rc = queue->neighbours < 0 ? queue->neighbours : 0;
    for (int i = 0; rc == 0 && i < 4; i++) {
        rc = watch(queue, watched[i]);
    }
    queue->state->wait_descriptor = queue->epoll;
    return rc;
}

void xdp_wait_close(struct xdp_queue *queue) {
    const int descriptors[] = {queue->epoll, queue->timer, queue->link, queue->neighbours};
    for (int i = 0; i < 4; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
}

void xdp_wait_link(struct xdp_queue *queue) {
    const struct xdp_port *port = queue->port;
    queue->state->link_up = netdev_link_up(port->fd, port->name, port->index);
}

// Frames that the kernel had no place for: its counts are totals.
static void count_dropped(struct xdp_queue *queue) {
    struct xdp_statistics statistics;
    socklen_t length = sizeof statistics;
    if (getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &statistics, &length) == 0) {
        queue->state->receive_dropped = statistics.rx_dropped + statistics.rx_ring_full;
    }
}

void xdp_wait_drain(struct xdp_queue *queue) {
    struct epoll_event events[EVENTS];
    char messages[8192];
    int count = epoll_wait(queue->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        if (fd == queue->link) {
            // What changed does not matter, nor does an overrun: the state is asked for.
            while (recv(fd, messages, sizeof messages, MSG_DONTWAIT) > 0 || errno == ENOBUFS) {
            }
            xdp_wait_link(queue);
        } else if (fd == queue->timer) {
            uint64_t expirations;
            (void)!read(fd, &expirations, sizeof expirations);
        } else if (fd == queue->neighbours) {
            queue->neighbours_ready = true;
        } else if ((events[i].events & EPOLLERR) != 0) {
            int error;
            socklen_t length = sizeof error;
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
            xdp_wait_link(queue);
        }
    }
    count_dropped(queue);
}

void xdp_wait_retry(struct xdp_queue *queue) {
    struct itimerspec soon = {.it_value = {.tv_nsec = RETRY_NS}};
    timerfd_settime(queue->timer, 0, &soon, NULL);
}
