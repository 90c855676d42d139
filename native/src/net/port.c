#include "net/port.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct dcn_port_driver *const drivers[] = {&dcn_packet_driver, &dcn_xdp_driver, &dcn_netmap_driver};
#define DRIVERS (sizeof drivers / sizeof drivers[0])

int dcn_port_fail(char *message, int errnum, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, DCN_PORT_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    return -errnum;
}

static int no_driver(const char *uri, char *message) {
    char known[DCN_PORT_MESSAGE_BYTES / 2] = "";
    for (size_t i = 0, at = 0; i < DRIVERS && at < sizeof known; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s:%s", i == 0 ? "" : i + 1 == DRIVERS ? " or " : ", ",
                               drivers[i]->scheme, drivers[i]->usage);
    }
    return dcn_port_fail(message, EPROTONOSUPPORT, "uri=%.64s names no net driver; use %s", uri, known);
}

int dcn_port_open(const char *uri, struct dcn_port_opened *opened) {
    memset(opened, 0, sizeof *opened);
    const char *colon = strchr(uri, ':');
    size_t length = colon ? (size_t)(colon - uri) : 0;
    for (size_t i = 0; i < DRIVERS; i++) {
        if (length == strlen(drivers[i]->scheme) && memcmp(uri, drivers[i]->scheme, length) == 0) {
            strncpy(opened->facts.driver, drivers[i]->scheme, sizeof opened->facts.driver - 1);
            return drivers[i]->open(colon + 1, &opened->port, &opened->facts, opened->message);
        }
    }
    return no_driver(uri, opened->message);
}

void dcn_port_close(struct dcn_port *port) {
    port->driver->close(port);
}

int dcn_port_address_add(struct dcn_port *port, const uint8_t *address, uint32_t bytes) {
    if (bytes != 4 && bytes != 16) {
        return -EINVAL;
    }
    return port->driver->address_add != NULL ? port->driver->address_add(port, address, bytes) : 0;
}

int dcn_port_queue_open(struct dcn_port *port, uint32_t worker, uint32_t workers,
                        struct dcn_port_queue_opened *opened) {
    memset(opened, 0, sizeof *opened);
    if (workers == 0 || workers > 64 || worker >= workers) {
        return dcn_port_fail(opened->message, EINVAL, "worker=%u workers=%u: want worker below workers, at most 64",
                             worker, workers);
    }
    return port->driver->queue_open(port, worker, workers, &opened->queue, &opened->state, opened->message);
}

void dcn_port_queue_close(struct dcn_port_queue *queue) {
    queue->driver->queue_close(queue);
}

int dcn_port_rx(struct dcn_port_queue *queue, struct dcn_rx_frame *frames, uint32_t max) {
    return queue->driver->rx(queue, frames, max);
}

int dcn_port_tx(struct dcn_port_queue *queue, const struct dcn_tx_frame *frames, uint32_t count) {
    return queue->driver->tx(queue, frames, count);
}
