/*
 * A response's head, as far as the client needs it (RFC 9112 4, 5).
 */
#ifndef DCN_COMPARE_HEAD_H
#define DCN_COMPARE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum head_verdict {
    HEAD_RIGHT,
    HEAD_OTHER_STATUS, /* not 200 */
    HEAD_MALFORMED,    /* no HTTP/1.1, or a Content-Length that is not the object's */
};

/* How many of the bytes are the head with its empty line, 0 while that is missing. */
size_t head_length(const char *bytes, size_t length_bytes);

/* Whether a whole head announces the object. Overwrites its end. `closes`: the server closes after this response. */
enum head_verdict head_check(char *head, size_t head_bytes, uint64_t object_bytes, bool *closes);

#endif
