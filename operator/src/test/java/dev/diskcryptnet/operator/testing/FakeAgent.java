package dev.diskcryptnet.operator.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers {@code /v1/status} as an agent does. */
public final class FakeAgent implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile boolean ready = true;
    private volatile long bitsPerSecond;
    private volatile String devices = "True";
    private volatile String deviceReason = "DevicesReady";
    private volatile String deviceMessage = "all devices are set up";

    /** Starts on a free port. */
    public FakeAgent() {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 64);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/status", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    /** Where it listens. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** How often it was asked. */
    public int asked() {
        return asked.get();
    }

    /** Whether it is ready from now on. */
    public void ready(boolean now) {
        ready = now;
    }

    /** What it sends from now on. */
    public void sends(long newBitsPerSecond) {
        bitsPerSecond = newBitsPerSecond;
    }

    /** A device of it is missing from now on. */
    public void deviceMissing(String message) {
        ready = false;
        devices = "False";
        deviceReason = "DeviceMissing";
        deviceMessage = message;
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked.incrementAndGet();
        byte[] body = body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private String body() {
        return """
                {"version":"0.1.0","ready":%s,"notReadyReasons":%s,
                 "conditions":[
                  {"type":"DevicesPrepared","status":"%s","reason":"%s","message":"%s"},
                  {"type":"Serving","status":"%s","reason":"Serving","message":"requests are answered"},
                  {"type":"Degraded","status":"False","reason":"NothingDegraded","message":"nothing is wrong"}],
                 "addresses":["192.0.2.10"],
                 "disks":[{"id":"disk0","uri":"uring:/x","driver":"uring","model":null,"serial":null,
                           "capacityBytes":1000,"freeBytes":600,"objects":3,"direct":true,"numaNode":0}],
                 "ports":[{"id":"eth1","uri":"packet:eth1","driver":"packet","macAddress":"02:00:00:00:00:01",
                           "mtu":1500,"segmentationOffload":true,"zeroCopy":false,"transmitMode":"ring"}],
                 "transmitBitsPerSecond":%d,"connections":7,"memoryBytesPerNetworkByte":2.345}
                """.formatted(
                        ready,
                        ready ? "[]" : "[\"a worker stopped; see the log\"]",
                        devices,
                        deviceReason,
                        deviceMessage,
                        ready ? "True" : "False",
                        bitsPerSecond);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
