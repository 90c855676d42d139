/*
 * N keep-alive HTTP/1.1 connections that ask for benchmark objects as fast as the server answers, one request at a
 * time each, over TCP or TLS 1.3. One thread, one epoll. Bodies are thrown away in the kernel (MSG_TRUNC), under TLS
 * without being decrypted, but for a sample that is checked.
 */
#ifndef DCN_COMPARE_CLIENT_H
#define DCN_COMPARE_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

enum { CLIENT_PREFIX_BYTES = 128 };

struct workload {
    struct sockaddr_in server;
    char prefix[CLIENT_PREFIX_BYTES]; /* the path of object n is the prefix and n in at least four digits */
    uint32_t connections;
    uint32_t objects;
    uint64_t object_bytes;
    uint32_t verify_every; /* one response in this many is compared byte by byte; of all others the first bytes are */
    bool once;             /* each object exactly once, then the end */
    bool shuffled;
    uint64_t seed;
    uint32_t requests_per_connection; /* then the client closes it and opens another; 0: never */
    const char *tls_suite;            /* the one suite that is offered; NULL: no TLS */
    bool tls_resume;                  /* every handshake resumes a session, rather than none */
    uint64_t stall_ns; /* a connection without progress for this long is given up and counted */
};

/* Counted from the start, warm-up included: an error is never outside the measured time. */
struct failures {
    uint64_t connect;   /* the server refused a connection or did not answer */
    uint64_t handshake; /* the TLS handshake failed, or was full where a resumed one was asked for */
    uint64_t reset;     /* the server broke a connection off */
    uint64_t shortened; /* the server closed a connection in the middle of a response */
    uint64_t status;    /* a status other than 200 */
    uint64_t malformed; /* no HTTP head, or a Content-Length that is not the object's */
    uint64_t stalled;
    uint64_t record;     /* a TLS record with a wrong tag or none at all */
    uint64_t mismatches; /* a body with wrong bytes */
};

/* Counted since client_measure(). Bytes are those of bodies. */
struct progress {
    uint64_t bytes;
    uint64_t requests;
    uint64_t verified;
    uint64_t reconnects; /* the server closed after a whole response, as it may */
    uint64_t handshakes; /* of TLS, done */
    uint64_t resumed;    /* of these */
    struct histogram latency_ns;
    struct histogram handshake_ns; /* from opening the connection to the end of the TLS handshake */
};

struct client;

uint64_t client_now_ns(void);

/*
 * Opens the connections. NULL with a message on stderr when the process may not have that many, or TLS is not to be had
 * as asked. `workload.tls_suite` stays the caller's.
 */
struct client *client_open(const struct workload *workload);

/*
 * Handles what has come in, waiting for up to 100 ms. False at the end of a `once`: every object was asked for, or
 * nothing has come in on any connection for twice the stall time.
 */
bool client_poll(struct client *client);

/* Begins the measured time: progress starts from nothing. */
void client_measure(struct client *client);

const struct progress *client_progress(const struct client *client);
const struct failures *client_failures(const struct client *client);

void client_close(struct client *client);

#endif
