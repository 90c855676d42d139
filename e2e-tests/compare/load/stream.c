#include "stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls.h"

static enum stream_result tcp_receive(int fd, size_t limit, bool look, uint8_t *scratch, struct piece *piece)
{
    ssize_t received = recv(fd, scratch, limit, look ? 0 : MSG_TRUNC);
    if (received == 0)
        return STREAM_END;
    if (received < 0)
        return errno == EAGAIN || errno == EINTR ? STREAM_LATER : STREAM_RESET;
    *piece = (struct piece){look ? scratch : NULL, (size_t)received};
    return STREAM_PIECE;
}

enum stream_result stream_receive(const struct stream *stream, size_t limit, bool look, uint8_t *scratch,
                                  struct piece *piece)
{
    if (stream->tls == NULL)
        return tcp_receive(stream->fd, limit, look, scratch, piece);
    return tls_receive(stream->tls, limit, look, piece);
}

bool stream_send(const struct stream *stream, const void *bytes, size_t length_bytes)
{
    if (stream->tls != NULL)
        return tls_send(stream->tls, bytes, length_bytes);
    return send(stream->fd, bytes, length_bytes, MSG_NOSIGNAL) == (ssize_t)length_bytes;
}

void stream_close(struct stream *stream)
{
    if (stream->tls != NULL)
        tls_close(stream->tls);
    if (stream->fd >= 0)
        close(stream->fd);
    *stream = (struct stream){.fd = -1};
}
