#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "net/netdev.h"
#include "net/netmap.h"

#define ROOM_NS 500000     // to the next look for room in the ring
#define ERROR_NS 10000000  // to the next look at rings that poll with an error
#define EVENTS 8

static int watch(const struct netmap_queue *queue, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return epoll_ctl(queue->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int link_socket(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd < 0 ? -errno : fd;
}

int netmap_wait_open(struct netmap_queue *queue) {
    queue->epoll = epoll_create1(EPOLL_CLOEXEC);
    queue->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    queue->board_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->epoll < 0 || queue->timer < 0 || queue->board_event < 0) {
        return -errno;
    }
    queue->link = link_socket();
    if (queue->link < 0) {
        return queue->link;
    }
    int rc = watch(queue, queue->link);
    rc = rc < 0 ? rc : watch(queue, queue->timer);
    rc = rc < 0 ? rc : watch(queue, queue->board_event);
    rc = rc < 0 ? rc : watch(queue, queue->device.fd);
    rc = rc < 0 || queue->host.fd < 0 ? rc : watch(queue, queue->host.fd);
    queue->watched = true;
    queue->host_watched = queue->host.fd >= 0;
    netmap_board_watch(queue->port->board, queue->worker, queue->board_event);
    queue->state->wait_descriptor = queue->epoll;
    return rc;
}

void netmap_wait_close(struct netmap_queue *queue) {
    netmap_board_watch(queue->port->board, queue->worker, -1);
    const int fds[] = {queue->epoll, queue->link, queue->timer, queue->board_event};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static void wake_after(const struct netmap_queue *queue, long ns) {
    struct itimerspec soon = {.it_value = {.tv_nsec = ns}};
    timerfd_settime(queue->timer, 0, &soon, NULL);
}

void netmap_wait_room(struct netmap_queue *queue, bool wanted) {
    if (wanted) {
        wake_after(queue, ROOM_NS);
    }
    bool full = wanted && netmap_space(queue->tx.ring, queue->tx.ring->head) == 0;
    if (full != queue->room_watched && queue->watched) {
        struct epoll_event event = {.events = EPOLLIN | (full ? EPOLLOUT : 0), .data = {.fd = queue->device.fd}};
        epoll_ctl(queue->epoll, EPOLL_CTL_MOD, queue->device.fd, &event);
        queue->room_watched = full;
    }
}

static void leave(struct netmap_queue *queue, int fd, bool *watched) {
    if (*watched && fd >= 0) {
        epoll_ctl(queue->epoll, EPOLL_CTL_DEL, fd, NULL);
    }
    *watched = false;
}

static void watch_again(struct netmap_queue *queue) {
    if (!queue->watched) {
        queue->watched = watch(queue, queue->device.fd) == 0;
        queue->room_watched = false;
    }
    if (!queue->host_watched && queue->host.fd >= 0) {
        queue->host_watched = watch(queue, queue->host.fd) == 0;
    }
}

static void leave_both(struct netmap_queue *queue) {
    leave(queue, queue->device.fd, &queue->watched);
    leave(queue, queue->host.fd, &queue->host_watched);
}

bool netmap_wait_ready(struct netmap_queue *queue) {
    const struct netmap_port *port = queue->port;
    uint32_t *up = &queue->state->link_up;
    if (port->vale) {
        *up = 1;
        return true;
    }
    if (netdev_carrier(port->fd, port->name) != (*up != 0)) {
        *up = netdev_link_up(port->fd, port->name, port->index);
        if (*up != 0) {
            watch_again(queue);
        }
    }
    if (*up == 0) {
        leave_both(queue);
    }
    return *up != 0;
}

static void drain_link(struct netmap_queue *queue) {
    const struct netmap_port *port = queue->port;
    char messages[8192];
    // What changed does not matter, nor does an overrun: the state is asked for.
    while (recv(queue->link, messages, sizeof messages, MSG_DONTWAIT) > 0 || errno == ENOBUFS) {
    }
    if (!port->vale && !netdev_link_up(port->fd, port->name, port->index)) {
        queue->state->link_up = 0;
        leave_both(queue);
    }
}

void netmap_wait_drain(struct netmap_queue *queue) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(queue->epoll, events, EVENTS, 0);
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        uint64_t ignored;
        if (fd == queue->link) {
            drain_link(queue);
        } else if (fd == queue->timer || fd == queue->board_event) {
            (void)!read(fd, &ignored, sizeof ignored);
            if (queue->state->link_up != 0) {
                watch_again(queue);
            }
        } else if ((events[i].events & EPOLLERR) != 0) {
            // Rings that the kernel has switched off poll with an error without end: they are left alone for a while.
            leave_both(queue);
            wake_after(queue, ERROR_NS);
        }
    }
}
