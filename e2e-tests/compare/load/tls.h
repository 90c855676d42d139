/*
 * The client's side of TLS 1.3: OpenSSL shakes hands and seals requests; what the server sends after that is taken
 * record by record (record.h), with the key that OpenSSL's key log tells, and OpenSSL never sees it.
 */
#ifndef DCN_COMPARE_TLS_H
#define DCN_COMPARE_TLS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "stream.h"

/* What all connections share: the suite, and the session that they resume. */
struct tls_client;
struct tls_connection;

enum tls_step { TLS_DONE, TLS_LATER, TLS_FAILED };

/*
 * A client that offers one suite of TLS 1.3 by its name in RFC 8446 B.4. With `resume`, gets a session ticket from this
 * server first, which all connections offer. NULL with a message on stderr when one or the other is not to be had.
 */
struct tls_client *tls_client_open(const char *suite, const struct sockaddr_in *resume);

void tls_client_close(struct tls_client *client);

/* A connection on a connected socket that does not block. NULL without memory. */
struct tls_connection *tls_open(struct tls_client *client, int fd);

/* One step of the handshake; after TLS_LATER the next is due when there is something to read. */
enum tls_step tls_handshake(struct tls_connection *connection);

/* Whether the server took the session that was offered. */
bool tls_resumed(const struct tls_connection *connection);

/* As in stream.h, after the handshake. Session tickets are taken in passing. */
enum stream_result tls_receive(struct tls_connection *connection, size_t limit, bool look, struct piece *piece);
bool tls_send(struct tls_connection *connection, const void *bytes, size_t length_bytes);

/* Says goodbye (close_notify), if it came to a handshake. The socket stays open. */
void tls_close(struct tls_connection *connection);

#endif
