package dev.diskcryptnet.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: a request at a time, a message at a time. Nothing is read from the socket before the step that the
 * last message asked for is done; that is all the back-pressure there is. All fields belong to the event loop.
 */
final class AdminConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(AdminConnection.class);

    /** Most content of a request that changes a setting. */
    private static final int MAX_SETTING_BYTES = 1024;

    /** Most content that is taken, and dropped, with a request that has no use for it. */
    private static final int MAX_IGNORED_BYTES = 64 * 1024;

    /** How long the rest of a refused upload is read and dropped, so that the client gets to see the refusal. */
    private static final int LINGER_SECONDS = 5;

    /** Told to every connection when the server stops. */
    enum Stop {
        STOP
    }

    private enum State {
        /** Between requests. */
        IDLE,
        /** A request without use for content is coming in. */
        RECEIVING,
        /** The content of an upload is coming in. */
        UPLOADING,
        /** The content of a change of a setting is coming in. */
        SETTING,
        /** Answered for the last time; what still comes is dropped. */
        ENDING
    }

    /** What the connections of a server share. */
    static final class Shared {
        private final Endpoints endpoints;
        private final ExecutorService control;
        private final ExecutorService objects;
        private final int maxUploads;
        private int uploads; // of the event loop, of which there is one
        private volatile boolean stopping;

        Shared(Endpoints endpoints, ExecutorService control, ExecutorService objects, int maxUploads) {
            this.endpoints = endpoints;
            this.control = control;
            this.objects = objects;
            this.maxUploads = maxUploads;
        }

        void stop() {
            stopping = true;
        }
    }

    private final Shared shared;
    private State state = State.IDLE;
    private boolean busy; // a task of ours is on a pool
    private boolean wanting; // a message was asked for and has not come
    private boolean gone;
    private boolean keepAlive;
    private long ignoredBytes;
    private HttpRequest request;
    private Target target;
    private Supplier<Reply> pending;
    private boolean contentEnded;
    private StringBuilder setting;
    private ObjectStore.Upload upload;
    private boolean countsAsUpload;

    AdminConnection(Shared shared) {
        this.shared = shared;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        next(ctx);
    }

    /** Asks for one more message. */
    private void next(ChannelHandlerContext ctx) {
        wanting = true;
        ctx.read();
    }

    /** What one read of the socket brought was not a whole message: another read is needed. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanting) {
            ctx.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        wanting = false;
        try {
            HttpObject part = (HttpObject) message;
            if (state == State.ENDING) {
                drop(ctx, part);
            } else if (part.decoderResult().isFailure()) {
                malformed(ctx, part.decoderResult());
            } else if (part instanceof HttpRequest head) {
                begin(ctx, head);
            } else if (part instanceof HttpContent content) {
                take(ctx, content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void malformed(ChannelHandlerContext ctx, DecoderResult result) {
        Throwable cause = result.cause();
        // After this the decoder drops all that comes and never says where the content ends.
        contentEnded = true;
        Reply reply;
        if (cause instanceof TooLongHttpLineException) {
            reply = Reply.error(414, "the request line is too long", "keep it under 8 KiB");
        } else if (cause instanceof TooLongHttpHeaderException) {
            reply = Reply.error(431, "the request head is too long", "keep it under 16 KiB");
        } else {
            reply = Reply.error(400, "the request is malformed: " + cause.getMessage(), "send HTTP/1.1");
        }
        refuse(ctx, reply);
        endUpload();
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest head) {
        request = head;
        target = Target.of(head);
        keepAlive = HttpUtil.isKeepAlive(head);
        ignoredBytes = 0;
        contentEnded = false;
        Reply refusal = shared.endpoints.refusal(target, head.method(), head.headers());
        boolean put = head.method().equals(HttpMethod.PUT);
        boolean changesSetting = put && target.isSetting();
        if (refusal == null && put && !changesSetting && shared.uploads >= shared.maxUploads) {
            refusal = Reply.error(503, "uploads=" + shared.uploads + " are running", "try again later")
                    .with("Retry-After", "1");
        }
        if (refusal != null && HttpUtil.isContentLengthSet(head) | HttpUtil.isTransferEncodingChunked(head)) {
            refuse(ctx, refusal);
        } else if (refusal != null || !put) {
            Reply known = refusal;
            state = State.RECEIVING;
            pending = known != null
                    ? () -> known
                    : () -> shared.endpoints.answer(target, request.method(), request.headers());
            inviteContent(ctx);
            next(ctx);
        } else if (changesSetting) {
            state = State.SETTING;
            setting = new StringBuilder();
            inviteContent(ctx);
            next(ctx);
        } else {
            beginUpload(ctx);
        }
    }

    private void beginUpload(ChannelHandlerContext ctx) {
        state = State.UPLOADING;
        shared.uploads++;
        countsAsUpload = true;
        run(ctx, shared.objects, () -> {
            upload = shared.endpoints.create(target.objectPath(), request.headers());
            return null;
        });
    }

    private void take(ChannelHandlerContext ctx, HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        contentEnded = last;
        if (state == State.UPLOADING) {
            ByteBuf bytes = content.content().retain();
            run(ctx, shared.objects, () -> store(bytes, last));
            return;
        }
        if (state == State.SETTING) {
            takeSetting(ctx, content, last);
            return;
        }
        ignoredBytes += content.content().readableBytes();
        if (ignoredBytes > MAX_IGNORED_BYTES) {
            refuse(ctx, Reply.error(413, "this request takes no content", "send none"));
        } else if (last) {
            run(ctx, target.mayWait() ? shared.objects : shared.control, pending);
        } else {
            next(ctx);
        }
    }

    private void takeSetting(ChannelHandlerContext ctx, HttpContent content, boolean last) {
        setting.append(content.content().toString(StandardCharsets.UTF_8));
        if (setting.length() > MAX_SETTING_BYTES) {
            refuse(ctx, Reply.error(413, "the content is too long", "send a level or a number"));
        } else if (last) {
            String value = setting.toString();
            run(ctx, shared.control, () -> shared.endpoints.set(target, value));
        } else {
            next(ctx);
        }
    }

    /** On a pool. The memory is given back there, whatever happens. */
    private Reply store(ByteBuf bytes, boolean last) {
        try {
            for (var buffer : bytes.nioBuffers()) {
                upload.write(buffer);
            }
        } finally {
            bytes.release();
        }
        return last ? shared.endpoints.commit(upload, target.objectPath()) : null;
    }

    /** Runs a step on a pool and then, on the event loop, sends its reply or goes on reading if there is none. */
    private void run(ChannelHandlerContext ctx, ExecutorService pool, Supplier<Reply> step) {
        busy = true;
        pool.execute(() -> {
            Reply reply;
            boolean failed = false;
            try {
                reply = step.get();
            } catch (Throwable e) {
                failed = true;
                reply = Endpoints.failure(e);
                if (!(e instanceof StoreException)) {
                    LOG.atError()
                            .setCause(e)
                            .addKeyValue("method", request.method())
                            .addKeyValue("target", request.uri())
                            .log("admin-request-failed");
                }
            }
            Reply result = reply;
            boolean broken = failed;
            ctx.executor().execute(() -> done(ctx, result, broken));
        });
    }

    private void done(ChannelHandlerContext ctx, Reply reply, boolean failed) {
        busy = false;
        if (gone || failed && state == State.UPLOADING || reply != null) {
            endUpload();
        }
        if (gone) {
            return;
        }
        if (failed && state == State.UPLOADING) {
            refuse(ctx, reply);
        } else if (reply != null) {
            state = State.IDLE;
            send(ctx, reply);
        } else {
            inviteContent(ctx);
            next(ctx);
        }
    }

    /** RFC 9110 10.1.1: the client may wait to be asked for the content; it is asked once. */
    private void inviteContent(ChannelHandlerContext ctx) {
        if (HttpUtil.is100ContinueExpected(request)) {
            request.headers().remove(HttpHeaderNames.EXPECT);
            ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    /** Gives an upload that was begun back to the store; a committed one does not mind. */
    private void endUpload() {
        if (!countsAsUpload || busy) {
            return;
        }
        countsAsUpload = false;
        shared.uploads--;
        ObjectStore.Upload ended = upload;
        upload = null;
        if (ended != null) {
            shared.objects.execute(() -> {
                try {
                    ended.abort();
                } catch (RuntimeException e) {
                    LOG.atError().setCause(e).log("admin-abort-failed");
                }
            });
        }
    }

    /** Answers for the last time; content that still comes is dropped for a while before the connection closes. */
    private void refuse(ChannelHandlerContext ctx, Reply reply) {
        state = State.ENDING;
        keepAlive = false;
        var written = write(ctx, reply);
        if (contentEnded) {
            written.addListener(ChannelFutureListener.CLOSE);
        } else {
            ctx.executor().schedule(() -> ctx.close(), LINGER_SECONDS, TimeUnit.SECONDS);
            next(ctx);
        }
    }

    private void drop(ChannelHandlerContext ctx, HttpObject part) {
        if (part instanceof LastHttpContent || part.decoderResult().isFailure()) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else {
            next(ctx);
        }
    }

    private void send(ChannelHandlerContext ctx, Reply reply) {
        keepAlive &= !shared.stopping;
        var written = write(ctx, reply);
        if (keepAlive) {
            written.addListener(future -> next(ctx));
        } else {
            state = State.ENDING;
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private io.netty.channel.ChannelFuture write(ChannelHandlerContext ctx, Reply reply) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), Unpooled.wrappedBuffer(reply.body()));
        var headers = response.headers();
        reply.fields().forEach(headers::set);
        headers.set("X-Content-Type-Options", "nosniff");
        if (reply.contentType() != null) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
        }
        if (reply.status() != 204 && reply.status() != 304) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
        }
        HttpVersion version = request == null ? HttpVersion.HTTP_1_1 : request.protocolVersion();
        HttpUtil.setKeepAlive(headers, version, keepAlive);
        return ctx.writeAndFlush(response);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == Stop.STOP && state == State.IDLE && !busy) {
            // After what is still being written.
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else if (event instanceof IdleStateEvent && !busy) {
            idle(ctx);
        }
    }

    private void idle(ChannelHandlerContext ctx) {
        if (state == State.RECEIVING || state == State.UPLOADING || state == State.SETTING) {
            keepAlive = false;
            state = State.ENDING;
            endUpload();
            write(ctx, Reply.error(408, "the request did not arrive in time", "send it without pauses"))
                    .addListener(ChannelFutureListener.CLOSE);
        } else {
            ctx.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone = true;
        endUpload();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.atDebug().setCause(cause).log("admin-connection-failed");
        ctx.close();
    }
}
