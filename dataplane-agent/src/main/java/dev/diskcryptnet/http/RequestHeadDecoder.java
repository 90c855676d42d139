package dev.diskcryptnet.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;

/**
 * Netty's request decoder without a channel: it is given one complete head at a time, keeps nothing between two, and
 * never sees content.
 */
final class RequestHeadDecoder extends HttpRequestDecoder {
    private final List<Object> decoded = new ArrayList<>(2);
    private boolean transferEncoding;

    RequestHeadDecoder(int maxHeadBytes) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(maxHeadBytes)
                .setMaxHeaderSize(maxHeadBytes)
                .setInitialBufferSize(1024)
                .setStrictLineParsing(false) // bare LF, RFC 9112 2.2; bare CR is refused before
                .setChunkedSupported(true));
    }

    /** @return the request, or null when the head is malformed */
    io.netty.handler.codec.http.HttpRequest decodeHead(ByteBuf head) {
        transferEncoding = false;
        try {
            decode(null, head, decoded);
            if (decoded.isEmpty()
                    || !(decoded.getFirst() instanceof io.netty.handler.codec.http.HttpRequest request)
                    || !request.decoderResult().isSuccess()) {
                reset();
                return null;
            }
            return request;
        } catch (Exception e) {
            reset();
            return null;
        } finally {
            for (int i = 0; i < decoded.size(); i++) {
                ReferenceCountUtil.release(decoded.get(i));
            }
            decoded.clear();
        }
    }

    /** Whether the last head had a Transfer-Encoding; the decoder takes that field away. */
    boolean hadTransferEncoding() {
        return transferEncoding;
    }

    /** Called when all fields are there. Content is not ours to decode: the decoder is done with the head. */
    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        transferEncoding = message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
        return true;
    }

    /** Gives the decoder's scratch memory back. */
    void close() {
        try {
            handlerRemoved0(null);
        } catch (Exception e) {
            throw new IllegalStateException("decoder=http failed to close", e);
        }
    }
}
