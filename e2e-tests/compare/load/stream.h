/*
 * A connection's bytes: TCP's own, or what is in TLS records. Whoever receives says whether it wants to see them; the
 * kernel throws away what it does not (MSG_TRUNC).
 */
#ifndef DCN_COMPARE_STREAM_H
#define DCN_COMPARE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_connection;

struct stream {
    int fd;                     /* not blocking; -1: none */
    struct tls_connection *tls; /* NULL: the bytes are TCP's */
};

struct piece {
    uint8_t *bytes; /* valid until the next receive; NULL when they were thrown away */
    size_t length_bytes;
};

enum stream_result {
    STREAM_PIECE,
    STREAM_LATER,
    STREAM_END,
    STREAM_RESET,
    STREAM_BAD_RECORD, /* TLS only: a tag that is wrong, or no record at all */
};

/*
 * What is there, about `limit` bytes at most: TLS gives whole records, so it may be more by one. `scratch` has room for
 * `limit` bytes.
 */
enum stream_result stream_receive(const struct stream *stream, size_t limit, bool look, uint8_t *scratch,
                                  struct piece *piece);

/* A request that fits into an empty socket buffer. False when the connection is broken. */
bool stream_send(const struct stream *stream, const void *bytes, size_t length_bytes);

/* Closes what is open. */
void stream_close(struct stream *stream);

#endif
