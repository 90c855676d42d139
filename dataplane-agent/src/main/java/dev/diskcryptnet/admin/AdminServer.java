package dev.diskcryptnet.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The management endpoint: health, readiness, metrics, status and objects over HTTP/1.1.
 *
 * <p>One event loop does the network. What may block runs on two small pools, so that a slow disk never hides the
 * metrics: one thread for health, metrics and status, two for objects. A connection has at most one task waiting, which
 * bounds both queues.
 */
public final class AdminServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final int MAX_REQUEST_LINE_BYTES = 8 * 1024;
    private static final int MAX_HEADER_BYTES = 16 * 1024;
    /** Largest piece of an upload that is handed on, and about what one upload holds in memory. */
    private static final int MAX_CHUNK_BYTES = 256 * 1024;

    private static final int OBJECT_THREADS = 2;

    private final AdminConfig config;
    private final MultiThreadIoEventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("admin", true), NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ExecutorService control = pool("admin-control", 1);
    private final ExecutorService objects = pool("admin-objects", OBJECT_THREADS);
    private final AdminConnection.Shared shared;
    private final Channel listener;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * Starts listening.
     *
     * @param status what is observed, asked for at each request; may block for a moment
     * @param metrics closed by who made it
     * @param store the volume
     * @param connections asked for at each request; may block for a moment
     * @param drain begins a drain, or finds the one that has begun
     * @param log what is logged
     * @throws IOException when the address cannot be listened at
     */
    public AdminServer(
            AdminConfig config,
            Supplier<AgentStatus> status,
            AgentMetrics metrics,
            ObjectStore store,
            ConnectionSource connections,
            Supplier<AgentStatus.Drain> drain,
            LogControl log)
            throws IOException {
        this.config = config;
        var endpoints = new Endpoints(config.token(), status, metrics, store, connections, drain, log);
        this.shared = new AdminConnection.Shared(endpoints, control, objects, config.maxUploads());
        var bound = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, config.maxConnections())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.MAX_MESSAGES_PER_READ, 1)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(2048, 8192, MAX_CHUNK_BYTES))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                })
                .bind(config.address())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            shutDown();
            throw new IOException(
                    "address=" + config.address() + " cannot be listened at ("
                            + bound.cause().getMessage()
                            + "): choose another admin address, or stop what holds this one",
                    bound.cause());
        }
        listener = bound.channel();
        LOG.atInfo()
                .addKeyValue("address", address())
                .addKeyValue("changes", config.token() != null)
                .log("admin-listening");
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    private void accept(Channel channel) {
        if (connections.size() >= config.maxConnections()) {
            LOG.atWarn().addKeyValue("maxConnections", config.maxConnections()).log("admin-connection-refused");
            channel.close();
            return;
        }
        connections.add(channel);
        channel.pipeline()
                .addLast(new IdleStateHandler(0, 0, config.idleTimeout().toMillis(), TimeUnit.MILLISECONDS))
                .addLast(new HttpServerCodec(new HttpDecoderConfig()
                        .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
                        .setMaxHeaderSize(MAX_HEADER_BYTES)
                        .setMaxChunkSize(MAX_CHUNK_BYTES)))
                .addLast(new FlowControlHandler())
                .addLast(new AdminConnection(shared));
    }

    /** Accepts nothing new, lets running requests finish within {@link AdminConfig#stopTimeout}, and ends the rest. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        listener.close().awaitUninterruptibly();
        shared.stop();
        for (Channel channel : connections) {
            channel.eventLoop().execute(() -> channel.pipeline().fireUserEventTriggered(AdminConnection.Stop.STOP));
        }
        long stopMs = config.stopTimeout().toMillis();
        if (!connections.newCloseFuture().awaitUninterruptibly(stopMs)) {
            LOG.atWarn()
                    .addKeyValue("connections", connections.size())
                    .addKeyValue("stopTimeoutMs", stopMs)
                    .log("admin-stop-incomplete");
        }
        connections.close().awaitUninterruptibly();
        shutDown();
        LOG.atInfo().log("admin-stopped");
    }

    private void shutDown() {
        // First the loop, which may still hand aborts of cut uploads to the pools; then the pools, which finish them.
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        control.shutdown();
        objects.shutdown();
        try {
            if (!objects.awaitTermination(config.stopTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atWarn().addKeyValue("hint", "a disk does not answer").log("admin-objects-busy");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExecutorService pool(String name, int threads) {
        return new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(name, true));
    }
}
