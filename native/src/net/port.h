// What a net driver provides. Drivers are tables; port.c finds one by the scheme of a URI.
#ifndef DCN_SRC_NET_PORT_H
#define DCN_SRC_NET_PORT_H

#include "dcn/net.h"

struct dcn_port_driver {
    const char *scheme;
    const char *usage;  // behind the scheme in messages: "INTERFACE"
    // `name` is the URI behind "scheme:". The rest as in dcn/net.h.
    int (*open)(const char *name, struct dcn_port **port, struct dcn_port_facts *facts, char *message);
    void (*close)(struct dcn_port *port);
    int (*address_add)(struct dcn_port *port, const uint8_t *address, uint32_t bytes);  // NULL: it takes all frames
    int (*queue_open)(struct dcn_port *port, uint32_t worker, uint32_t workers, struct dcn_port_queue **queue,
                      struct dcn_queue_state **state, char *message);
    void (*queue_close)(struct dcn_port_queue *queue);
    int (*rx)(struct dcn_port_queue *queue, struct dcn_rx_frame *frames, uint32_t max);
    int (*tx)(struct dcn_port_queue *queue, const struct dcn_tx_frame *frames, uint32_t count);
};

// First members of every driver's own structs.
struct dcn_port {
    const struct dcn_port_driver *driver;
};

struct dcn_port_queue {
    const struct dcn_port_driver *driver;
};

extern const struct dcn_port_driver dcn_packet_driver;
extern const struct dcn_port_driver dcn_xdp_driver;
extern const struct dcn_port_driver dcn_netmap_driver;

// Writes the message and returns -errnum.
__attribute__((format(printf, 3, 4))) int dcn_port_fail(char *message, int errnum, const char *format, ...);

#endif
