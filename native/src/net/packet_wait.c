#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "net/netdev.h"
#include "net/packet.h"

#define RETRY_NS 500000
#define EVENTS 8

static int watch(const struct packet_queue *queue, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.fd = fd}};
    return epoll_ctl(queue->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int packet_wait_open(struct packet_queue *queue) {
    queue->epoll = epoll_create1(EPOLL_CLOEXEC);
    queue->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (queue->epoll < 0 || queue->timer < 0) {
        return -errno;
    }
    queue->link = netdev_link_socket();
    if (queue->link < 0) {
        return queue->link;
    }
    int rc = watch(queue, queue->link, EPOLLIN);
    if (rc == 0) {
        rc = watch(queue, queue->timer, EPOLLIN);
    }
    for (uint32_t i = 0; rc == 0 && i < queue->rx_rings; i++) {
        rc = watch(queue, queue->rx[i].fd, EPOLLIN);
    }
    queue->state->wait_descriptor = queue->epoll;
    return rc;
}

void packet_wait_link(struct packet_queue *queue) {
    const struct packet_port *port = queue->port;
    queue->state->link_up = netdev_link_up(port->fd, port->name, port->index);
}

static void drain_link(struct packet_queue *queue) {
    char messages[8192];
    // What changed does not matter, nor does an overrun: the state is asked for.
    while (recv(queue->link, messages, sizeof messages, MSG_DONTWAIT) > 0 || errno == ENOBUFS) {
    }
    packet_wait_link(queue);
}

void packet_wait_drain(struct packet_queue *queue) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(queue->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        if (fd == queue->link) {
            drain_link(queue);
        } else if (fd == queue->timer) {
            uint64_t expirations;
            (void)!read(fd, &expirations, sizeof expirations);
        } else if ((events[i].events & EPOLLERR) != 0) {
            // A socket keeps the error of a link that went down, and polls with it, until asked.
            int error;
            socklen_t length = sizeof error;
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
            packet_wait_link(queue);
        }
    }
}

void packet_wait_starved(struct packet_queue *queue) {
    for (int i = 0; i < DCN_RINGS; i++) {
        bool wanted = queue->state->starved[i] != 0;
        if (wanted == queue->tx_watched[i]) {
            continue;
        }
        if (wanted) {
            // Edge: the socket is almost always writable in the kernel's eyes; what wakes us is a freed frame.
            watch(queue, queue->tx_fd[i], EPOLLOUT | EPOLLET);
        } else {
            epoll_ctl(queue->epoll, EPOLL_CTL_DEL, queue->tx_fd[i], NULL);
        }
        queue->tx_watched[i] = wanted;
    }
}

void packet_wait_retry(struct packet_queue *queue) {
    struct itimerspec soon = {.it_value = {.tv_nsec = RETRY_NS}};
    timerfd_settime(queue->timer, 0, &soon, NULL);
}
